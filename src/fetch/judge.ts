/** What a refused request, or a transfer that broke, means for the file. */
import type { Answer } from '../http/body.js'
import { acceptEncoding, DecodeError, type DecodeErrorKind } from '../http/coding.js'
import { header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { asHttps, withoutQuery } from '../http/url.js'
import { LineTooLong } from '../ndjson/inspect.js'
import { withServerWords } from '../protocol/operation-outcome.js'
import { AttemptError } from './attempt-error.js'
import { CheckLost } from './check.js'
import { TooSlow } from './incoming.js'
import { goneHint, storageHint, unauthorizedHint } from './refused-hint.js'
import type { FileFailure, FileTask } from './task.js'

/** Statuses by which an origin asks for fewer requests. */
export const wantsFewer = (status: number): boolean => status === 429 || status === 503

const tooLongHint = (ms: number): string =>
  `the server asks to wait ${Math.round(ms / 60_000)} minutes: run \`bulkx resume\` then`

/**
 * Why the file is not even asked for now: the pause of its origin is not sat out, or its URL has ended. `pausedUntil`
 * and `now`: epoch milliseconds.
 */
export const notAsked = (
  task: FileTask,
  pausedUntil: number | undefined,
  longestPauseMs: number,
  now: number,
): AttemptError | undefined => {
  const pauseMs = (pausedUntil ?? 0) - now
  if (pauseMs > longestPauseMs) {
    const message = 'the server has asked for a pause, and was not asked for this file'
    return new AttemptError('refused', message, { hint: tooLongHint(pauseMs) })
  }
  if (task.askBefore === undefined || now < task.askBefore) return undefined
  return new AttemptError('expired', 'its URL has expired', { hint: goneHint, refresh: true })
}

/** An answer that is no file. `longestPauseMs`: a server that asks for more is not waited for. */
export const refusal = (
  task: FileTask,
  answer: Answer,
  options: { fhirOrigin: string; longestPauseMs: number; now: number },
): AttemptError => {
  const { status } = answer
  const message = withServerWords(`HTTP ${status}`, answer)
  const moved = ![task.url, asHttps(task.url)].includes(answer.url)
  if (status === 401 || status === 403) {
    const advice = unauthorizedHint(task, answer, options.fhirOrigin)
    return new AttemptError('unauthorized', message, { status, ...advice, refresh: true, moved })
  }
  if (status === 404 || status === 410) {
    const hint = storageHint(answer) ?? goneHint
    return new AttemptError('gone', message, { status, hint, refresh: true, moved })
  }
  const date = readHttpDate(header(answer.headers, 'date')) ?? options.now
  const retryAfterMs = readRetryAfter(header(answer.headers, 'retry-after'), date)
  if (wantsFewer(status) && retryAfterMs !== undefined && retryAfterMs > options.longestPauseMs) {
    return new AttemptError('refused', message, { status, hint: tooLongHint(retryAfterMs) })
  }
  // A 503 that names no time may be about this very file, and for good.
  const paused = status === 429 || (status === 503 && retryAfterMs !== undefined)
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new AttemptError('unavailable', message, { status, paused })
  }
  if (status === 206) {
    const message = 'HTTP 206: a part of the file came, and the whole of it was asked for'
    const hint =
      'a cache or proxy on the way may do this: tell the people who run it, or go around it with --proxy'
    return new AttemptError('broken', message, { status, hint })
  }
  const refresh = status === 400 || status === 409
  return new AttemptError('refused', message, { status, hint: storageHint(answer), refresh, moved })
}

/** What a coding that cannot be taken off means. */
const undecoded: Record<DecodeErrorKind, { code: FileFailure['code']; hint?: string }> = {
  broken: { code: 'broken' },
  unknown: {
    code: 'not-data',
    hint: `the request's Accept-Encoding says ${acceptEncoding}: tell the people who run the server, or the proxy before it`,
  },
  bomb: {
    code: 'too-large',
    hint: 'no resources shrink that well: tell the people who run the server what it sends',
  },
}

/** A transfer that broke; undefined for what is not about this file (an abort, the disk, a defect). */
export const broken = (task: FileTask, error: unknown): AttemptError | undefined => {
  if (error instanceof NetworkError) {
    const code = error.kind === 'redirect' || error.kind === 'private' ? 'refused' : 'broken'
    return new AttemptError(code, `${withoutQuery(task.url)}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    })
  }
  if (error instanceof DecodeError) {
    const { code, hint } = undecoded[error.kind]
    return new AttemptError(code, error.message, { cause: error, hint })
  }
  if (error instanceof CheckLost) return new AttemptError('broken', error.message, { cause: error })
  if (error instanceof LineTooLong) {
    return new AttemptError('too-large', error.message, {
      cause: error,
      hint: 'raise --max-line to take it, up to 500MiB',
    })
  }
  if (error instanceof TooSlow) {
    const hint =
      'the server or the way to it is too slow: try again later, or with fewer at once by --parallel'
    return new AttemptError('broken', error.message, { cause: error, hint })
  }
  return undefined
}
