/** One file, from its URL to a whole part: one owner of all retries around request, body, write and check. */
import { readAnswer } from '../http/body.js'
import { OriginPaused } from '../http/pace.js'
import { backoffMs } from '../http/retry.js'
import { isHttp, originOf, withoutQuery } from '../http/url.js'
import type { Part, Sink } from '../sink/sink.js'
import { AttemptError, attemptsMax } from './attempt-error.js'
import { disappointment, notData, storedFile } from './content.js'
import { TooSlow } from './incoming.js'
import { broken, notAsked, refusal, wantsFewer } from './judge.js'
import type { Showing, Slot, Slots } from './slots.js'
import type { FileFailure, FileTask, StoredFile } from './task.js'
import { SentWithGap, type TransferDeps, type Transferred, transfer } from './transfer.js'

export interface FetchDeps extends TransferDeps {
  sink: Sink
  slots: Slots
  random: () => number
  fhirOrigin: string
  /** Of uninterrupted failure, milliseconds. */
  patienceMs: number
}

/** The whole content is in the part; `publish` gives it its name. */
export type Fetched = { ok: true; part: Part; stored: StoredFile } | { ok: false; failure: FileFailure }

/** A server that yields a little more each time is followed this often, not for ever. */
const attemptsInAllMax = 1000

/** How it has gone so far. */
interface Run {
  /** Opened when the file's turn has come. */
  part?: Part
  attempts: number
  /** Attempts in a row without progress. */
  failures: number
  failingSince?: number
  /** The furthest byte ever reached: only going beyond it is progress. */
  furthest: number
  /** Digest of a content that was whole and not what was promised. */
  disappointment?: string
  /** What is sent is not what may be stored, although it is compressed. */
  hasGap?: boolean
  /** What was wrong with the last attempt. */
  why?: string
}

/** A host behind a redirect pauses the one that leads to it as well: a link that waits in line goes stale. */
const pauseToo = (origin: string, behind: string, paused: Map<string, number>): void => {
  const until = Math.max(paused.get(origin) ?? 0, paused.get(behind) ?? 0)
  if (until > 0) paused.set(origin, until)
}

const openPart = async (task: FileTask, deps: FetchDeps, run: Run): Promise<Part> => {
  const part = await deps.sink.part(task.gzip ? `${task.name}.gz` : task.name)
  run.furthest = part.kept().bytes
  return part
}

/** What a file waits for others is no failure of the server's; a pause that it has asked for is. */
const inLine = async (
  origin: string,
  { slots, clock, progress: { paused } }: FetchDeps,
  run: Run,
  signal?: AbortSignal,
): Promise<Slot> => {
  const pauseEnd = Math.max(clock.now(), paused.get(origin) ?? 0)
  const slot = await slots.enter(origin, signal)
  const now = clock.now()
  const waitedFrom = Math.min(Math.max(pauseEnd, paused.get(origin) ?? 0), now)
  if (run.failingSince !== undefined) run.failingSince += now - waitedFrom
  return slot
}

const attempt = async (
  task: FileTask,
  deps: FetchDeps,
  run: Run,
  signal?: AbortSignal,
): Promise<{ part: Part; transferred: Transferred }> => {
  const origin = originOf(task.url) ?? ''
  const slot = await inLine(origin, deps, run, signal)
  let showing: Showing = 'neither'
  const active = { bytes: 0, attempt: run.attempts }
  let crawled = false
  try {
    signal?.throwIfAborted()
    const inVain = notAsked(task, deps.progress.paused.get(origin), deps.patienceMs, deps.clock.now())
    if (inVain) throw inVain
    run.part ??= await openPart(task, deps, run)
    const { part } = run
    deps.progress.active.set(task.name, active)
    const storesAsSent = !run.hasGap
    const result = await transfer(task, part, { ...deps, storesAsSent }, active, signal)
    if (result.kind === 'refused') {
      if (wantsFewer(result.reply.status)) {
        showing = 'refused'
        pauseToo(origin, originOf(result.reply.url) ?? '', deps.progress.paused)
      }
      const answer = await readAnswer(result.reply, deps.clock)
      throw refusal(task, answer, {
        fhirOrigin: deps.fhirOrigin,
        longestPauseMs: deps.patienceMs,
        now: deps.clock.now(),
      })
    }
    showing = 'served'
    const wrong = notData(task, result.transferred)
    if (wrong) throw wrong
    return { part, transferred: result.transferred }
  } catch (error) {
    await run.part?.suspend()
    signal?.throwIfAborted()
    crawled = error instanceof TooSlow
    run.hasGap ||= error instanceof SentWithGap
    if (error instanceof OriginPaused) {
      pauseToo(origin, error.origin, deps.progress.paused)
      throw new AttemptError('unavailable', error.message, { paused: true, cause: error })
    }
    throw broken(task, error) ?? error
  } finally {
    if (active.bytes > run.furthest) {
      run.furthest = active.bytes
      // A server that is this slow gets further each time, and would for years.
      if (!crawled) {
        run.failures = 0
        run.failingSince = undefined
      }
    }
    deps.progress.active.delete(task.name)
    slot.leave(showing)
  }
}

