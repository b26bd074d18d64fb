/** `bulkx status`: where a job is; asks the server at most once, and fetches nothing. */
import { join } from 'node:path'
import type { Config } from '../../config.js'
import { BulkxError } from '../../errors.js'
import { attachJob } from '../../job/begin.js'
import { exportJob, type Job } from '../../job/export.js'
import { conclude } from '../../job/outcome.js'
import { nextStep } from '../../job/plan.js'
import { type JobState, phaseOf } from '../../job/state.js'
import { onlyLook } from '../../job/steer.js'
import { isUnwritable, seenUnwritten } from '../../job/unwritten.js'
import { isMock } from '../../options/values.js'
import { jobFields, jobLines } from '../describe-job.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { configForJob, configForUrl } from '../job-config.js'
import { datasetText, findJob, type Place } from '../place.js'
import { type Reporter, talkFor } from '../reporter/index.js'
import { jsonReporter } from '../reporter/json.js'
import { afterInterruption, hostFor, observed, openJob, resultFields } from '../run-job.js'
import type { Settings } from '../settings.js'
import { shortPath } from '../show.js'
import { harmless } from '../text.js'
import { directoryOfUrl, withPassingDirectory } from '../url-job.js'

type InDirectory = Extract<Place, { kind: 'directory' }>

const silent: Reporter = {
  begin: () => {},
  event: () => {},
  note: () => {},
  warn: () => {},
  end: () => {},
  close: () => {},
}

const reporterFor = (settings: Settings, io: Io): Reporter =>
  settings.get('json') ? jsonReporter(io) : silent

const mockEnded = (): BulkxError =>
  new BulkxError(
    'BULKX_MOCK_ENDED',
    'The job ran on a mock inside a bulkx process that has ended, and is gone with it',
    {
      hint: 'start anew with `bulkx export --again`',
    },
  )

const assertAlive = (state: JobState): void => {
  const alive = new Set(['in-progress', 'downloading', 'incomplete', 'undecided'])
  if (isMock(state.server) && alive.has(phaseOf(state))) throw mockEnded()
}

const lookAt = async (job: Job, reporter: Reporter, io: Io): Promise<void> => {
  assertAlive(job.state)
  for await (const event of exportJob(job, onlyLook(io.clock.now()))) await reporter.event(event, job.state)
}

interface Look {
  state: JobState
  directory: string
  settings: Settings
  thrown?: unknown
}

/** What there is to say: the message is the error's, or that all is well. */
const ending = async (
  { state: job, directory, settings, thrown }: Look,
  io: Io,
  snapshot?: Snapshot,
): Promise<Ending> => {
  const state = snapshot ? { ...job, transactionTime: snapshot.transactionTime } : job
  const { outcome, error } = conclude(
    state,
    directory,
    settings.get('fail-on') ?? 'error',
    state.store ?? shortPath(directory, io.cwd),
  )
  const failure = snapshot ? await snapshot.failure(thrown ?? error, directory) : (thrown ?? error)
  const message = failure instanceof Error ? failure.message : 'The export is complete'
  const result = { ...resultFields(outcome), message, ...jobFields(state) }
  if (!settings.get('json')) {
    const lines = jobLines(state, { directory, message: failure ? undefined : message, now: io.clock.now() })
    io.stdout.write(`${lines.join('\n')}\n`)
  }
  return { error: failure, result }
}

/** Where nothing is to be asked, nothing is to be written either: no lock, no log, no room on the disk. */
const isWorthAsking = (state: JobState, { files }: Config, now: number): boolean =>
  onlyLook(now)(nextStep(state, files.cleanup, now), state).do !== 'stop'

/** Nobody can be asked, and the job can still be read. */
const isInTheWay = (error: unknown): error is BulkxError =>
  isUnwritable(error) || (error instanceof BulkxError && error.code === 'BULKX_JOB_LOCKED')

