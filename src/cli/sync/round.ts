/** One round of a data set: its exports, the merge, the switch. Whatever ends it, the same command goes on. */
import { BulkxError } from '../../errors.js'
import { dataTimeOf, insteadWords } from '../../job/data-time.js'
import { readJob } from '../../job/directory.js'
import { type JobState, phaseOf } from '../../job/state.js'
import { commitRound } from '../../sync/commit.js'
import { type Dataset, exportPath } from '../../sync/dataset.js'
import { writeKnownMembers } from '../../sync/known-members.js'
import { type Merged, mergeRound } from '../../sync/merge.js'
import { wholeOldFiles } from '../../sync/old-files.js'
import { planRound } from '../../sync/plan-round.js'
import { firstOf, generationOf, type Round, removeRound, writeRound } from '../../sync/round.js'
import { asRoundError } from '../../sync/round-advice.js'
import { shortPath, targetName } from '../show.js'
import { count, harmless } from '../text.js'
import { datasetOf, type Sync } from './context.js'
import { runExport } from './exports.js'
import { namedIds, removedBy, returnedIn, seeMembers } from './group.js'

import { type NewcomersEnd, runNewcomers } from './newcomers.js'
import { roundFindings } from './round-findings.js'
import { isLost, setAside } from './set-aside.js'
import { noSince } from './since.js'
import { mergedLine, mergeWarnings, roundLine } from './words.js'

const placeOf = ({ config, io }: Sync, number: number): string =>
  shortPath(exportPath(config.directory, number), io.cwd)

/** What the round asks first: the question of the series, since when it says. */
const questionOf = ({ config: { kickOff } }: Sync, { since }: Round) =>
  since === undefined ? kickOff : { ...kickOff, since }

/** What is merged into a snapshot needs it: said before anything is asked of a server. */
export const assertSnapshot = async (dataset: Dataset, isBase: boolean): Promise<void> => {
  if (!isBase) await wholeOldFiles(dataset)
}

/** The plan of a new round, durable before anything of it is begun. */
export const beginRound = async (dataset: Dataset, full: boolean, sync: Sync): Promise<Round> => {
  const reason = noSince(dataset, sync)
  const isBase = full || reason !== undefined || dataset.transactionTime === undefined
  await assertSnapshot(dataset, isBase)
  const { members, changes } = await seeMembers(dataset, isBase, sync)
  const everything = sync.settings.preset?.row.advice.withoutSince?.everything
  const round = await planRound({
    dataset,
    series: sync.series,
    full: isBase,
    everything,
    members,
    changes,
  })
  await writeRound(sync.config.directory, round)
  if (reason !== undefined) sync.warn(reason)
  return round
}

/**
 * What an earlier run has left of a round, ready to be gone on with; undefined where its first export came to nothing,
 * and so leaves its number.
 */
export const takeUp = async (round: Round, sync: Sync): Promise<Round | undefined> => {
  const first = firstOf(round)
  for (const { number } of round.exports) {
    const state = await readJob(exportPath(sync.config.directory, number))
    const isNothing = state === undefined || phaseOf(state) === 'new'
    if (!isNothing && !isLost(state)) continue
    if (!isNothing) sync.talk.line(`${placeOf(sync, number)} came to nothing: it is begun anew`)
    await setAside(sync, number)
    if (number !== first.number) continue
    await removeRound(sync.config.directory)
    return undefined
  }
  return round
}

/** The newcomers' exports; the round without those that the server will not give. */
const runAllNewcomers = async (
  round: Round,
  sync: Sync,
): Promise<{ round: Round; missing?: string } | { error: unknown }> => {
  const pending: string[] = []
  const had = [firstOf(round)]
  let missing: string | undefined
  for (const planned of round.exports.slice(1)) {
    // What was refused for some is refused for all.
    const end: NewcomersEnd = missing === undefined ? await runNewcomers(sync, planned) : { missing }
    if ('missing' in end) {
      missing = end.missing
      pending.push(...(planned.patients ?? []))
    } else if (end.ending.error) {
      return { error: asRoundError(end.ending.error, placeOf(sync, planned.number)) }
    } else had.push(planned)
  }
  if (missing === undefined) return { round }
  const rest = { ...round, exports: had, pending: [...round.pending, ...pending] }
  await writeRound(sync.config.directory, rest)
  return { round: rest, missing }
}

