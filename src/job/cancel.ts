/** `cancel`: the Bulk Data Delete Request, asked for by a person. What is on disk stays. */
import { BulkxError } from '../errors.js'
import { isDeleted, isUndeletable } from '../protocol/delete.js'
import type { Job } from './export.js'
import type { JobEvent } from './facts.js'
import { resumeCommand, shownDirectory } from './next-command.js'
import { phaseOf } from './state.js'
import { deleteJob } from './steps.js'

/**
 * Ends the job on the server. A complete or ended job is not asked about again. Throws `BULKX_NO_JOB` when
 * nothing was kicked off, `BULKX_KICK_OFF_UNDECIDED` when its URL is not known, and for answers that are no
 * consent: `BULKX_UNAUTHORIZED`, `BULKX_UNREACHABLE`. Of a complete job the server may keep what it does not delete.
 */
export const cancelJob = async (job: Job): Promise<JobEvent[]> => {
  const { state, config } = job
  const phase = phaseOf(state)
  if (phase === 'cancelled' || phase === 'gone') return []
  if (phase === 'undecided') {
    throw new BulkxError(
      'BULKX_KICK_OFF_UNDECIDED',
      'The address of the job is not known, so it cannot be cancelled',
      {
        hint: 'if you know its status URL: `bulkx cancel <status-url>`',
      },
    )
  }
  if (state.pollingLocation === undefined) {
    throw new BulkxError('BULKX_NO_JOB', `No job was kicked off in ${config.directory}`, {
      hint: 'there is nothing to cancel',
    })
  }
  if (state.synchronous) {
    if (phase === 'complete') return []
    const message = 'The server answered the kick-off at once: it has no job that could be cancelled'
    throw new BulkxError('BULKX_NO_JOB', message, {
      hint: `fetch the other files with ${resumeCommand(shownDirectory(config))}, or remove the directory`,
    })
  }
  if (phase === 'complete' && state.deleteStatus !== undefined && isDeleted(state.deleteStatus)) return []
  // The mock inside a bulkx process ends with it, and its jobs too.
  if (state.server.startsWith('mock:'))
    return phase === 'complete' ? [] : job.record([{ type: 'job-cancelled', status: 410 }])
  const { status, message } = await deleteJob(job, state.pollingLocation)
  // Nothing is left to be ended: what the server keeps is what it always keeps.
  const isKept = phase === 'complete' && isUndeletable(status)
  if (!isDeleted(status) && !isKept) {
    const code = status === 401 || status === 403 ? 'BULKX_UNAUTHORIZED' : 'BULKX_UNREACHABLE'
    throw new BulkxError(code, `The server did not cancel the job: ${message}`, {
      hint: isUndeletable(status)
        ? 'the server deletes no job, or none in this state: it goes on until it ends or expires'
        : 'the job may go on; run `bulkx cancel` again, or ask the people who run the server',
    })
  }
  return job.record([
    // A job that the server has called failed stays so.
    phase === 'complete' || phase === 'failed'
      ? { type: 'delete-answered', status, message }
      : { type: 'job-cancelled', status },
  ])
}
