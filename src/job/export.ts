/** The loop: what is known decides the next step, the step yields facts, facts are durable before they are seen. */
import type { Clock } from '../clock.js'
import type { Config } from '../config.js'
import type { Progress } from '../fetch/progress.js'
import type { Executor } from '../fetch/task.js'
import type { Exchange } from '../http/exchange.js'
import type { Sink } from '../sink/sink.js'
import type { Fact, JobEvent, NarrowGrant } from './facts.js'
import { unrecorded } from './lost-answer.js'
import { nextStep, type Step } from './plan.js'
import type { JobState } from './state.js'
import { perform } from './steps.js'
import type { UnderWay } from './under-way.js'

/** What a job works with, and where it is. Made by `openJob`. */
export interface Job {
  readonly config: Config
  readonly clock: Clock
  /** 0 to 1, for jitter. */
  readonly random: () => number
  /** Kick-off, status and delete requests. */
  readonly fhir: Exchange
  /** What the access token lacks of the scopes that were asked for; undefined where that is nothing, or not known. */
  readonly narrowGrant?: () => NarrowGrant | undefined
  readonly executor: Executor
  readonly sink: Sink
  /** Puts `log.ndjson` beside the files, where they are not in the directory; `last` is what it ends with. */
  readonly publishLog?: (last: Fact) => Promise<void>
  readonly progress: Progress
  readonly signal?: AbortSignal
  /** Where the job is; changed by `record` alone. */
  readonly state: JobState
  /** Makes facts durable, together, then folds them into the state, and gives them back with their time. */
  readonly record: (facts: readonly Fact[]) => Promise<JobEvent[]>
  /** Rejects when the directory is no longer this job's: nothing may be deleted at the server then. */
  readonly assertHeld: () => Promise<void>
  /** Throws what a callback of the caller has thrown meanwhile: asked when nothing is on its way. */
  readonly rethrow: () => void
  /** What the loop is doing: `close` waits for it. */
  readonly underWay: UnderWay
}

/** Changes a step before it is taken: to look only once, to stop after the kick-off. */
export type Steer = (step: Step, state: JobState) => Step

const recorded = async (facts: Fact[], job: Job): Promise<JobEvent[]> => {
  try {
    return await job.record(facts)
  } catch (error) {
    throw unrecorded(error, facts, job)
  }
}

/**
 * The facts of a step, as they become durable. A kick-off is sent as soon as it is written down that it will be, and its
 * answer is written down whoever is still there to see it: in between nobody knows whether there is a job.
 */
async function* taken(step: Exclude<Step, { do: 'stop' }>, job: Job): AsyncGenerator<JobEvent[], void> {
  const work = perform(step, job)
  let answer: Promise<JobEvent[] | undefined> | undefined
  const piece = async (): Promise<JobEvent[] | undefined> => {
    const { done, value } = await work.next()
    if (done) return undefined
    const events = await recorded(value, job)
    if (events.at(-1)?.type === 'kick-off-requested') {
      answer = job.underWay.follow(piece)
      // Told to whoever asks for it.
      answer.catch(() => {})
    }
    return events
  }
  try {
    for (;;) {
      const next = answer ?? job.underWay.begin(piece)
      answer = undefined
      const events = await next
      if (!events) return
      yield events
      if (!answer) job.rethrow()
      // Nothing is left of this step: it needs no leave to end.
      if (step.do === 'kick-off' && job.state.pollingLocation !== undefined) return
    }
  } finally {
    await answer?.catch(() => {})
    await work.return(undefined)
  }
}

/**
 * Takes the job as far as it goes, or as `steer` lets it go. Yields each fact after it is durable. Ends when
 * there is nothing left to do; `conclude` says how the job then stands. Rejects with a `BulkxError` when the
 * run cannot go on (storage, identity, unreachable server), and with the signal's reason when it aborts.
 */
export async function* exportJob(job: Job, steer: Steer = (step) => step): AsyncGenerator<JobEvent, void> {
  for (;;) {
    job.rethrow()
    const next = nextStep(job.state, job.config.files.cleanup, job.clock.now())
    const step = steer(next, job.state)
    if (step.do === 'stop') return
    for await (const events of taken(step, job)) yield* events
  }
}
