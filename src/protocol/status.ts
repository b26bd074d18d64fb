/** The Bulk Data Status Request, and what each known server's answer means. */

import { type Answer, answerLimitBytes } from '../http/body.js'
import { type HttpRequest, header } from '../http/exchange.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { isObject, parseJson } from '../json.js'
import { isUnfinished, readManifest } from './manifest.js'
import {
  isPage,
  isSignInPage,
  readBatchIssues,
  readIssues,
  saidText,
  serverWords,
  withServerWords,
} from './operation-outcome.js'
import type { Issue, OutputManifest } from './types.js'

/** `accept`: `application/fhir+json` for servers that answer 406 to plain JSON (Soarian). */
export const statusRequest = (url: string, accept = 'application/json'): HttpRequest => ({
  method: 'GET',
  url,
  headers: { accept, 'accept-encoding': 'gzip' },
})

/** What a server says of a job that runs. */
export interface Progress {
  /** In the server's words. */
  progress?: string
  /** When it last touched the job, by its own account (Esus); only whether it changes is of use. */
  heartbeat?: string
}

export type StatusResponse =
  | ({ kind: 'in-progress'; retryAfterMs?: number; manifest?: OutputManifest } & Progress)
  | { kind: 'complete'; manifest: OutputManifest }
  /** `status` is absent when there was no answer. */
  | { kind: 'transient'; status?: number; reason: string; retryAfterMs?: number }
  /** Terminal if it stays so: one odd answer does not end the work of days. */
  | { kind: 'doubtful'; status: number; reason: string; as: 'failed' | 'not-bulk-data' }
  | { kind: 'failed'; status: number; reason: string; bulkData: boolean }
  | { kind: 'gone'; status: number; reason: string }
  | { kind: 'unauthorized'; status: number; reason: string }
  | { kind: 'not-acceptable'; status: number; reason: string }

/** Longest progress text that is kept and shown, characters. */
export const progressMax = 100

const bodyProgress = (json: unknown): string | undefined => {
  if (!isObject(json) || json.resourceType !== undefined) return undefined
  const { progress, message, status, batches } = json
  const words: string[] = []
  if (typeof progress === 'number' && progress >= 0 && progress <= 1)
    words.push(`${Math.round(progress * 100)}%`)
  else if (typeof progress === 'string' || typeof progress === 'number') words.push(String(progress))
  if (isObject(batches) && typeof batches.complete === 'number' && typeof batches.total === 'number') {
    words.push(`${batches.complete}/${batches.total} batches`)
  }
  if (typeof message === 'string') words.push(message)
  else if (words.length === 0 && typeof status === 'string') words.push(status)
  return words.join(', ') || undefined
}

const readHeartbeat = (json: unknown): string | undefined => {
  const said = isObject(json) ? json.lastUpdated : undefined
  return typeof said === 'string' || typeof said === 'number'
    ? saidText(String(said), progressMax)
    : undefined
}

/** `X-Progress` as the server wrote it, else `Status` (ModMed), else what the body says. */
const readProgress = (answer: Answer, json: unknown): Progress => {
  const said = header(answer.headers, 'x-progress') ?? header(answer.headers, 'status') ?? bodyProgress(json)
  const text = saidText(said ?? '', progressMax).replace(/^"(.*)"$/, '$1')
  return { progress: text === '' ? undefined : text, heartbeat: readHeartbeat(json) }
}

/**
 * Codes that say "try again". `exception` is a child of `transient` in FHIR's list, but servers use it for the end
 * of a job (BCDA, LinuxForHealth).
 */
const transientCodes = ['transient', 'timeout', 'throttled', 'lock-error', 'no-store', 'incomplete']

const isTransient = (issues: Issue[] | undefined): boolean =>
  issues?.some(({ code }) => code !== undefined && transientCodes.includes(code)) ?? false

const cancelled = /cancel+ed|is being cancel/i

/** A second look would read as much again, and come to the same. */
const tooLarge = `The manifest is larger than ${answerLimitBytes / 1024 ** 2} MiB, the most that is read of one; ask for less at a time, by --type or --since`

