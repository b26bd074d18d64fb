/** How a run of plain options begins: anew, with what is there, or with what is finished already. */
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import { beginJob, isSameQuestion } from '../job/begin.js'
import { readJob } from '../job/directory.js'
import type { Job } from '../job/export.js'
import type { JobEvent } from '../job/facts.js'
import { moveAside } from '../job/move-aside.js'
import { cancelCommand } from '../job/next-command.js'
import { phaseOf } from '../job/state.js'
import type { Host } from '../open-job.js'
import { assertEmptyStore } from '../sink/open-sink.js'
import { shown, usage } from './given-values.js'
import type { RunOptions } from './host.js'
import type { ExportOptions } from './options.js'

/** Throws `BULKX_USAGE`. */
export const assertFinished = (finished: unknown): void => {
  if (finished === undefined || finished === 'reject' || finished === 'resolve') return
  throw usage(
    `finished ${shown(finished)} is not one of reject, resolve`,
    "write it like finished: 'resolve'",
  )
}

/** `again`: out of the way with what is there. Nothing can be moved in a store: a new export wants a prefix of its own. */
export const setAside = async (
  config: Config,
  host: Host,
  onNotice: RunOptions['onNotice'],
): Promise<void> => {
  const { clock, random, self, env = {} } = host
  if (config.store !== undefined)
    await assertEmptyStore({ target: config.store, env, clock, random, system: self.host })
  const aside = await moveAside(config.directory, { clock, self })
  if (aside === undefined) return
  host.onNote?.(`moved ${config.directory} to ${aside}`)
  const state = await readJob(aside).catch(() => undefined)
  if (!state || phaseOf(state) !== 'in-progress') return
  const hint = `stop it with ${cancelCommand(aside)}`
  onNotice?.({ kind: 'job-goes-on', message: `the job of ${aside} goes on at the server`, hint })
}

/** `resume` asks for no other question than the one that is there: so that is looked at here. */
const commandFor = (job: Job, { finished }: ExportOptions): 'export' | 'resume' => {
  const isThere = phaseOf(job.state) === 'complete' && isSameQuestion(job, job.config.kickOff)
  return finished === 'resolve' && isThere ? 'resume' : 'export'
}

/** The facts with which the job begins. Throws as `beginJob` does. */
export const begin = async (job: Job, options: ExportOptions): Promise<JobEvent[]> => {
  const begun: JobEvent[] = []
  const record: Job['record'] = async (facts) => {
    const events = await job.record(facts)
    begun.push(...events)
    return events
  }
  try {
    await beginJob({ ...job, record }, commandFor(job, options))
  } catch (error) {
    if (!(error instanceof BulkxError) || error.code !== 'BULKX_FINISHED') throw error
    const hint = `take its result with finished: 'resolve', or ${error.hint}`
    throw new BulkxError(error.code, error.message, { hint, cause: error.cause })
  }
  return begun
}
