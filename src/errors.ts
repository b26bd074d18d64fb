/** Every way in which bulkx can end that is not plain success, as kinds a person can act on. */

/** Exit codes by error code: the one place where a kind of error becomes a number. */
export const exitCodes = {
  BULKX_DEFECT: 1,
  BULKX_USAGE: 2,
  BULKX_CONFIG: 2,
  BULKX_OTHER_JOB: 2,
  BULKX_FINISHED: 2,
  BULKX_NO_JOB: 2,
  BULKX_UNAUTHORIZED: 3,
  BULKX_TOKEN: 3,
  BULKX_DISCOVERY: 3,
  BULKX_KICK_OFF_REFUSED: 4,
  BULKX_KICK_OFF_UNDECIDED: 4,
  BULKX_SERVER_BUSY: 4,
  BULKX_NOT_BULK_DATA: 4,
  BULKX_EXPORT_FAILED: 5,
  BULKX_BAD_ANSWER: 5,
  BULKX_JOB_GONE: 6,
  BULKX_JOB_CANCELLED: 6,
  BULKX_MOCK_ENDED: 6,
  BULKX_FILES_FAILED: 7,
  BULKX_DISK_FULL: 8,
  BULKX_STORAGE: 8,
  BULKX_STILL_RUNNING: 9,
  BULKX_DEADLINE: 9,
  BULKX_UNREACHABLE: 9,
  BULKX_FINDINGS: 10,
  BULKX_DIFFERS: 10,
  BULKX_JOB_LOCKED: 11,
  BULKX_HANGUP: 129,
  BULKX_INTERRUPTED: 130,
  BULKX_TERMINATED: 143,
} as const

export type ErrorCode = keyof typeof exitCodes

/**
 * An end that a person can act on: one sentence without a period (the server's own words after a colon),
 * and a hint that names the option or the next command. Codes are stable; scripts may compare them.
 */
export class BulkxError extends Error {
  override readonly name = 'BulkxError'
  readonly code: ErrorCode
  /** What the command line would end with. */
  readonly exitCode: number
  declare readonly hint?: string
  /** What the message is about, a line each. */
  declare readonly items?: readonly string[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; items?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.exitCode = exitCodes[code]
    if (options.hint !== undefined) this.hint = options.hint
    if (options.items !== undefined) this.items = options.items
  }
}
