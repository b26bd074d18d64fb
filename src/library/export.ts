/** An export in one call: as a stream of facts, or as a promise of its result. */
import { BulkxError } from '../errors.js'
import { exportJob as factsOf, type Job, type Steer } from '../job/export.js'
import type { JobEvent, Outcome } from '../job/facts.js'
import { shownDirectory } from '../job/next-command.js'
import { conclude } from '../job/outcome.js'
import { isObject } from '../json.js'
import { type OpenJob, openJob } from '../open-job.js'
import { adviceFor } from '../preset-advice.js'
import { spelling } from '../spelling.js'
import { begin, setAside } from './begin.js'
import { configFor, presetOf } from './config.js'
import { assertRun, hostFor, type RunOptions } from './host.js'
import { leaving } from './leaving.js'
import type { ExportOptions } from './options.js'
import { inLibraryWords, libraryWords } from './words.js'

/** How far a job is taken. */
export interface JobRunOptions {
  /** Changes a step before it is taken: `kickOffOnly`, `lookOnce`. Stopped early, a job is no failure. */
  steer?: Steer
}

/** Sees each fact after it is durable; the job stands still until it has returned. */
export type OnFact = (fact: JobEvent) => void | Promise<void>

const concluded = (job: Job, steer: Steer | undefined): Outcome => {
  const { directory, files } = job.config
  const { outcome, error } = conclude(job.state, directory, files.failOn, shownDirectory(job.config))
  const isGood = error?.code === 'BULKX_FINDINGS' || (steer && error?.code === 'BULKX_STILL_RUNNING')
  if (error && !isGood) throw error
  return outcome
}

async function* ofOpenJob(
  job: Job,
  run: JobRunOptions,
  leave: AbortController,
): AsyncGenerator<JobEvent, Outcome> {
  assertRun(run, ['steer'], true)
  const { steer } = run
  if (job.state.exportId === '')
    throw new BulkxError('BULKX_USAGE', 'The job was opened, and not begun', {
      hint: "begin it first: `await beginJob(job, 'export')`",
    })
  const signal = job.signal ? AbortSignal.any([job.signal, leave.signal]) : leave.signal
  yield* factsOf({ ...job, signal }, steer)
  return concluded(job, steer)
}

/** What looks mistyped, and what the preset has to say, belongs before the request. */
const sayAdvice = ({ config, state, clock }: Job, { onNotice }: RunOptions): void => {
  if (state.acceptedAt !== 0) return
  const preset = presetOf(config)
  const asked = { kickOff: config.kickOff, trustedOrigins: config.network.trustedOrigins }
  const advice = preset ? adviceFor(preset, asked) : []
  for (const { kind, message, hint } of [...spelling(config.kickOff, clock.now()), ...advice])
    onNotice?.({ kind, message: libraryWords(message), hint: libraryWords(hint) })
}

async function* ofOptions(
  options: ExportOptions,
  run: RunOptions,
  leave: AbortController,
): AsyncGenerator<JobEvent, Outcome> {
  assertRun(run)
  run.signal?.throwIfAborted()
  const signal = run.signal ? AbortSignal.any([run.signal, leave.signal]) : leave.signal
  let job: OpenJob | undefined
  try {
    const host = hostFor({ ...run, signal })
    const config = await configFor(options)
    if (options.again) await setAside(config, host, run.onNotice)
    job = await openJob(config, host)
    const begun = await begin(job, options)
    sayAdvice(job, run)
    yield* begun
    return yield* ofOpenJob(job, {}, leave)
  } catch (error) {
    throw inLibraryWords(error)
  } finally {
    leave.abort(new BulkxError('BULKX_INTERRUPTED', 'The export was left'))
    await job?.close()
  }
}

const isJob = (what: ExportOptions | Job): what is Job =>
  isObject(what) && 'record' in what && 'state' in what

/**
 * An export as a stream of its facts: each is durable in the job's journal before it is yielded. Opens the job's
 * directory, takes its lock, begins the job or goes on with the one that is there, and closes it at the end, also when
 * the loop over it is left early: the job then goes on at the server, and the same call goes on with it.
 *
 * Ends when all that the server listed is on disk, findings or not, and returns the result (`exitCode` 0 or 10).
 * Otherwise it throws: a `BulkxError` whose `code` and `exitCode` say how the job stands (`BULKX_USAGE` and
 * `BULKX_CONFIG` before anything is sent, `BULKX_JOB_LOCKED` when somebody else works in the directory,
 * `BULKX_OTHER_JOB` and `BULKX_FINISHED` where another or a finished export stands), or the signal's reason.
 *
 * With a job of `openJob`, which the caller has begun and will close, it takes that as far as it goes.
 */
export function exportJob(options: ExportOptions, run?: RunOptions): AsyncGenerator<JobEvent, Outcome>
export function exportJob(job: Job, run?: JobRunOptions): AsyncGenerator<JobEvent, Outcome>
export function exportJob(
  what: ExportOptions | Job,
  run: RunOptions & JobRunOptions = {},
): AsyncGenerator<JobEvent, Outcome> {
  return leaving((leave) => (isJob(what) ? ofOpenJob(what, run, leave) : ofOptions(what, run, leave)))
}

/**
 * The same export as a promise of its result. Resolves when all that the server listed is on disk, findings or not
 * (`exitCode` 0 or 10); rejects as `exportJob` throws.
 */
export function runExport(options: ExportOptions, run?: RunOptions & { onFact?: OnFact }): Promise<Outcome>
export function runExport(job: Job, run?: JobRunOptions & { onFact?: OnFact }): Promise<Outcome>
export async function runExport(
  what: ExportOptions | Job,
  options: RunOptions & JobRunOptions & { onFact?: OnFact } = {},
): Promise<Outcome> {
  assertRun(options, isJob(what) ? ['steer', 'onFact'] : ['onFact'], isJob(what))
  const { onFact, ...run } = options
  const facts: AsyncIterator<JobEvent, Outcome> = leaving((leave) =>
    isJob(what) ? ofOpenJob(what, run, leave) : ofOptions(what, run, leave),
  )
  for (;;) {
    const { done, value } = await facts.next()
    if (done) return value
    try {
      await onFact?.(value)
    } catch (error) {
      await facts.return?.()
      throw error
    }
  }
}
