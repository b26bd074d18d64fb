/** `bulkx sync`: export since the last time into a data set, then merge its snapshot. */
import type { Config } from '../../config.js'
import { BulkxError } from '../../errors.js'
import { readJob } from '../../job/directory.js'
import { hasTime } from '../../job/question.js'
import { phaseOf } from '../../job/state.js'
import { switchBack } from '../../sync/current.js'
import { type Dataset, exportPath, openDataset } from '../../sync/dataset.js'
import { removeDropped } from '../../sync/dropped.js'
import { firstOf, type Round, readRound, removeRound } from '../../sync/round.js'
import { isSameSeries, seriesOf, seriesWords } from '../../sync/series.js'
import { resolveConfig, settingsFor } from '../config.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { startMock } from '../mock-server.js'
import { describeSources } from '../profile-words.js'
import { startText, talkFor, warner } from '../report/index.js'
import type { Settings } from '../settings.js'
import { shortPath, targetName } from '../show.js'
import { printOnly } from '../start-export.js'
import { datasetOf, type Sync } from '../sync/context.js'
import { asOwnError } from '../sync/endings.js'
import { lockDataset } from '../sync/lock.js'
import { assertNoExport, assertSwitchable } from '../sync/place.js'
import { beginRound, closeRound, isCommitted, runRound, takeUp } from '../sync/round.js'
import { setAside } from '../sync/set-aside.js'
import { noSince } from '../sync/since.js'
import { summaryLine } from '../sync/words.js'
import { parseTarget, targetText } from '../target.js'
import { harmless } from '../text.js'
import { isMock } from '../values.js'

/** A round that was kicked off longer ago brings data that are no longer new, milliseconds. */
const freshMs = 60 * 60_000

const assertNoTimes = ({ kickOff }: Config): void => {
  if (!hasTime(kickOff, 'since') && !hasTime(kickOff, 'until')) return
  throw new BulkxError(
    'BULKX_USAGE',
    'A data set keeps its own time: _since and _until are no parameters of it',
    {
      hint: 'leave them out; `--full` exports everything again',
    },
  )
}

const assertSeries = (present: Sync['series'] | undefined, { series, shown }: Sync, hint: string): void => {
  if (present === undefined || isSameSeries(present, series)) return
  const message = `${shown} is of another question: there ${seriesWords(present)}, asked ${seriesWords(series)}`
  throw new BulkxError('BULKX_OTHER_JOB', message, { hint })
}

const otherSeries = 'a new question needs a data set of its own: choose another directory with --out'

const assertSameQuestion = (dataset: Dataset, round: Round | undefined, sync: Sync): void => {
  assertSeries(dataset.series, sync, otherSeries)
  const hint =
    dataset.generation === 0
      ? `${otherSeries}; or give up the round that is under way with --again`
      : otherSeries
  assertSeries(round?.series, sync, hint)
}

/** `--again`: the round that is under way is given up, its exports stay beside it. */
const giveUp = async (sync: Sync): Promise<void> => {
  const round = await readRound(sync.config.directory).catch((error: unknown) => {
    if (error instanceof BulkxError && error.code === 'BULKX_CONFIG') return undefined
    throw error
  })
  if (round && isCommitted(round, await datasetOf(sync))) return
  for (const { number } of round?.exports ?? []) await setAside(sync, number)
  await removeRound(sync.config.directory)
}

const kickedOffAt = async (round: Round, { config }: Sync): Promise<number> =>
  (await readJob(exportPath(config.directory, firstOf(round).number)))?.acceptedAt ?? 0

/** The round that an earlier run has left, ready to be gone on with. */
const leftOver = async (sync: Sync): Promise<Round | undefined> => {
  const round = await readRound(sync.config.directory)
  if (round === undefined) return undefined
  const ready = isCommitted(round, await datasetOf(sync)) ? round : await takeUp(round, sync)
  assertSameQuestion(await datasetOf(sync), ready, sync)
  return ready
}

/** Completes what an earlier run has left. Resolves to what ends the run now, and whether a round is to follow. */
const complete = async (round: Round, sync: Sync): Promise<{ error?: unknown; more: boolean }> => {
  const isOld = sync.io.clock.now() - (await kickedOffAt(round, sync)) > freshMs
  const isFullDone = sync.settings.get('full') !== true || firstOf(round).role === 'base'
  const dataset = await datasetOf(sync)
  if (isCommitted(round, dataset)) {
    await closeRound(round, dataset, sync)
    sync.done.rounds.push({ generation: dataset.generation, full: firstOf(round).role === 'base' })
    return { more: isOld || !isFullDone }
  }
  sync.talk.line('an earlier run has left a round unfinished: it is completed first')
  const error = await runRound(round, sync)
  return { error, more: isOld || !isFullDone }
}

