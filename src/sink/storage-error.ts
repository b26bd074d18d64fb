/** Local trouble in words: what the operating system said, and what to do about it. */
import { BulkxError } from '../errors.js'

const words: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  EIO: 'the disk reported an error',
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'it is there already, and not a directory',
  EISDIR: 'it is a directory',
  ENOTFILE: 'it is no file',
  ELOOP: 'it is a link that is not followed',
  ENAMETOOLONG: 'the name is too long',
}

const inItsPlace =
  'somebody has put something else in its place: remove that, or choose another directory with --out'

const hints: Record<string, string> = {
  ENOSPC: 'make room, then continue with `bulkx resume`; finished files are kept',
  EDQUOT: 'make room, then continue with `bulkx resume`; finished files are kept',
  EMFILE: 'raise the limit (`ulimit -n`) or lower --parallel, then continue with `bulkx resume`',
  ENOTFILE: inItsPlace,
  ELOOP: inItsPlace,
}

export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** No room on the disk, or none for this user. */
export const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')

/** `doing`: what failed, as in "Cannot write out/Patient.0001.ndjson". */
export const storageError = (doing: string, cause: unknown): BulkxError => {
  if (cause instanceof BulkxError) return cause
  const code = systemCode(cause) ?? ''
  const why = words[code] ?? (cause instanceof Error ? cause.message : String(cause))
  const hint =
    hints[code] ??
    'choose a directory that can be written with --out, or mend this one and run `bulkx resume`'
  return new BulkxError(isFull(cause) ? 'BULKX_DISK_FULL' : 'BULKX_STORAGE', `${doing}: ${why}`, {
    cause,
    hint,
  })
}
