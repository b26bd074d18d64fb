/** The answer to a kick-off that cannot be written down: the last one who knows of the job says where it is. */
import { BulkxError } from '../errors.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import { attachCommand, shellWord, shownDirectory } from './next-command.js'

const isAccepted = (fact: Fact): fact is Extract<Fact, { type: 'kick-off-accepted' }> =>
  fact.type === 'kick-off-accepted' && fact.synchronous !== true

/**
 * What facts that were not recorded mean, beside the trouble itself: of a job that was accepted, its status URL. The
 * whole of it, for some servers have the id of the job in the query, and without it the job is lost.
 */
export const unrecorded = (error: unknown, facts: readonly Fact[], { config }: Job): unknown => {
  const accepted = facts.find(isAccepted)
  if (!accepted || !(error instanceof BulkxError)) return error
  const url = shellWord(accepted.pollingLocation)
  const attach = attachCommand(shownDirectory(config)).replace('<status-url>', url)
  const message = `${error.message}; the server has accepted the kick-off, and its job runs at ${accepted.pollingLocation}`
  return new BulkxError(error.code, message, {
    cause: error,
    hint: `keep this status URL: when the disk is mended, ${attach} goes on with the job`,
  })
}
