/** `bulkx sync`: export since the last time into a data set, then merge its snapshot. */
import type { Config } from '../../config.js'
import { BulkxError } from '../../errors.js'
import { readJob } from '../../job/directory.js'
import { hasTime } from '../../job/question.js'
import { phaseOf } from '../../job/state.js'
import { parseTarget, targetText } from '../../options/target.js'
import { isMock } from '../../options/values.js'
import { switchBack } from '../../sync/current.js'
import { type Dataset, exportPath, openDataset } from '../../sync/dataset.js'
import { removeDropped } from '../../sync/dropped.js'
import { type Round, readRound, removeRound } from '../../sync/round.js'
import { isSameSeries, otherTypes, seriesOf, seriesWords } from '../../sync/series.js'
import { resolveConfig, settingsFor } from '../config.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { startMock } from '../mock-server.js'
import { describeSources } from '../profile-words.js'
import { startText, talkFor, warner } from '../reporter/index.js'
import type { Settings } from '../settings.js'
import { shortPath, targetName } from '../show.js'
import { printOnly } from '../start-export.js'
import { withAge } from '../sync/age.js'
import { datasetOf, type Sync } from '../sync/context.js'
import { asOwnError } from '../sync/endings.js'
import { type Completed, completeLeftOver } from '../sync/left-over.js'
import { lockDataset } from '../sync/lock.js'
import { assertNoExport, assertSwitchable } from '../sync/place.js'
import { beginRound, isCommitted, runRound } from '../sync/round.js'
import { setAside } from '../sync/set-aside.js'
import { noSince } from '../sync/since.js'
import { summaryLine, untoldLine } from '../sync/words.js'
import { harmless } from '../text.js'

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
  const types = otherTypes(present, series)
  const same =
    types && `\`--type ${types.join(',')}\` goes on with the types that were chosen at its beginning; `
  throw new BulkxError('BULKX_OTHER_JOB', message, { hint: `${same ?? ''}${hint}` })
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

/** The rounds of a run: one that was left over, and a new one where that is not of today. */
const runRounds = async (sync: Sync): Promise<unknown> => {
  const { config, settings } = sync
  const assertAlike = async (left: Round | undefined): Promise<void> =>
    assertSameQuestion(await datasetOf(sync), left, sync)
  await assertAlike(undefined)
  if (settings.get('again')) await giveUp(sync)
  const left = await readRound(config.directory)
  const wanted: Completed = { next: settings.get('full') === true ? 'everything' : 'changes' }
  const { error, next } = left ? await completeLeftOver(left, sync, assertAlike) : wanted
  if (error !== undefined || next === undefined) return error
  return runRound(await beginRound(await datasetOf(sync), next === 'everything', sync), sync)
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
  const { rounds, exports, setAside } = sync.done
  const last = rounds.at(-1)
  return {
    directory: sync.config.directory,
    generation,
    transactionTime,
    snapshot,
    counts: last?.counts,
    members: last?.members,
    deletionsTold: last?.deletionsTold,
    rounds,
    exports,
    setAside: setAside.length === 0 ? undefined : setAside,
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
  if (sync.done.rounds.some(({ deletionsTold }) => deletionsTold === false)) sync.talk.line(untoldLine)
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

/** However it ends, whoever reads it at night knows how old the data are. */
const runAged = async (sync: Sync): Promise<Ending> => {
  try {
    const { error, result } = await runLocked(sync)
    return { error: await withAge(error, sync), result }
  } catch (error) {
    throw await withAge(error, sync)
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
    done: { exports: [], rounds: [], setAside: [] },
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

/** A merge reads and writes snapshots in place, and switches a link. */
const assertOnDisk = ({ store }: Config): void => {
  if (store === undefined) return
  throw new BulkxError('BULKX_USAGE', `A data set needs a disk, and ${store} is an object store`, {
    hint: 'name a directory with --out; `bulkx export --out` takes a store',
  })
}

const prepare = async ({ settings: given, args }: Invocation, io: Io): Promise<Sync> => {
  const settings = settingsFor(given, parseTarget(args[0]))
  const config = await resolveConfig(settings, args[0], io)
  assertNoTimes(config)
  assertOnDisk(config)
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
    return await runAged(mock ? { ...sync, config: { ...config, fhirUrl: mock.fhirUrl } } : sync)
  } finally {
    await mock?.close()
  }
}
