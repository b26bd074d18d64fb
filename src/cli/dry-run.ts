/** `--dry-run`: the kick-off request as it would be sent, without what makes it secret. */
import type { AuthMethod } from '../auth/method.js'
import type { Config } from '../config.js'
import { isMock } from '../options/values.js'
import { kickOffRequest } from '../protocol/kick-off.js'

export interface ShownRequest {
  method: string
  url: string
  headers: Record<string, string>
  body?: string
}

/** Patients are who, not what: they do not belong into a URL that is shown. */
const withoutPatients = (url: string): string => url.replace(/([?&]patient=)[^&#]*/g, '$1***')

// A mock gets its port when it starts, and nothing is started here.
const mockBase = 'http://127.0.0.1/fhir'

const starred = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '***']))

const credentialHeaders = (auth: AuthMethod): Record<string, string> => {
  if (auth.kind === 'none') return {}
  return auth.kind === 'headers' ? starred(Object.keys(auth.headers)) : { authorization: 'Bearer ***' }
}

/** Method, URL with its query, headers with credentials as `***`, body. */
export const shownRequest = ({ server, fhirUrl, kickOff, network }: Config): ShownRequest => {
  const { method, url, headers, body } = kickOffRequest(isMock(server) ? mockBase : fhirUrl, kickOff)
  return {
    method,
    url: withoutPatients(url),
    headers: {
      ...headers,
      ...network.headers,
      ...starred(Object.keys(network.secretHeaders)),
      ...credentialHeaders(network.auth),
    },
    ...(body === undefined ? {} : { body }),
  }
}

const headerName = (name: string): string => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

export const requestLines = ({ method, url, headers, body }: ShownRequest): string[] => [
  `${method} ${url}`,
  ...Object.entries(headers).map(([name, value]) => `${headerName(name)}: ${value}`),
  ...(body === undefined ? [] : ['', body]),
]
