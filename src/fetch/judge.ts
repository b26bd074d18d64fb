/** What a refused request, or a whole but disappointing content, means for the file. */
import { type Answer, DecodeError } from '../http/body.js'
import { header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { originOf, withoutQuery } from '../http/url.js'
import { LineTooLong } from '../ndjson/inspect.js'
import { withServerWords } from '../protocol/operation-outcome.js'
import { AttemptError } from './attempt-error.js'
import type { FileTask, StoredFile } from './task.js'
import type { Transferred } from './transfer.js'

const storage = /\.(blob\.core\.windows\.net|amazonaws\.com|storage\.googleapis\.com)$/i

const unauthorizedHint = (task: FileTask, answer: Answer, fhirOrigin: string): string => {
  const origin = originOf(answer.url) ?? ''
  if (storage.test(origin.replace(/:\d+$/, '')))
    return `${origin} is an object store: its link may have expired`
  if (task.requiresAccessToken === false)
    return 'the manifest says that its files need no token, so none was sent'
  if (origin !== fhirOrigin) {
    return `no credential is sent to ${origin}; if you trust it with yours: --trust-origin ${origin}`
  }
  return 'check that this client may read files of this export'
}

/** An answer that is no file. `longestPauseMs`: a server that asks for more is not waited for. */
export const refusal = (
  task: FileTask,
  answer: Answer,
  options: { fhirOrigin: string; longestPauseMs: number; now: number },
): AttemptError => {
  const { status } = answer
  const message = withServerWords(`HTTP ${status}`, answer)
  if (status === 401 || status === 403) {
    const hint = unauthorizedHint(task, answer, options.fhirOrigin)
    return new AttemptError('unauthorized', message, { status, hint, refresh: true })
  }
  if (status === 404 || status === 410) return new AttemptError('gone', message, { status, refresh: true })
  const date = readHttpDate(header(answer.headers, 'date')) ?? options.now
  const retryAfterMs = readRetryAfter(header(answer.headers, 'retry-after'), date)
  const paused = retryAfterMs !== undefined && (status === 429 || status === 503)
  if (paused && retryAfterMs > options.longestPauseMs) {
    const hint = `the server asks to wait ${Math.round(retryAfterMs / 60_000)} minutes: run \`bulkx resume\` then`
    return new AttemptError('refused', message, { status, hint })
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new AttemptError('unavailable', message, { status, paused })
  }
  return new AttemptError('refused', message, { status, refresh: status === 400 })
}

/** A transfer that broke; undefined for what is not about this file (an abort, the disk, a defect). */
export const broken = (task: FileTask, error: unknown): AttemptError | undefined => {
  if (error instanceof NetworkError) {
    const code = error.kind === 'redirect' ? 'refused' : 'broken'
    return new AttemptError(code, `${withoutQuery(task.url)}: ${error.message}`, { cause: error })
  }
  if (error instanceof DecodeError) return new AttemptError('broken', error.message, { cause: error })
  if (error instanceof LineTooLong) {
    return new AttemptError('too-large', error.message, { cause: error, hint: 'raise --max-line to take it' })
  }
  return undefined
}

/** Content that is whole and no data: a page, or nothing but OperationOutcomes where resources were expected. */
export const notData = (task: FileTask, { inspection, issues }: Transferred): AttemptError | undefined => {
  if (inspection.notLines === 'page') {
    return new AttemptError('not-data', 'the file is a web page or XML, not NDJSON', { refresh: true })
  }
  if (
    inspection.resources > 0 &&
    inspection.otherTypes.unknown === inspection.resources &&
    task.section === 'output'
  ) {
    return new AttemptError('not-data', 'no line of the file is a FHIR resource', { refresh: true })
  }
  const outcomesOnly =
    inspection.notLines === 'outcome' || (inspection.lines === 1 && inspection.outcomes === 1)
  if (task.section === 'outcome' || task.type === 'OperationOutcome' || !outcomesOnly) return undefined
  const words = issues.first.map((issue) => issue.text).join('; ')
  const message = 'the file is an OperationOutcome instead of data'
  return new AttemptError('not-data', words === '' ? message : `${message}: ${words}`, { refresh: true })
}

const wrongChecksum = (task: FileTask, { inspection }: Transferred): string | undefined =>
  task.sha256 !== undefined && task.sha256 !== inspection.sha256 ? task.sha256 : undefined

/** Ended properly, but not what was promised: worth one more look before it counts as the server's. */
export const isDisappointing = (task: FileTask, transferred: Transferred): boolean =>
  (task.count !== undefined && task.count !== transferred.inspection.resources) ||
  transferred.inspection.brokenEnd ||
  wrongChecksum(task, transferred) !== undefined

/** The facts of a stored file; empty ones are left out, for there may be a million files. */
export const storedFile = (
  task: FileTask,
  transferred: Transferred,
  run: { attempts: number; durationMs: number },
): StoredFile => {
  const { inspection, issues, storedBytes, raisedToHttps } = transferred
  return {
    bytes: inspection.bytes,
    storedBytes,
    sha256: inspection.sha256,
    lines: inspection.lines,
    resources: inspection.resources,
    badLines: inspection.badLines,
    firstBadLine: inspection.firstBadLine,
    otherTypes: Object.keys(inspection.otherTypes).length > 0 ? inspection.otherTypes : undefined,
    issues: task.section === 'outcome' ? issues : undefined,
    wrongChecksum: wrongChecksum(task, transferred),
    raisedToHttps: raisedToHttps || undefined,
    ...run,
  }
}