const missingError = (round: Round, missing: string | undefined, sync: Sync): BulkxError | undefined => {
  if (round.pending.length === 0) return undefined
  const { config } = sync
  const why = missing === undefined ? '' : `: ${missing}`
  const who = `${count(round.pending.length, 'patient')} new in ${targetName(config.kickOff.target)}`
  return new BulkxError(
    'BULKX_FINDINGS',
    `The snapshot is up to date, but lacks the history of ${who}, ${namedIds(round.pending)}${why}`,
    {
      hint: 'the next run tries again; `--full` exports everybody, `--fail-on never` ends 0 all the same',
    },
  )
}

const merge = async (round: Round, sync: Sync): Promise<{ merged: Merged; dataset: Dataset }> => {
  const dataset = await datasetOf(sync)
  const removed = await removedBy(round, sync)
  const { signal } = sync.io
  const exports = round.exports.map(({ number, role }) => ({ number, role }))
  const newcomers = round.exports.flatMap(({ patients = [] }) => patients)
  const returned = await returnedIn(newcomers, sync)
  const order = {
    dataset,
    exports,
    signal,
    ...(removed.length > 0 ? { removed } : {}),
    ...(returned.length > 0 ? { returned } : {}),
  }
  return { merged: await mergeRound(order), dataset }
}

/** What is known of the members, and the end of the plan: after it, the round is history. */
export const closeRound = async (round: Round, dataset: Dataset, sync: Sync): Promise<void> => {
  const removed = dataset.rounds.at(-1)?.removed ?? []
  await writeKnownMembers(sync.config.directory, round, removed)
  await removeRound(sync.config.directory)
}

/** Undefined where everything was exported: what is gone is found by the difference. */
const tellsDeletions = (
  round: Round,
  { listsDeletions }: JobState,
  { settings }: Sync,
): boolean | undefined =>
  firstOf(round).role === 'delta'
    ? listsDeletions && settings.preset?.row.advice.noDeletions !== true
    : undefined

/** Resolves to what keeps the round from being committed. */
const commit = async (round: Round, first: JobState, sync: Sync): Promise<unknown> => {
  const { merged, dataset } = await merge(round, sync)
  const found = await roundFindings(merged, sync)
  if (found) return found
  const { text: transactionTime, instead } = dataTimeOf(first)
  const { series, settings, talk, warn } = sync
  const committed = await commitRound({
    dataset,
    merged,
    transactionTime,
    series,
    keep: settings.get('keep'),
  })
  await closeRound(round, committed, sync)
  if (instead !== undefined)
    talk.line(
      `the next round asks since ${transactionTime}, the kick-off: ${harmless(insteadWords(instead, first))}`,
    )
  talk.line(mergedLine(merged.counts))
  for (const warning of mergeWarnings(merged)) warn(warning)
  const newcomers = round.exports.flatMap(({ patients = [] }) => patients)
  sync.done.rounds.push({
    generation: committed.generation,
    full: firstOf(round).role === 'base',
    counts: merged.counts,
    deletionsTold: tellsDeletions(round, first, sync),
    members:
      round.members === undefined
        ? undefined
        : { new: newcomers.length, departed: round.departed?.length, missing: round.pending.length },
  })
  return undefined
}

/** Who asks later why the data set stands still finds it in the plan. */
const noteBlocked = async (round: Round, error: unknown, { config }: Sync): Promise<void> => {
  if (!(error instanceof BulkxError)) return
  const { code, message, hint } = error
  // A disk that takes nothing keeps no reasons either.
  await writeRound(config.directory, { ...round, blocked: { code, message, hint } }).catch(() => {})
}

/**
 * Runs the round, or goes on with it, to its end. Resolves to what ends the run with another code than 0; with a
 * finding as that, the round is committed all the same.
 */
export const runRound = async (round: Round, sync: Sync): Promise<unknown> => {
  sync.talk.line(roundLine(round))
  const planned = firstOf(round)
  const first = await runExport(sync, planned, questionOf(sync, round))
  if (first.ending.error) return asRoundError(first.ending.error, placeOf(sync, planned.number))
  const newcomers = await runAllNewcomers(round, sync)
  if ('error' in newcomers) return newcomers.error
  const uncommitted = await commit(newcomers.round, first.state, sync)
  if (uncommitted) {
    await noteBlocked(newcomers.round, uncommitted, sync)
    return uncommitted
  }
  const missing = missingError(newcomers.round, newcomers.missing, sync)
  if (missing === undefined || sync.config.files.failOn !== 'never') return missing
  sync.warn({ kind: 'newcomers-missing', message: missing.message, hint: missing.hint })
  return undefined
}

/** Whether the round was committed before the process that did so could say it. */
export const isCommitted = (round: Round, { generation }: Dataset): boolean =>
  generation === generationOf(round)
