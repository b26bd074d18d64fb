/** Local trouble with a data set: as everywhere in words, with the way on that a data set has. */
import { BulkxError } from '../errors.js'
import { isFull, storageError, systemCode } from '../sink/storage-error.js'

const wayOn = (cause: unknown): string => {
  if (isFull(cause)) return 'make room, then run the same `bulkx sync` again: finished exports are kept'
  if (systemCode(cause) === 'EMFILE')
    return 'raise the limit (`ulimit -n`), then run the same `bulkx sync` again'
  return 'mend the directory, then run the same `bulkx sync` again; or begin a new data set with --out'
}

/** `doing`: what failed, as in "Cannot write data/snapshots/002". An error with words of its own stays as it is. */
export const trouble = (doing: string, cause: unknown): BulkxError => {
  if (cause instanceof BulkxError) return cause
  const { code, message } = storageError(doing, cause)
  return new BulkxError(code, message, { cause, hint: wayOn(cause) })
}