/** Counts the failure; the delay until the next attempt, or undefined when it was the last one. */
const nextDelayMs = (error: AttemptError, run: Run, deps: FetchDeps): number | undefined => {
  const now = deps.clock.now()
  run.failingSince ??= now
  if (!error.paused) run.failures += 1
  if (run.failures >= attemptsMax(error) || run.attempts >= attemptsInAllMax) return undefined
  if (now - run.failingSince > deps.patienceMs) return undefined
  return error.paused ? 0 : backoffMs(run.failures, deps.random)
}

/**
 * The same bytes twice are what the server has; other bytes each time are nobody's. Only the first
 * disappointment is worth another look.
 */
const isSettled = (task: FileTask, transferred: Transferred, run: Run): boolean => {
  const why = disappointment(task, transferred)
  const { continued, inspection } = transferred
  if (continued && (why !== undefined || inspection.badLines > 0)) {
    // The part is whole by its length, so that it is asked for from the start.
    run.why = 'what came after a break did not fit to what was there'
    return false
  }
  if (why === undefined) return true
  const digest = transferred.inspection.sha256
  if (run.disappointment === digest) return true
  if (run.disappointment !== undefined) {
    throw new AttemptError(
      'changed',
      'the server sends other bytes each time, and never what its manifest promises',
    )
  }
  run.disappointment = digest
  run.why = why
  return false
}

const againOf = ({ why, disappointment }: Run, sha256: string): StoredFile['again'] =>
  why === undefined ? undefined : { why, same: disappointment === sha256 || undefined }

const failed = (error: AttemptError, run: Run): Fetched => {
  const { code, message, hint, trust, status, refresh } = error
  return { ok: false, failure: { code, message, hint, trust, status, refresh, attempts: run.attempts } }
}

/** Other URLs that are not followed, at private addresses, are stopped in `http/private-addresses.ts`. */
const notFollowed = (task: FileTask): FileFailure => ({
  code: 'refused',
  message: `its URL is no http or https URL: ${withoutQuery(task.url)}`,
  hint: /^(gs|s3a?|abfss?|wasbs?|az):/i.test(task.url)
    ? "a bucket's own URL wants that cloud's own tool"
    : 'no server has a reason to list this: ask its vendor',
  refresh: false,
  attempts: 0,
})

/**
 * Fetches the file into its part, however often it takes. Rejects for what concerns the whole run: storage
 * (`BulkxError`), the signal's reason, a defect.
 */
export const fetchFile = async (task: FileTask, deps: FetchDeps, signal?: AbortSignal): Promise<Fetched> => {
  if (!isHttp(task.url)) return { ok: false, failure: notFollowed(task) }
  const startedAt = deps.clock.now()
  const run: Run = { attempts: 0, failures: 0, furthest: 0 }
  for (;;) {
    run.attempts += 1
    try {
      const { part, transferred } = await attempt(task, deps, run, signal)
      if (isSettled(task, transferred, run)) {
        // A clock may have been set back meanwhile.
        const durationMs = Math.max(0, deps.clock.now() - startedAt)
        const again = againOf(run, transferred.inspection.sha256)
        const { attempts } = run
        return { ok: true, part, stored: storedFile(task, transferred, { attempts, again, durationMs }) }
      }
    } catch (error) {
      if (!(error instanceof AttemptError)) throw error
      run.why = error.message
      const delayMs = nextDelayMs(error, run, deps)
      if (delayMs === undefined) {
        if (error.code !== 'broken' && error.code !== 'expired') await run.part?.discard()
        return failed(error, run)
      }
      await deps.clock.sleep(delayMs, signal)
    }
  }
}