const readOk = (answer: Answer, retryAfterMs: number | undefined): StatusResponse => {
  const { status } = answer
  if (answer.cut) return { kind: 'failed', status, reason: tooLarge, bulkData: false }
  const json = parseJson(answer.body)
  const manifest = readManifest(json, answer.url, answer.headers)
  if (manifest) return { kind: 'complete', manifest }
  if (isUnfinished(json)) return { kind: 'in-progress', ...readProgress(answer, json), retryAfterMs }
  if (answer.body.trim() === '') {
    return { kind: 'doubtful', status, reason: 'The server finished the job without a report', as: 'failed' }
  }
  const isJson = /^[\s\ufeff]*[[{]/.test(answer.body)
  if (cancelled.test(answer.body) && json === undefined && !isJson) {
    return { kind: 'gone', status, reason: 'The job was cancelled on the server' }
  }
  if (isSignInPage(answer.body)) {
    return {
      kind: 'unauthorized',
      status,
      reason: `The status request was answered by ${serverWords(answer)}`,
    }
  }
  const issues = readIssues(json) ?? readBatchIssues(json)
  if (issues?.some(({ severity }) => severity === 'error' || severity === 'fatal')) {
    return {
      kind: 'failed',
      status,
      reason: withServerWords('The export failed on the server', answer),
      bulkData: true,
    }
  }
  if (json === undefined && isJson) {
    return { kind: 'doubtful', status, reason: 'The manifest is broken JSON', as: 'not-bulk-data' }
  }
  if (isPage(answer.body)) {
    const reason = `The answer to the status request is ${serverWords(answer)}`
    return { kind: 'doubtful', status, reason, as: 'not-bulk-data' }
  }
  return {
    kind: 'failed',
    status,
    reason: 'The answer to the status request is not a bulk data manifest',
    bulkData: false,
  }
}

/**
 * STU4 may put the job's status into a header: its leading digits count, then. What went wrong with the request itself,
 * HTTP says.
 */
const statusOf = (answer: Answer): number => {
  if (answer.status < 200 || answer.status >= 300) return answer.status
  const separate = /^\s*(\d{3})/.exec(header(answer.headers, 'x-export-status') ?? '')?.[1]
  return separate === undefined ? answer.status : Number(separate)
}

const readError = (answer: Answer, status: number, retryAfterMs: number | undefined): StatusResponse => {
  const issues = readIssues(parseJson(answer.body))
  if ([408, 425, 429, 502, 503, 504].includes(status) || (status >= 500 && isTransient(issues))) {
    return { kind: 'transient', status, reason: withServerWords(`HTTP ${status}`, answer), retryAfterMs }
  }
  if (status === 401 || status === 403) {
    return {
      kind: 'unauthorized',
      status,
      reason: withServerWords(`The status request was refused, HTTP ${status}`, answer),
    }
  }
  if (status === 404 || status === 410) {
    const reason = `The server does not know the job any more (HTTP ${status}): it has expired or was cancelled`
    return { kind: 'gone', status, reason: withServerWords(reason, answer) }
  }
  const reason = withServerWords(`The export failed on the server, HTTP ${status}`, answer)
  if (status === 406) return { kind: 'not-acceptable', status, reason }
  return status >= 500
    ? { kind: 'doubtful', status, reason, as: 'failed' }
    : { kind: 'failed', status, reason, bulkData: true }
}

/** `now`: epoch milliseconds, for a server that sends no `Date`. */
export const readStatus = (answer: Answer, now: number): StatusResponse => {
  const date = readHttpDate(header(answer.headers, 'date')) ?? now
  const retryAfterMs = readRetryAfter(header(answer.headers, 'retry-after'), date)
  const status = statusOf(answer)
  if (status === 202) {
    const json = parseJson(answer.body)
    const manifest = readManifest(json, answer.url, answer.headers)
    const listsMore = manifest && Object.values(manifest.items).some((items) => items.length > 0)
    const partial = listsMore || manifest?.next !== undefined ? manifest : undefined
    return { kind: 'in-progress', ...readProgress(answer, json), retryAfterMs, manifest: partial }
  }
  if (status >= 200 && status < 300) return readOk(answer, retryAfterMs)
  return readError(answer, status, retryAfterMs)
}
