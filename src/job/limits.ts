/** How long a run waits: `--deadline`, and `--patience` with a server that does not answer properly. */
import { BulkxError } from '../errors.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import { cancelCommand, resumeCommand, shownDirectory } from './next-command.js'
import { unlocated } from './refusal.js'
import type { JobState } from './state.js'

/** What the server said last: a failure that nobody believed yet is more than the progress before it. */
const lastWords = ({ failing, progress }: JobState): string =>
  failing === undefined ? (progress ?? 'no progress known') : `the last answer was: ${failing}`

const tooLate = (job: Job): BulkxError =>
  new BulkxError(
    'BULKX_DEADLINE',
    `The export is not finished, and the deadline has come: ${lastWords(job.state)}`,
    {
      hint: `look again with ${resumeCommand(shownDirectory(job.config))}, longer with --deadline, or stop it with ${cancelCommand(shownDirectory(job.config))}`,
    },
  )

const tooLong = (job: Job, reason: string): BulkxError =>
  new BulkxError('BULKX_UNREACHABLE', `The server has not answered properly for too long: ${reason}`, {
    hint: `the job may well go on at the server: ${resumeCommand(shownDirectory(job.config))} later, or more --patience`,
  })

/**
 * Stops a run that has waited long enough, after what was seen is written down. Throws `BULKX_DEADLINE`,
 * `BULKX_UNREACHABLE` beyond `--patience`, `BULKX_KICK_OFF_UNDECIDED` for a job whose address is not known.
 */
export const checkLimits = (job: Job, seen: readonly Fact[]): void => {
  const { deadlineMs } = job.config.waiting
  const now = job.clock.now()
  const last = seen.at(-1)
  if (last?.type === 'kick-off-unlocated') {
    const reason = `its answer names ${last.reference}, where the server answers HTTP ${last.status}`
    throw unlocated(job.config, reason)
  }
  if (last?.type === 'status-transient' && last.last) throw tooLong(job, last.reason)
  const waits =
    last?.type === 'status-transient' ||
    last?.type === 'status-in-progress' ||
    last?.type === 'status-doubted'
  if (waits && now >= job.state.acceptedAt + deadlineMs) throw tooLate(job)
}
