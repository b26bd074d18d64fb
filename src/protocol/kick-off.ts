/** The Bulk Data Kick-off Request: built exactly as asked, and its answer read liberally. */

import type { Answer } from '../http/body.js'
import { type HttpRequest, header } from '../http/exchange.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { asHttps, isHttp, originOf, resolveUrl, withoutEndSlashes, withoutQuery } from '../http/url.js'
import { isObject, parseJson } from '../json.js'
import { readManifest } from './manifest.js'
import { isPage, plainText, readIssues, serverWords, withServerWords } from './operation-outcome.js'
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
  target.kind === 'url' ? target.url : `${withoutEndSlashes(fhirUrl)}/${targetPath(target, operation)}`

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

/** Where a job is asked after, made of what the server said. */
export interface Located {
  pollingLocation: string
  /** It named plain http, where the kick-off itself was answered over https. */
  raised?: true
  /** A relative reference, as it was written: servers mean different bases by one. */
  reference?: string
}

export type KickOffResponse =
  | ({ kind: 'accepted'; serverDate?: number; issues: Issue[] } & Located)
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
  /** `origin`: of the URL that answered, after redirects. */
  | { kind: 'unauthorized'; message: string; origin?: string }
  /** `outcome`: a FHIR server says so itself. `location`: where it redirects to, without query. */
  | {
      kind: 'refused'
      status: number
      message: string
      bulkData: boolean
      outcome: boolean
      location?: string
    }

/** Header values that hold several URLs are split where a URL begins: opaque URLs may hold commas. */
const locations = (answer: Answer, name: string): string[] => {
  const value = answer.headers[name]
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value]
  return values
    .flatMap((text) => text.split(/,\s*(?=[<"]?https?:\/\/)/))
    .map((text) => text.trim().replace(/^<(.*)>$|^"(.*)"$/, '$1$2'))
    .filter((text) => text.trim() !== '')
}

/**
 * A reference of the server as an address to ask, http raised to https on the host that answered. Nothing for one
 * that is no http URL, nor for the kick-off's own URL: asking that again would be another kick-off.
 */
const locate = (named: string, answer: Answer): Located | undefined => {
  const url = resolveUrl(named, answer.url)
  if (!isHttp(url)) return undefined
  const secure = originOf(asHttps(url)) === originOf(answer.url) ? asHttps(url) : url
  if (secure.replace(/#.*$/s, '') === answer.url) return undefined
  const located: Located = { pollingLocation: secure }
  if (secure !== url) located.raised = true
  if (!/^([a-z][a-z0-9+.-]*:|\/)/i.test(named.trim())) located.reference = plainText(named, 200)
  return located
}

/** How deep a body is searched for the address of its job. */
const searchDepthMax = 5

const urlInBody = (value: unknown, answer: Answer, depth = 0): Located | undefined => {
  if (typeof value === 'string') {
    const isAddress = isHttp(value) && !/\s/.test(value.trim())
    const located = isAddress ? locate(value, answer) : undefined
    return originOf(located?.pollingLocation ?? '') === originOf(answer.url) ? located : undefined
  }
  if (typeof value !== 'object' || value === null || depth === searchDepthMax) return undefined
  for (const inner of Object.values(value)) {
    const found = urlInBody(inner, answer, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

const resourceType = (json: unknown): string | undefined =>
  isObject(json) && typeof json.resourceType === 'string' ? plainText(json.resourceType, 64) : undefined

/** The URLs in a resource are about resources: a Bundle's links lead to no job. */
const mayNameJob = (json: unknown): boolean =>
  [undefined, 'OperationOutcome', 'Parameters'].includes(resourceType(json))

const locationsNamed = (answer: Answer): string[] => [
  ...locations(answer, 'content-location').slice(0, 1),
  ...locations(answer, 'location').slice(0, 1),
]

const locateJob = (answer: Answer, json: unknown): Located | undefined => {
  for (const named of locationsNamed(answer)) {
    const located = locate(named, answer)
    if (located) return located
  }
  return mayNameJob(json) ? urlInBody(json, answer) : undefined
}

const unlocated = (answer: Answer): KickOffResponse => {
  const [named] = locationsNamed(answer)
  const message =
    named === undefined
      ? 'neither Content-Location, nor Location, nor the body of its answer has it'
      : `its answer names ${plainText(withoutQuery(named), 200)}, where no status can be asked for`
  return { kind: 'unlocated', message }
}

/** What came instead of an answer to a kick-off, in a few words. */
const whatCame = (answer: Answer, json: unknown): string => {
  if (answer.body.trim() === '') return 'an empty answer'
  if (isPage(answer.body)) return serverWords(answer)
  const type = resourceType(json)
  if (type === 'OperationOutcome') return withServerWords('an OperationOutcome', answer)
  if (type !== undefined) return `a resource of type ${type}`
  if (json !== undefined) return 'JSON without a manifest'
  return /^[\s\ufeff]*[[{]/.test(answer.body) ? 'lines of JSON, or broken JSON' : 'plain text'
}

const notBulkData = (answer: Answer, json: unknown): KickOffResponse => {
  const came = `${whatCame(answer, json)} (HTTP ${answer.status})`
  const message = isPage(answer.body)
    ? `The answer to the kick-off is ${came}, not that of a bulk export: is this the FHIR base URL?`
    : `The answer to the kick-off is not that of a bulk export, but ${came}`
  return { kind: 'refused', status: answer.status, message, bulkData: false, outcome: false }
}

const readAccepted = (answer: Answer): KickOffResponse => {
  const json = parseJson(answer.body)
  const manifest = answer.status === 200 ? readManifest(json, answer.url, answer.headers) : undefined
  if (manifest) return { kind: 'complete', manifest }
  const located = locateJob(answer, json)
  if (located) {
    const serverDate = readHttpDate(header(answer.headers, 'date'))
    return { kind: 'accepted', ...located, serverDate, issues: readIssues(json) ?? [] }
  }
  return answer.status === 202 ? unlocated(answer) : notBulkData(answer, json)
}

/** The status URLs of jobs that run already, where they are the server's own: commands are made of them. */
const runningJobs = (answer: Answer): string[] =>
  locations(answer, 'content-location').flatMap((named) => {
    const { pollingLocation = '' } = locate(named, answer) ?? {}
    return originOf(pollingLocation) === originOf(answer.url) ? [pollingLocation] : []
  })

const readRefused = (answer: Answer, message: string): KickOffResponse => {
  const [to] = answer.status >= 300 && answer.status < 400 ? locations(answer, 'location') : []
  const outcome = (readIssues(parseJson(answer.body)) ?? []).length > 0
  const refused = { kind: 'refused', status: answer.status, message, bulkData: true, outcome } as const
  return to === undefined
    ? refused
    : { ...refused, location: plainText(withoutQuery(resolveUrl(to, answer.url)), 500) }
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
    return { kind: 'busy', retryAfterMs, jobs: runningJobs(answer), message }
  }
  if (status === 503) return { kind: 'later', retryAfterMs, message }
  // A gateway's word (502, 504, and the 52x of some) is not the server's: the job may be running.
  if (status === 502 || (status > 503 && status !== 505)) return { kind: 'unknown', message }
  if (status === 401 || status === 403) return { kind: 'unauthorized', message, origin: originOf(answer.url) }
  return readRefused(answer, message)
}
