/** Check: name, connection and certificate of the server. */

import { DecodeError, readAnswer } from '../http/body.js'
import { compose, header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { followRedirects } from '../http/redirects.js'
import { readHttpDate } from '../http/retry-after.js'
import { isLoopback, originOf, withoutEndSlashes, withoutQuery } from '../http/url.js'
import { assertSecure } from '../open-network.js'
import { checkServer } from '../protocol/base-url.js'
import { failed, ok, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'
import { proxyFor } from './proxy.js'

const tlsRemedies: [RegExp, string][] = [
  [/EXPIRED/, "the server's certificate, or one above it, has expired: tell who runs the server"],
  [/ALTNAME|HOSTNAME/, "the certificate is another host's: check the host name in --server"],
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE/,
    'the server may want a client certificate: --cert and --cert-key',
  ],
  [/EPROTO|WRONG_VERSION|PACKET_LENGTH/, 'does the server speak https at this port? check --server'],
]

const tlsRemedy = (message: string): string =>
  tlsRemedies.find(([pattern]) => pattern.test(message))?.[1] ??
  'name the certificate authority of the server, or of a proxy that looks inside, with --ca <file>'

const remedyFor = ({ kind, message }: NetworkError, fhirUrl: string, behind: string): string => {
  switch (kind) {
    case 'dns':
      return `check the host name in --server, and that this network knows it${behind}`
    case 'refused':
      return `check host and port in --server, and firewalls and allow-lists in between${behind}`
    case 'tls':
      return tlsRemedy(message)
    case 'timeout':
      return `try again later, or with a longer --request-timeout; an allow-list may be in between${behind}`
    case 'broken':
      return /^http:/i.test(fhirUrl)
        ? `the server may want https at this port: check --server${behind}`
        : `try again later; check host and port in --server${behind}`
    case 'redirect':
    case 'private':
      return checkServer
    default:
      return kind satisfies never
  }
}

const behindProxy = ({ config }: Doctor): string => {
  const found = proxyFor(config.fhirUrl, config.network)
  return found && 'url' in found ? `; the proxy ${found.url} (${found.source}) stands in between` : ''
}

const unreachable = (doctor: Doctor, error: NetworkError): Verdict => {
  const { kind, message } = error
  const { fhirUrl } = doctor.config
  const code = kind === 'redirect' || kind === 'private' ? 'BULKX_NOT_BULK_DATA' : 'BULKX_UNREACHABLE'
  const text = `Cannot reach ${withoutQuery(fhirUrl)}: ${message}`
  return failed(code, text, remedyFor(error, fhirUrl, behindProxy(doctor)))
}

/**
 * Asks for the CapabilityStatement, which needs no credential: any answer shows that the server can be reached.
 * Rejects with `BULKX_CONFIG` where an export would have to send a credential in clear text.
 */
export const network = async (doctor: Doctor): Promise<Verdict> => {
  const { config, clock, learned, signal } = doctor
  const { fhirUrl } = config
  assertSecure(config)
  const startedAt = clock.now()
  try {
    const url = `${withoutEndSlashes(fhirUrl)}/metadata`
    const request = { method: 'GET', url, headers: { accept: 'application/fhir+json' }, signal }
    const reply = await compose(followRedirects)(doctor.exchange)(request)
    const date = readHttpDate(header(reply.headers, 'date'))
    if (date !== undefined) learned.skewMs = date - clock.now()
    learned.metadata = await readAnswer(reply, clock)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof NetworkError) return unreachable(doctor, error)
    if (!(error instanceof DecodeError)) throw error
    return failed(
      'BULKX_NOT_BULK_DATA',
      `${withoutQuery(fhirUrl)}: ${error.message}`,
      'tell who runs the server, or a proxy in between',
    )
  }
  const answers = `${originOf(fhirUrl)} answers`
  if (/^https:/i.test(fhirUrl)) return ok(`${answers} over TLS, in ${clock.now() - startedAt} ms`)
  if (isLoopback(fhirUrl)) return ok(`${answers}, in ${clock.now() - startedAt} ms`)
  return warning(
    `${answers} in clear text`,
    'use the https URL of the server; a credential is sent to no other',
  )
}
