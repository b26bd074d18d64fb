/** A job from opening to result, as `export`, `kickoff` and `resume` all run it. */
import type { Config } from '../config.js'
import { BulkxError, type ErrorCode } from '../errors.js'
import { readJob } from '../job/directory.js'
import { exportJob, type Job, type Steer } from '../job/export.js'
import type { Outcome } from '../job/facts.js'
import { shellWord } from '../job/next-command.js'
import { conclude, undecided } from '../job/outcome.js'
import { type JobState, newState, phaseOf } from '../job/state.js'
import type { Host, OpenJob } from '../open-job.js'
import { isMock } from '../options/values.js'
import { spelling } from '../spelling.js'
import { explain, explanationLines, plainPaint } from './explain.js'
import type { Ending } from './invocation.js'
import type { Io } from './io.js'
import { rememberJob } from './job-list.js'
import { adviceOf, withPresetHint } from './preset-words.js'
import { describeSources, passedOverText } from './profile-words.js'
import { createReporter, type Reporter, talkFor, type Warning, warner } from './reporter/index.js'
import type { Settings } from './settings.js'
import { shortPath, targetName } from './show.js'
import { withSpellingHint } from './spelling.js'
import { count } from './text.js'

export interface JobRun {
  command: string
  config: Config
  settings: Settings
  /** Creates the job or goes on with it; `done` when there is nothing to run. */
  begin: (job: Job, reporter: Reporter) => Promise<'run' | 'done'>
  steer?: Steer
  /** Further fields of the lines of `--json`. */
  marks?: Readonly<Record<string, unknown>>
  /** What is said after the first line. */
  opening?: readonly string[]
  /** For the first line, where the question is not known. */
  target?: string
  /** The run is as it should be although the job is not complete: a kick-off, for one. */
  isGood?: (state: JobState) => boolean
  /** What an interruption means, where another command goes on than `resume`. */
  interrupted?: (error: unknown) => unknown
  /** The last words of a good run. */
  farewell?: (state: JobState, directory: string) => string | undefined
  /** Further fields of the `result`. */
  fields?: (state: JobState) => Readonly<Record<string, unknown>>
}

/** The engine and its HTTP client are loaded where a job is opened: whoever only reads one starts twice as fast. */
export const openJob = async (config: Config, host: Host): Promise<OpenJob> => {
  const engine = await import('../open-job.js')
  return engine.openJob(config, host)
}

/** What the engine needs of this process. Without a reporter, warnings go where they would go with one. */
export const hostFor = async (
  settings: Settings,
  io: Io,
  reporter?: Pick<Reporter, 'warn' | 'note'>,
): Promise<Host> => {
  const talk = await talkFor(settings, io)
  const warn = reporter ? (warning: Warning): void => reporter.warn(warning) : warner(talk, settings, io)
  return {
    onNotice: (notice) => warn(notice),
    onNote: (text) => reporter?.note(text),
    clock: io.clock,
    random: io.random,
    signal: io.signal,
    self: io.process,
    env: io.env,
    exchange: io.exchange,
    trace: settings.get('verbose') ? (line) => (reporter ? reporter.note(line) : talk.line(line)) : undefined,
  }
}

const endWords: Partial<Record<ErrorCode, string>> = {
  BULKX_INTERRUPTED: 'Interrupted',
  BULKX_TERMINATED: 'Ended by SIGTERM',
  BULKX_HANGUP: 'Ended by SIGHUP',
}

/** What an interruption means for the job, and how to go on. */
export const afterInterruption = (error: unknown, state: JobState, directory: string): unknown => {
  const words = error instanceof BulkxError ? endWords[error.code] : undefined
  if (!(error instanceof BulkxError) || words === undefined) return error
  const place = shellWord(directory)
  const again = (message: string, hint: string | undefined): BulkxError =>
    new BulkxError(error.code, `${words}${message}`, { hint })
  const phase = phaseOf(state)
  if (phase === 'undecided')
    return again('; whether the server has taken the kick-off is not known', undecided(place).hint)
  if (phase === 'new') return again(' before anything was started', 'run the same command again')
  if (phase === 'complete')
    return again('; every file is on disk', `\`bulkx resume ${place}\` cleans up on the server`)
  if (isMock(state.server)) {
    return again('; the mock has ended with this process, and the job with it', 'start anew with --again')
  }
  const files = [...state.files.values()]
  const here = files.filter(({ status }) => status === 'completed').length
  const where =
    phase === 'in-progress'
      ? 'the job goes on at the server'
      : `${here} of ${count(files.length, 'file')} are on disk`
  return again(
    `; ${where}`,
    `continue with \`bulkx resume ${place}\`, stop it with \`bulkx cancel ${place}\``,
  )
}

/** The fields of a `result`, on failure too as far as they are known. */
export const resultFields = ({
  exitCode: _exitCode,
  ...outcome
}: Outcome): Readonly<Record<string, unknown>> => ({
  ...outcome,
})

/** Facts that a command records itself are reported like those of the loop. */
export const observed = (job: Job, reporter: Reporter): Job => ({
  ...job,
  record: async (facts) => {
    const events = await job.record(facts)
    for (const event of events) await reporter.event(event, job.state)
    return events
  },
})

const remember = async (job: Job, reporter: Reporter, io: Io): Promise<void> => {
  try {
    await rememberJob(job.state, job.config.directory, io)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    reporter.note(`the job list cannot be written, \`bulkx jobs\` will not know this job: ${reason}`)
  }
}

