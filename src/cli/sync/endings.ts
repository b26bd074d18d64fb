/** What a run of `bulkx sync` that ends between two exports says. */
import { BulkxError, type ErrorCode } from '../../errors.js'
import { sameCommand, unmoved } from '../../sync/round-advice.js'

/** Trouble with the data set's own directory: `bulkx resume` knows nothing of it. */
export const asPlaceError = (error: unknown): unknown =>
  error instanceof BulkxError
    ? new BulkxError(error.code, error.message, { hint: sameCommand(error.hint), cause: error.cause })
    : error

const interruptions: ReadonlySet<ErrorCode> = new Set([
  'BULKX_INTERRUPTED',
  'BULKX_TERMINATED',
  'BULKX_HANGUP',
])

/** What was thrown between two exports. */
export const asOwnError = (error: unknown): unknown =>
  error instanceof BulkxError && interruptions.has(error.code)
    ? new BulkxError(error.code, error.message, { hint: `${unmoved}; the same sync command goes on` })
    : error
