/** What looks mistyped in a request that a server has refused. */
import { BulkxError, type ErrorCode } from '../errors.js'
import type { KickOffRequest } from '../protocol/types.js'
import { spelling } from '../spelling.js'

/** A type that there is not is none that a client may see, either: then who we are is next to look at. */
const denied: ReadonlySet<ErrorCode> = new Set(['BULKX_UNAUTHORIZED', 'BULKX_TOKEN'])
const refusals: ReadonlySet<ErrorCode> = new Set(['BULKX_KICK_OFF_REFUSED', 'BULKX_NOT_BULK_DATA'])

/** Where the server has refused such a request, that comes before anything else that could be tried. */
export const withSpellingHint = (error: unknown, kickOff: KickOffRequest, now: number): unknown => {
  if (!(error instanceof BulkxError)) return error
  const isDenied = denied.has(error.code)
  if (!isDenied && !refusals.has(error.code)) return error
  const found = spelling(kickOff, now)
  if (found.length === 0) return error
  const said = found.map(({ message, hint: remedy }) => `${message}: ${remedy}`).join('; ')
  const hint = isDenied && error.hint !== undefined ? `${said}; else ${error.hint}` : said
  return new BulkxError(error.code, error.message, { hint, cause: error.cause })
}
