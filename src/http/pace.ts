/** Pacing as middleware: a rate of requests is kept, and an origin that asked for a pause gets one. */
import type { Clock } from '../clock.js'
import { type HttpReply, header, type Middleware } from './exchange.js'
import { backoffMs } from './retry.js'
import { readHttpDate, readRetryAfter } from './retry-after.js'
import { originOf } from './url.js'

/** No more requests a second than this, all origins together; one memory for all requests of a run. */
export const limitRate = (clock: Clock, requestsPerSecond: number): Middleware => {
  let nextSlot = 0
  return async (request, next) => {
    const at = Math.max(clock.now(), nextSlot)
    nextSlot = at + 1000 / requestsPerSecond
    if (at > clock.now()) await clock.sleep(at - clock.now(), request.signal)
    return next(request)
  }
}

export interface PauseOptions {
  clock: Clock
  /** 0 to 1, for jitter. */
  random: () => number
  /** Origin to the end of its pause, epoch milliseconds: kept here, shown by reporters. */
  paused: Map<string, number>
}

const asksForPause = ({ status }: HttpReply): boolean => status === 429 || status === 503

const askedPauseMs = (reply: HttpReply, now: number): number | undefined =>
  readRetryAfter(header(reply.headers, 'retry-after'), readHttpDate(header(reply.headers, 'date')) ?? now)

/** Nothing was sent: the origin, one behind a redirect perhaps, has asked for a pause. Whoever sends queues elsewhere. */
export class OriginPaused extends Error {
  override readonly name = 'OriginPaused'
  readonly origin: string

  constructor(origin: string) {
    super(`${origin} has asked for a pause`)
    this.origin = origin
  }
}

/**
 * A 429 or 503 holds back every file request to that origin: for as long as its `Retry-After` says, without one for a
 * time of our own that grows with each such answer in a row. Status requests wait by rules of their own
 * (`job/waiting.ts`), so that this stands around file requests only. Rejects with `OriginPaused` while a pause lasts:
 * waiting is for those who hold up nobody meanwhile.
 */
export const keepPauses = ({ clock, random, paused }: PauseOptions): Middleware => {
  /** By origin, answers in a row that asked for a pause and did not say for how long. */
  const unsaid = new Map<string, number>()
  const pause = (origin: string, reply: HttpReply): void => {
    const now = clock.now()
    const present = paused.get(origin) ?? 0
    const asked = askedPauseMs(reply, now)
    if (asked !== undefined) paused.set(origin, Math.max(present, now + asked))
    // Of a burst the first one counts: the others were sent before anybody knew.
    if (asked !== undefined || present > now) return
    const inRow = (unsaid.get(origin) ?? 0) + 1
    unsaid.set(origin, inRow)
    paused.set(origin, now + backoffMs(inRow, random))
  }
  return async (request, next) => {
    const origin = originOf(request.url) ?? ''
    if ((paused.get(origin) ?? 0) > clock.now()) throw new OriginPaused(origin)
    paused.delete(origin)
    const reply = await next(request)
    if (asksForPause(reply)) pause(origin, reply)
    else if (reply.status < 400) unsaid.delete(origin)
    return reply
  }
}