const askDirectory = async (place: InDirectory, invocation: Invocation, io: Io): Promise<Look> => {
  const { directory } = place
  // Offline no credential is needed, so none has to be there.
  if (invocation.settings.get('offline'))
    return { state: place.state, directory, settings: invocation.settings }
  const { config, settings } = await configForJob(place.state, directory, invocation, io)
  const known = { state: place.state, directory, settings }
  const talk = await talkFor(settings, io)
  let state = place.state
  try {
    assertAlive(state)
    if (!isWorthAsking(state, config, io.clock.now())) return known
    await using job = await openJob(config, await hostFor(settings, io))
    state = job.state
    const unwritten = ({ message }: BulkxError): void =>
      talk.warning(`what the server says now cannot be written down: ${message}`)
    await lookAt(seenUnwritten(job, unwritten), reporterFor(settings, io), io)
    return { ...known, state }
  } catch (error) {
    if (!isInTheWay(error)) return { ...known, state, thrown: afterInterruption(error, state, directory) }
    talk.line(`${error.message}; this is what is written down`)
    return known
  }
}

const askUrl = (url: string, invocation: Invocation, io: Io): Promise<Ending> =>
  withPassingDirectory(io, async (directory) => {
    const { config, settings } = await configForUrl(url, { directory }, invocation, io)
    if (settings.get('offline')) {
      throw new BulkxError('BULKX_USAGE', '--offline knows nothing of a status URL', {
        hint: 'name a job directory, or leave `--offline` out',
      })
    }
    await using job = await openJob(config, await hostFor(settings, io))
    const reporter = reporterFor(settings, io)
    let thrown: unknown
    try {
      await attachJob(observed(job, silent), url)
      await lookAt(job, reporter, io)
    } catch (error) {
      thrown = error
    }
    const { result, error } = await ending({ state: job.state, directory: '', settings, thrown }, io)
    return { error, result: { ...result, directory: undefined } }
  })

/** What readers of a data set see now, whatever its newest export does. */
interface Snapshot {
  directory: string
  generation: number
  transactionTime?: string
  /** How the data set stands, where its newest export ends like this. */
  failure(ofExport: unknown, newest: string): Promise<unknown>
}

/** Of the data set that was named, if one was; said to people at once. */
const datasetAt = async (place: Place, { settings }: Invocation, io: Io): Promise<Snapshot | undefined> => {
  if (place.kind !== 'directory' || place.dataset === undefined) return undefined
  const { currentName } = await import('../../sync/dataset.js')
  const { standingError, standingOf } = await import('../sync/standing.js')
  const standing = await standingOf(place.dataset)
  const { generation, transactionTime = '' } = standing.dataset
  const current = shortPath(join(place.dataset, currentName), io.cwd)
  const time = harmless(transactionTime)
  if (!settings.get('json'))
    io.stdout.write(
      generation === 0
        ? 'there is no snapshot yet: no round is finished\n'
        : `${current} is generation ${generation}, of ${time}\n`,
    )
  return {
    directory: place.dataset,
    generation,
    transactionTime: time || undefined,
    failure: (failure, newest) => standingError(standing, { failure, newest }, io),
  }
}

export const run: Run = async (invocation, io) => {
  const found = await findJob(invocation.args[0], invocation.command, io)
  const inDataset = datasetText(found, io)
  if (inDataset !== undefined) (await talkFor(invocation.settings, io)).line(inDataset)
  const snapshot = await datasetAt(found, invocation, io)
  const place = found.kind === 'url' ? await directoryOfUrl(found.url, io) : found
  if (!place) return found.kind === 'url' ? askUrl(found.url, invocation, io) : {}
  const { result, error } = await ending(await askDirectory(place, invocation, io), io, snapshot)
  if (snapshot === undefined) return { error, result }
  const { failure: _failure, ...dataset } = snapshot
  return { error, result: { ...result, dataset } }
}