/** The rounds of a run: one that was left over, and a new one where that is not of today. */
const runRounds = async (sync: Sync): Promise<unknown> => {
  assertSameQuestion(await datasetOf(sync), undefined, sync)
  if (sync.settings.get('again')) await giveUp(sync)
  const left = await leftOver(sync)
  let full = sync.settings.get('full') === true
  if (left) {
    const { error, more } = await complete(left, sync)
    if (error !== undefined || !more) return error
    full = full && firstOf(left).role !== 'base'
  }
  return runRound(await beginRound(await datasetOf(sync), full, sync), sync)
}

const sayStart = (dataset: Dataset, { config, settings, shown, talk }: Sync): void => {
  const start = startText({
    command: 'sync',
    server: config.server,
    target: targetName(config.kickOff.target),
    directory: shown,
    profile: describeSources(settings),
  })
  const { transactionTime } = dataset
  talk.line(
    transactionTime === undefined
      ? `${start}, a new data set`
      : `${start}, which is of ${harmless(transactionTime)}`,
  )
}

const countsOf = ({ done }: Sync) => done.rounds.at(-1)?.counts

const resultOf = async (sync: Sync) => {
  const { generation, transactionTime, snapshot } = await datasetOf(sync)
  const { rounds, exports } = sync.done
  const last = rounds.at(-1)
  return {
    directory: sync.config.directory,
    generation,
    transactionTime,
    snapshot,
    counts: last?.counts,
    members: last?.members,
    rounds,
    exports,
  }
}

/** Where the round is that is under way: the word of its newest export. */
const phaseNow = async (sync: Sync): Promise<string> => {
  const newest = (await (await datasetOf(sync)).exports()).at(-1)
  const state = newest === undefined ? undefined : await readJob(exportPath(sync.config.directory, newest))
  return state === undefined ? 'new' : phaseOf(state)
}

const endOf = async (error: unknown, sync: Sync): Promise<Ending> => {
  const { io, settings, config, shown } = sync
  const known = { phase: await phaseNow(sync), ...(await resultOf(sync)) }
  if (sync.done.rounds.length > 0 && error === undefined)
    io.stderr.write(`${summaryLine(shown, await datasetOf(sync), countsOf(sync))}\n`)
  // Where no kick-off was taken there is nothing yet to go on with.
  if (known.generation > 0 || known.phase !== 'new')
    if (!settings.get('json')) io.stdout.write(`${config.directory}\n`)
  return { error, result: known }
}

const runLocked = async (sync: Sync): Promise<Ending> => {
  const { config, settings, io, talk } = sync
  const waitMs = settings.get('wait-for-lock') ?? 0
  const lock = await lockDataset(config.directory, { waitMs, io, onWait: (text) => talk.line(text) })
  try {
    await assertSwitchable(config.directory, io)
    await removeDropped(config.directory)
    const dataset = await datasetOf(sync)
    sayStart(dataset, sync)
    try {
      await switchBack(dataset)
      return await endOf(await runRounds(sync), sync)
    } catch (error) {
      return { error: asOwnError(error), result: await resultOf(sync).catch(() => ({})) }
    }
  } finally {
    await lock.release()
  }
}

const contextOf = async (config: Config, settings: Settings, io: Io): Promise<Sync> => {
  const talk = await talkFor(settings, io)
  return {
    io,
    settings,
    config,
    series: seriesOf(config.server, targetText(config.kickOff.target), config.kickOff),
    shown: shortPath(config.directory, io.cwd),
    talk,
    warn: warner(talk, settings, io),
    done: { exports: [], rounds: [] },
  }
}

/** The request that the next round would begin with: nothing is written, and nobody is asked. */
const next = async (sync: Sync): Promise<Config> => {
  const { config, settings } = sync
  const dataset = await openDataset(config.directory)
  const round = await readRound(config.directory)
  assertSameQuestion(dataset, round, sync)
  const isFull = settings.get('full') === true || noSince(dataset, sync) !== undefined
  const everything = settings.preset?.row.advice.withoutSince?.everything
  const fresh = isFull ? everything : (dataset.transactionTime ?? everything)
  const since = round && !settings.get('again') ? round.since : fresh
  return since === undefined ? config : Object.freeze({ ...config, kickOff: { ...config.kickOff, since } })
}

const prepare = async ({ settings: given, args }: Invocation, io: Io): Promise<Sync> => {
  const settings = settingsFor(given, parseTarget(args[0]))
  const config = await resolveConfig(settings, args[0], io)
  assertNoTimes(config)
  await assertNoExport(config.directory, io)
  return contextOf(config, settings, io)
}

export const run: Run = async (invocation, io) => {
  const sync = await prepare(invocation, io)
  const { config, settings } = sync
  if (settings.get('print-config') || settings.get('dry-run')) {
    const printed = await printOnly({ config: await next(sync), settings }, io)
    if (printed) return printed
  }
  const mock = isMock(config.server) ? await startMock(config.server, io) : undefined
  try {
    return await runLocked(mock ? { ...sync, config: { ...config, fhirUrl: mock.fhirUrl } } : sync)
  } finally {
    await mock?.close()
  }
}