/** The first Ctrl-C does not lose the answer to a kick-off. */
const watchInterruption = (job: Job, reporter: Reporter, signal: AbortSignal): (() => void) => {
  const say = (): void => {
    if (job.state.undecided) {
      reporter.note(
        'waiting for the answer to the kick-off, or its job would be lost; once more ends at once',
      )
    }
  }
  signal.addEventListener('abort', say, { once: true })
  return () => signal.removeEventListener('abort', say)
}

/** Of a run that a second signal ends before it could end itself. */
const lastWords = (run: JobRun, state: JobState, reason: unknown, io: Io): string[] => {
  const shown = run.config.shownAs ?? shortPath(run.config.directory, io.cwd)
  const error = afterInterruption(reason, state, shown)
  return explanationLines(explain(run.interrupted?.(error) ?? error), plainPaint)
}

/** True when the job was begun: from then on the directory is this job's. */
const runOpen = async (
  run: JobRun,
  job: Job,
  reporter: Reporter,
  io: Io,
  onBegun: () => void,
): Promise<void> => {
  reporter.watch?.(job.progress)
  const unwatch = watchInterruption(job, reporter, io.signal)
  io.atSecondSignal((reason) => lastWords(run, job.state, reason, io))
  try {
    const begun = await run.begin(observed(job, reporter), reporter)
    onBegun()
    await remember(job, reporter, io)
    if (begun === 'done') return
    // Of a job that was kicked off elsewhere, nobody knows the question.
    if (phaseOf(job.state) === 'new' && job.state.kickOff)
      for (const warning of spelling(job.state.kickOff, io.clock.now())) reporter.warn(warning)
    if (job.state.kickOff) for (const line of adviceOf(run, phaseOf(job.state))) reporter.warn(line)
    for await (const event of exportJob(job, run.steer)) await reporter.event(event, job.state)
  } finally {
    unwatch()
  }
}

interface Ran {
  state?: JobState
  begun: boolean
  thrown?: { error: unknown }
}

const openAndRun = async (run: JobRun, reporter: Reporter, io: Io): Promise<Ran> => {
  const ran: Ran = { begun: false }
  try {
    await using job = await openJob(run.config, await hostFor(run.settings, io, reporter))
    ran.state = job.state
    await runOpen(run, job, reporter, io, () => {
      ran.begun = true
    })
  } catch (error) {
    ran.thrown = { error }
  }
  return ran
}

/** What was thrown, if anything was, decides how the run ends; otherwise how the job stands. */
const sayConclusion = (
  run: JobRun,
  { thrown, begun }: Ran,
  state: JobState,
  reporter: Reporter,
  io: Io,
): Ending => {
  const { directory, files } = run.config
  const shown = run.config.shownAs ?? shortPath(directory, io.cwd)
  const conclusion = conclude(state, directory, files.failOn, shown)
  const result = { ...resultFields(conclusion.outcome), ...run.fields?.(state) }
  if (thrown) {
    if (begun) reporter.end({ outcome: conclusion.outcome }, state)
    return { error: afterInterruption(thrown.error, state, shown), result }
  }
  const isGood = run.isGood?.(state) === true
  reporter.end(isGood ? { outcome: conclusion.outcome } : conclusion, state)
  const farewell = isGood ? run.farewell?.(state, shown) : undefined
  if (farewell !== undefined) reporter.note(farewell)
  return { error: isGood ? undefined : conclusion.error, result }
}

/** What the request itself shows is nearer than what is known of servers. */
const hinted = async (error: unknown, run: JobRun, io: Io): Promise<unknown> => {
  const spelled = withSpellingHint(error, run.config.kickOff, io.clock.now())
  return spelled === error ? withPresetHint(error, run) : spelled
}

/** A run as it came out. */
export interface JobEnd {
  ending: Ending
  /** Where the job is now. */
  state: JobState
  /** From now on the directory is this job's; where nothing was started there is nothing to go on with. */
  isThere: boolean
}

const sayStart = ({ config, settings, ...run }: JobRun, reporter: Reporter, io: Io): void => {
  reporter.begin({
    command: run.command,
    server: config.server,
    target: run.target ?? targetName(config.kickOff.target),
    directory: config.shownAs ?? shortPath(config.directory, io.cwd),
    profile: describeSources(settings),
  })
  const passedOver = passedOverText(settings)
  if (passedOver !== undefined) reporter.note(passedOver)
  for (const line of run.opening ?? []) reporter.note(line)
}

/**
 * Runs the job as far as it goes and says what there is to say. Never rejects for what happens to the job: that
 * is part of the ending.
 */
export const runToEnd = async (run: JobRun, io: Io): Promise<JobEnd> => {
  const { config, settings } = run
  const reporter = await createReporter(settings, io, run.marks)
  try {
    sayStart(run, reporter, io)
    const ran = await openAndRun(run, reporter, io)
    const state = ran.state ?? (await readJob(config.directory).catch(() => undefined)) ?? newState()
    // Once there is a job, the settings were good enough to be taken.
    if (ran.thrown && state.acceptedAt === 0) ran.thrown.error = await hinted(ran.thrown.error, run, io)
    const ending = sayConclusion(run, ran, state, reporter, io)
    return { ending, state, isThere: ran.begun && !(phaseOf(state) === 'new' && ending.error) }
  } finally {
    if (!io.signal.aborted) io.atSecondSignal(undefined)
    reporter.close()
  }
}

/** The same, for a command that is about this job alone: its directory goes to stdout. */
export const runJob = async (run: JobRun, io: Io): Promise<Ending> => {
  const { ending, isThere } = await runToEnd(run, io)
  if (isThere && !run.settings.get('json')) io.stdout.write(`${run.config.directory}\n`)
  return ending
}
