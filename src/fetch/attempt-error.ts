/** Why one attempt at a file came to nothing, and whether another one can help. */
import type { FileFailure } from './task.js'

export class AttemptError extends Error {
  override readonly name = 'AttemptError'
  readonly code: FileFailure['code']
  readonly status?: number
  readonly hint?: string
  readonly refresh: boolean
  /** The server asked for a pause: it does not count against the number of attempts. */
  readonly paused: boolean

  constructor(
    code: FileFailure['code'],
    message: string,
    more: { status?: number; hint?: string; refresh?: boolean; paused?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.code = code
    this.status = more.status
    this.hint = more.hint
    this.refresh = more.refresh ?? false
    this.paused = more.paused ?? false
  }
}

/** Attempts in a row without progress, by what went wrong; what more attempts cannot mend gets one. */
export const attemptsMax: Record<FileFailure['code'], number> = {
  broken: 5,
  unavailable: 5,
  unauthorized: 1,
  gone: 2,
  'not-data': 2,
  changed: 1,
  refused: 1,
  'too-large': 1,
  expired: 1,
}
