/** An export that is incomplete for good: what is missing is not at its old place, and its job is known no more. */
import type { Job } from './export.js'
import { look } from './poll.js'
import { phaseOf } from './state.js'

/**
 * Asks once, where an export is incomplete, whether the server still knows its job, and writes down when it does not:
 * HTTP 404, 410. No other answer, and none at all, is proof of that. A kick-off that was answered by the manifest has no
 * job to be asked after. Rejects with the signal's reason, `BULKX_STORAGE`.
 */
export const recordGone = async (job: Job): Promise<boolean> => {
  const { state, signal } = job
  const { pollingLocation, synchronous } = state
  if (phaseOf(state) !== 'incomplete' || pollingLocation === undefined || synchronous) return false
  const response = await look(job, pollingLocation).catch(() => {
    signal?.throwIfAborted()
    return undefined
  })
  if (response?.kind !== 'gone') return false
  const { status, reason: message } = response
  await job.record([{ type: 'export-gone', status, message }])
  return true
}
