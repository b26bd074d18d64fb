/** The Bulk Data Kick-off Request: built exactly as asked, and its answer read liberally. */

import type { Answer } from '../http/body.js'
import { type HttpRequest, header } from '../http/exchange.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { isHttp, originOf, resolveUrl } from '../http/url.js'
import { parseJson } from '../json.js'
import { readManifest } from './manifest.js'
import { isPage, readIssues, serverWords } from './operation-outcome.js'
import { parameterList, parametersBody } from './parameters.js'
import type { Issue, KickOffRequest, OutputManifest, Target } from './types.js'

const targetPath = (target: Exclude<Target, { kind: 'url' }>, operation: string): string => {
  switch (target.kind) {
    case 'system':
      return operation
    case 'type':
      return `${target.type}/${operation}`
    case 'instance':
      return `${target.type}/${encodeURIComponent(target.id)}/${operation}`
    default:
      return target satisfies never
  }
}

/** The kick-off URL without parameters: the base joined as text, `$` as it is. */
export const kickOffUrl = (fhirUrl: string, { target, operation }: KickOffRequest): string =>
  target.kind === 'url' ? target.url : `${fhirUrl.replace(/\/+$/, '')}/${targetPath(target, operation)}`

/** `:`, `,` and `/` stay readable; a comma inside a filter is encoded, for it must not end the filter. */
const queryValue = (value: string): string =>
  encodeURIComponent(value).replace(/%(3A|2F|24)/gi, (text) => decodeURIComponent(text))

const query = (kickOff: KickOffRequest): string =>
  parameterList(kickOff)
    .flatMap(({ name, values }) => {
      const encoded = values.map(queryValue)
      const joined = kickOff.listStyle === 'comma' ? [encoded.join(',')] : encoded
      return joined.map((value) => `${encodeURIComponent(name)}=${value}`)
    })
    .join('&')

/**
 * The request, with exactly `Accept: application/fhir+json` and `Prefer: respond-async`: some servers compare
 * them as strings (BCDA, DPC, OpenEMR, Microsoft). Nothing is sent that was not asked for.
 */
export const kickOffRequest = (fhirUrl: string, kickOff: KickOffRequest): HttpRequest => {
  const url = kickOffUrl(fhirUrl, kickOff)
  const prefer = kickOff.lenient ? 'respond-async, handling=lenient' : 'respond-async'
  const headers: Record<string, string> = { accept: 'application/fhir+json', prefer }
  if (kickOff.method === 'post') {
    headers['content-type'] = 'application/fhir+json'
    return { method: 'POST', url, headers, body: JSON.stringify(parametersBody(kickOff)) }
  }
  const parameters = query(kickOff)
  const separator = url.includes('?') ? '&' : '?'
  const method = kickOff.method === 'get' ? 'GET' : 'POST'
  return { method, url: parameters === '' ? url : `${url}${separator}${parameters}`, headers }
}

/** Patients are who, not what: a kick-off URL is written down without them. */
export const withoutPatients = (url: string): string => {
  const [path = '', ...query] = url.split('?')
  const parameters = query.join('?').split('&')
  const kept = parameters.filter((parameter) => parameter !== '' && !parameter.startsWith('patient='))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

export type KickOffResponse =
  | { kind: 'accepted'; pollingLocation: string; serverDate?: number; issues: Issue[] }
  /** The whole manifest at once (synchronous servers). */
  | { kind: 'complete'; manifest: OutputManifest }
  /** A job runs already (429, 409). */
  | { kind: 'busy'; retryAfterMs?: number; jobs: string[]; message: string }
  /** The server cannot now (503). */
  | { kind: 'later'; retryAfterMs?: number; message: string }
  /** A gateway gave up (502, 504): the job may be running. */
  | { kind: 'unknown'; message: string }
  /** Accepted, but its address is nowhere to be found. */
  | { kind: 'unlocated'; message: string }
  | { kind: 'unauthorized'; message: string }
  | { kind: 'refused'; status: number; message: string; bulkData: boolean }

/** Header values that hold several URLs are split where a URL begins: opaque URLs may hold commas. */
const locations = (answer: Answer, name: string): string[] => {
  const value = answer.headers[name]
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value]
  return values.flatMap((text) => text.split(/,\s*(?=https?:\/\/)/)).filter((text) => text.trim() !== '')
}

/** How deep a body is searched for the address of its job. */
const searchDepthMax = 5

const urlInBody = (value: unknown, origin: string | undefined, depth = 0): string | undefined => {
  if (typeof value === 'string') return isHttp(value) && originOf(value) === origin ? value : undefined
  if (typeof value !== 'object' || value === null || depth === searchDepthMax) return undefined
  for (const inner of Object.values(value)) {
    const found = urlInBody(inner, origin, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

const pollingLocation = (answer: Answer): string | undefined => {
  const [named] = [...locations(answer, 'content-location'), ...locations(answer, 'location')]
  if (named !== undefined) return resolveUrl(named, answer.url)
  return urlInBody(parseJson(answer.body), originOf(answer.url))
}

const readAccepted = (answer: Answer): KickOffResponse => {
  const json = parseJson(answer.body)
  const manifest = answer.status === 200 ? readManifest(json, answer.url, answer.headers) : undefined
  if (manifest) return { kind: 'complete', manifest }
  const location = pollingLocation(answer)
  if (location !== undefined && isHttp(location)) {
    const serverDate = readHttpDate(header(answer.headers, 'date'))
    return { kind: 'accepted', pollingLocation: location, serverDate, issues: readIssues(json) ?? [] }
  }
  if (answer.status === 202) {
    const message = 'The server accepted the kick-off without a usable address for its status'
    return { kind: 'unlocated', message: location === undefined ? message : `${message}: ${location}` }
  }
  const message = isPage(answer.body)
    ? `The answer to the kick-off is ${serverWords(answer)}, not a bulk export's: is this the FHIR base URL?`
    : 'The answer to the kick-off is not that of a bulk export'
  return { kind: 'refused', status: answer.status, message, bulkData: false }
}

const withStatus = (answer: Answer): string => {
  const words = serverWords(answer)
  return `HTTP ${answer.status}${words === '' ? '' : `: ${words}`}`
}

/** `now`: epoch milliseconds, for a server that sends no `Date`. */
export const readKickOff = (answer: Answer, now: number): KickOffResponse => {
  const { status, headers } = answer
  if (status >= 200 && status < 300) return readAccepted(answer)
  const date = readHttpDate(header(headers, 'date')) ?? now
  const retryAfterMs = readRetryAfter(header(headers, 'retry-after'), date)
  const message = withStatus(answer)
  if (status === 429 || status === 409) {
    const jobs = locations(answer, 'content-location').map((url) => resolveUrl(url, answer.url))
    return { kind: 'busy', retryAfterMs, jobs: jobs.filter(isHttp), message }
  }
  if (status === 503) return { kind: 'later', retryAfterMs, message }
  // A gateway's word (502, 504, and the 52x of some) is not the server's: the job may be running.
  if (status === 502 || (status > 503 && status !== 505)) return { kind: 'unknown', message }
  if (status === 401 || status === 403) return { kind: 'unauthorized', message }
  return { kind: 'refused', status, message, bulkData: true }
}
