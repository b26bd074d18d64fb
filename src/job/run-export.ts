/** The job's result as a promise, for those who do not watch it. */
import { exportJob, type Job, type Steer } from './export.js'
import type { JobEvent, Outcome } from './facts.js'
import { shownDirectory } from './next-command.js'
import { conclude } from './outcome.js'

export interface RunOptions {
  /** Sees each fact after it is durable; the job stands still until it has returned. */
  onEvent?: (event: JobEvent) => void | Promise<void>
  steer?: Steer
}

/**
 * Takes the job as far as it goes. Resolves when all of it is on disk, findings or not (`exitCode` 0 or 10);
 * rejects with the `BulkxError` that says how the job stands otherwise.
 */
export const runExport = async (job: Job, { onEvent, steer }: RunOptions = {}): Promise<Outcome> => {
  for await (const event of exportJob(job, steer)) await onEvent?.(event)
  const { directory, files } = job.config
  const { outcome, error } = conclude(job.state, directory, files.failOn, shownDirectory(job.config))
  if (error && error.code !== 'BULKX_FINDINGS') throw error
  return outcome
}
