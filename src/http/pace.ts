/** Pacing as a middleware: an origin that asked for a pause gets one, from every request, and rates are kept. */
import type { Clock } from '../clock.js'
import { type HttpReply, header, type Middleware } from './exchange.js'
import { readHttpDate, readRetryAfter } from './retry-after.js'
import { originOf } from './url.js'

export interface PaceOptions {
  clock: Clock
  /** Requests a second, all origins together. */
  maxRequestsPerSecond?: number
  /** Longer pauses are not kept here: whoever sent the request decides. */
  longestPauseMs: number
  /** Origin to the end of its pause, epoch milliseconds: kept here, shown by reporters. */
  paused: Map<string, number>
}

const pauseMs = (reply: HttpReply, now: number): number | undefined => {
  if (reply.status !== 429 && reply.status !== 503) return undefined
  return readRetryAfter(
    header(reply.headers, 'retry-after'),
    readHttpDate(header(reply.headers, 'date')) ?? now,
  )
}

/** One memory for all requests of a run. */
export const pace = ({ clock, maxRequestsPerSecond, longestPauseMs, paused }: PaceOptions): Middleware => {
  let nextSlot = 0
  const slot = (): number => {
    if (maxRequestsPerSecond === undefined) return 0
    const at = Math.max(clock.now(), nextSlot)
    nextSlot = at + 1000 / maxRequestsPerSecond
    return at
  }
  return async (request, next) => {
    const origin = originOf(request.url) ?? ''
    for (
      let until = Math.max(slot(), paused.get(origin) ?? 0);
      until > clock.now();
      until = paused.get(origin) ?? 0
    ) {
      await clock.sleep(until - clock.now(), request.signal)
    }
    paused.delete(origin)
    const reply = await next(request)
    const asked = pauseMs(reply, clock.now())
    if (asked !== undefined && asked <= longestPauseMs) {
      paused.set(origin, Math.max(paused.get(origin) ?? 0, clock.now() + asked))
    }
    return reply
  }
}
