/** Every error as a message, a hint and a number: the one place where errors become words on stderr. */
import { BulkxError, type ErrorCode } from '../errors.js'
import { harmless } from './text.js'

export interface Explanation {
  exitCode: number
  code: ErrorCode
  message: string
  hint?: string
  items?: readonly string[]
  /** Only of a defect. */
  stack?: string
}

const storageProblems: Record<string, string> = {
  ENOSPC: 'The disk is full',
  EDQUOT: 'The disk quota is used up',
  EACCES: 'Permission denied',
  EPERM: 'The operation is not permitted',
  EROFS: 'The file system is read-only',
  EIO: 'The disk reports an error',
  EMFILE: 'Too many files are open',
  ENFILE: 'Too many files are open',
  ENOTDIR: 'A part of the path is no directory',
  EISDIR: 'There is a directory where a file belongs',
}

interface SystemError extends Error {
  code: string
  path?: string
}

const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'

/** A problem of the file system as an error of its kind; undefined when `error` is something else. */
export const storageError = (error: unknown): BulkxError | undefined => {
  if (!isSystemError(error) || error.path === undefined) return undefined
  const words = storageProblems[error.code]
  if (words === undefined) return undefined
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT'
  return new BulkxError(full ? 'BULKX_DISK_FULL' : 'BULKX_STORAGE', `${words}: ${error.path}`, {
    cause: error,
    hint: full ? 'make room, then repeat the command' : 'check the path and its permissions',
  })
}

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

/** Never throws; what nobody foresaw is a defect of ours. */
export const explain = (error: unknown): Explanation => {
  const known = error instanceof BulkxError ? error : storageError(error)
  if (known) {
    return {
      exitCode: known.exitCode,
      code: known.code,
      message: harmless(known.message),
      hint: known.hint === undefined ? undefined : harmless(known.hint),
      items: known.items?.map(harmless),
      ...(known.code === 'BULKX_DEFECT' ? { stack: stackOf(known.cause ?? known) } : {}),
    }
  }
  return {
    exitCode: 1,
    code: 'BULKX_DEFECT',
    message: harmless(`This is a defect of bulkx: ${error instanceof Error ? error.message : String(error)}`),
    hint: 'please report it, with the lines below',
    stack: stackOf(error),
  }
}

/** How words are made to stand out; without colour they stay as they are. */
export interface Paint {
  error(text: string): string
  warning(text: string): string
  hint(text: string): string
  strong(text: string): string
}

export const plainPaint: Paint = {
  error: (text) => text,
  warning: (text) => text,
  hint: (text) => text,
  strong: (text) => text,
}

/** Ends that say how far a job is, not that anything went wrong. */
const news: ReadonlySet<ErrorCode> = new Set(['BULKX_STILL_RUNNING'])

/** What stderr gets: the error, the hint, and of a defect the stack. */
export const explanationLines = (
  { code, message, items = [], hint, stack }: Explanation,
  paint: Paint,
): string[] => [
  news.has(code) ? message : `${paint.error('error:')} ${message}`,
  ...items.map((item) => `  ${item}`),
  ...(hint === undefined ? [] : [`${paint.hint('hint:')} ${hint}`]),
  ...(stack === undefined ? [] : [stack]),
]
