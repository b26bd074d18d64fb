/** Rounds that an earlier run has left, and that can never be completed: the server knows a job of theirs no more. */

import { readJob } from '../../job/directory.js'
import { recordGone } from '../../job/gone.js'
import { phaseOf } from '../../job/state.js'
import { exportPath } from '../../sync/dataset.js'
import type { PlannedExport, Round } from '../../sync/round.js'
import { hostFor, openJob } from '../run-job.js'
import { shortPath } from '../show.js'
import { harmless } from '../text.js'
import type { Sync } from './context.js'

const isLost = async ({ number }: PlannedExport, sync: Sync): Promise<boolean> => {
  const { config, settings, io, talk, warn } = sync
  const directory = exportPath(config.directory, number)
  const before = await readJob(directory)
  if (before === undefined) return false
  if (phaseOf(before) === 'gone') return true
  if (phaseOf(before) !== 'incomplete') return false
  const host = await hostFor(settings, io, { warn, note: (text) => talk.line(text) })
  const shownAs = shortPath(directory, io.cwd)
  await using job = await openJob({ ...config, directory, shownAs }, host)
  if (!(await recordGone(job))) return false
  const why = harmless(job.state.end?.message ?? '')
  talk.line(`what is missing in ${shownAs} cannot be had any more: ${why}`)
  return true
}

/**
 * Whether the server has forgotten the job of an export that did not become whole: it is asked, for files alone prove
 * nothing. What it says is in the export's journal then.
 */
export const hasLostJob = async ({ exports }: Round, sync: Sync): Promise<boolean> => {
  for (const planned of exports) if (await isLost(planned, sync)) return true
  return false
}
