/** Why one attempt at a file came to nothing, and whether another one can help. */
import type { FileFailure } from './task.js'

export class AttemptError extends Error {
  override readonly name = 'AttemptError'
  readonly code: FileFailure['code']
  readonly status?: number
  readonly hint?: string
  readonly trust?: string
  readonly refresh: boolean
  /** The server asked for a pause: it does not count against the number of attempts. */
  readonly paused: boolean
  /** Another URL than the file's own has answered: asked again, that one may lead elsewhere. */
  readonly moved: boolean

  constructor(
    code: FileFailure['code'],
    message: string,
    more: {
      status?: number
      hint?: string
      trust?: string
      refresh?: boolean
      paused?: boolean
      moved?: boolean
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: more.cause })
    this.code = code
    this.status = more.status
    this.hint = more.hint
    this.trust = more.trust
    this.refresh = more.refresh ?? false
    this.paused = more.paused ?? false
    this.moved = more.moved ?? false
  }
}

/** By what went wrong; what more attempts cannot mend gets one. */
const attemptsByCode: Record<FileFailure['code'], number> = {
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

/** A link behind a redirect may have ended on its way: the file's own URL gives a fresh one. */
const attemptsOfMoved = 2

/** Attempts in a row without progress, this one included. */
export const attemptsMax = ({ code, moved }: AttemptError): number =>
  Math.max(attemptsByCode[code], moved ? attemptsOfMoved : 0)
