/** One export of a round: begun, gone on with, or done already. */
import { beginJob, isCleanedUp } from '../../job/begin.js'
import { readJob } from '../../job/directory.js'
import { failing } from '../../job/findings.js'
import { conclude } from '../../job/outcome.js'
import { type JobState, phaseOf } from '../../job/state.js'
import type { KickOffRequest } from '../../protocol/types.js'
import { exportPath } from '../../sync/dataset.js'
import type { PlannedExport } from '../../sync/round.js'
import { asRoundError } from '../../sync/round-advice.js'
import { type JobEnd, runToEnd } from '../run-job.js'
import { shortPath } from '../show.js'
import type { Sync } from './context.js'

/** Whether nothing is left to do: not at the server either, and what was found in it is accepted. */
const isDone = (state: JobState, { config }: Sync): boolean =>
  phaseOf(state) === 'complete' &&
  failing(state.findings ?? [], state.accepted ?? config.files.failOn).length === 0 &&
  isCleanedUp({ state, config })

const isBegun = (state: JobState | undefined): state is JobState =>
  state !== undefined && phaseOf(state) !== 'new'

const configFor = (sync: Sync, { number }: PlannedExport, kickOff: KickOffRequest) => {
  const directory = exportPath(sync.config.directory, number)
  return Object.freeze({ ...sync.config, directory, shownAs: shortPath(directory, sync.io.cwd), kickOff })
}

const note = (sync: Sync, planned: PlannedExport, state: JobState): void => {
  const { outcome } = conclude(
    state,
    exportPath(sync.config.directory, planned.number),
    sync.config.files.failOn,
  )
  const { exitCode: _exitCode, ...fields } = outcome
  sync.done.exports.push({ export: planned.number, role: planned.role, ...fields })
}

/**
 * Runs the export with this question; one that was begun earlier goes on with its own. Its ending has an error where
 * it is not yet, or not at all, of use.
 */
export const runExport = async (
  sync: Sync,
  planned: PlannedExport,
  kickOff: KickOffRequest,
): Promise<JobEnd> => {
  const before = await readJob(exportPath(sync.config.directory, planned.number))
  if (before && isDone(before, sync)) {
    note(sync, planned, before)
    return { ending: {}, state: before, isThere: true }
  }
  const command = isBegun(before) ? 'resume' : 'export'
  const end = await runToEnd(
    {
      command: 'export',
      config: configFor(sync, planned, isBegun(before) ? (before.kickOff ?? kickOff) : kickOff),
      settings: sync.settings,
      begin: (job) => beginJob(job, command),
      marks: { export: planned.number },
      interrupted: (error) =>
        asRoundError(error, shortPath(exportPath(sync.config.directory, planned.number), sync.io.cwd)),
    },
    sync.io,
  )
  note(sync, planned, end.state)
  return end
}
