/** A look at a job whose directory cannot be written to: what is learned is seen, though not kept. */
import { BulkxError } from '../errors.js'
import type { Job } from './export.js'
import type { JobEvent } from './facts.js'
import { reduce } from './state.js'

/** Whether a directory can be read, but not written to. */
export const isUnwritable = (error: unknown): error is BulkxError =>
  error instanceof BulkxError && (error.code === 'BULKX_DISK_FULL' || error.code === 'BULKX_STORAGE')

/**
 * The same job, whose facts are folded even when they cannot be made durable. Only for looks that end with the
 * process: nothing may be done on the word of such a fact. `onUnwritten` is told of each such failure.
 */
export const seenUnwritten = (job: Job, onUnwritten: (error: BulkxError) => void): Job => ({
  ...job,
  record: async (facts) => {
    try {
      return await job.record(facts)
    } catch (error) {
      if (!isUnwritable(error)) throw error
      onUnwritten(error)
      const at = job.clock.now()
      const events = facts.map((fact): JobEvent => ({ ...fact, at }))
      for (const event of events) reduce(job.state, event)
      return events
    }
  },
})
