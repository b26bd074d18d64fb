/** The round that an earlier run has left: completed first, or, where nothing can come of it, begun anew. */
import { BulkxError, type ErrorCode } from '../../errors.js'
import { readJob } from '../../job/directory.js'
import { exportPath } from '../../sync/dataset.js'
import { firstOf, type Round } from '../../sync/round.js'
import { datasetOf, type Sync } from './context.js'
import { hasLostJob } from './lost.js'
import { assertSnapshot, closeRound, isCommitted, runRound, takeUp } from './round.js'

/** With an error the run ends; without, the round is to follow that is said, if one is. */
export interface Completed {
  error?: unknown
  next?: 'changes' | 'everything'
}

/** A round that was kicked off longer ago brings data that are no longer new, milliseconds. */
const freshMs = 60 * 60_000

/** How a round ends whose job the server may have lost. */
const withoutJob: ReadonlySet<ErrorCode> = new Set(['BULKX_FILES_FAILED', 'BULKX_JOB_GONE'])

const wantsFull = ({ settings }: Sync): boolean => settings.get('full') === true

const isBase = (round: Round): boolean => firstOf(round).role === 'base'

/** Whoever has asked for everything still waits for it. */
const anew = (lost: Round, sync: Sync): Completed => ({
  next: wantsFull(sync) || isBase(lost) ? 'everything' : 'changes',
})

const kickedOffAt = async (round: Round, { config }: Sync): Promise<number> =>
  (await readJob(exportPath(config.directory, firstOf(round).number)))?.acceptedAt ?? 0

/** What follows once the round is committed: its data may be of days ago. */
const after = async (round: Round, sync: Sync): Promise<Completed> => {
  if (wantsFull(sync) && !isBase(round)) return { next: 'everything' }
  // There is nothing left to give up of it: what is wanted is another one.
  const isGivenUp = sync.settings.get('again') === true
  const isOld = sync.io.clock.now() - (await kickedOffAt(round, sync)) > freshMs
  return isOld || isGivenUp ? { next: 'changes' } : {}
}

/**
 * Goes on with the round. Where the server has lost the job of an export that did not become whole, no later run would
 * fare better: that export is set aside, and begun anew at once. A round that a run has begun itself is left as it is, so
 * that a server that loses all jobs gets one a run.
 */
const goOn = async (round: Round, sync: Sync): Promise<Completed> => {
  const next = await after(round, sync)
  const error = await runRound(round, sync)
  if (error === undefined) return next
  const mayBeLost = error instanceof BulkxError && withoutJob.has(error.code)
  if (!mayBeLost || !(await hasLostJob(round, sync))) return { error }
  sync.done.exports.length = 0
  const rest = await takeUp(round, sync)
  if (rest === undefined) return anew(round, sync)
  return { ...next, error: await runRound(rest, sync) }
}

/** `assertAlike` throws where the round, if anything is left of it, is of another question. */
export const completeLeftOver = async (
  round: Round,
  sync: Sync,
  assertAlike: (left: Round | undefined) => Promise<void>,
): Promise<Completed> => {
  const dataset = await datasetOf(sync)
  if (isCommitted(round, dataset)) {
    await assertAlike(round)
    const next = await after(round, sync)
    await closeRound(round, dataset, sync)
    if (sync.settings.get('again'))
      sync.talk.line(
        `round ${firstOf(round).number} was committed already, and is not given up: a new one follows`,
      )
    sync.done.rounds.push({ generation: dataset.generation, full: isBase(round) })
    return next
  }
  const left = await takeUp(round, sync)
  await assertAlike(left)
  if (left === undefined) return anew(round, sync)
  await assertSnapshot(dataset, isBase(left))
  sync.talk.line('an earlier run has left a round unfinished: it is completed first')
  return goOn(left, sync)
}
