/** Pacing as middleware: a rate of requests is kept, and an origin that asked for a pause gets one. */
import type { Clock } from '../clock.js'
import { type HttpReply, header, type Middleware } from './exchange.js'
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
  /** Longer pauses are not kept here: whoever sent the request decides. */
  longestPauseMs: number
  /** Origin to the end of its pause, epoch milliseconds: kept here, shown by reporters. */
  paused: Map<string, number>
}

const askedPauseMs = (reply: HttpReply, now: number): number | undefined => {
  if (reply.status !== 429 && reply.status !== 503) return undefined
  return readRetryAfter(
    header(reply.headers, 'retry-after'),
    readHttpDate(header(reply.headers, 'date')) ?? now,
  )
}

/**
 * A 429 or 503 with `Retry-After` holds back every file request to that origin. Status requests wait by rules of
 * their own (`job/waiting.ts`), so that this stands around file requests only.
 */
export const keepPauses = ({ clock, longestPauseMs, paused }: PauseOptions): Middleware => {
  return async (request, next) => {
    const origin = originOf(request.url) ?? ''
    for (let until = paused.get(origin) ?? 0; until > clock.now(); until = paused.get(origin) ?? 0) {
      await clock.sleep(until - clock.now(), request.signal)
    }
    paused.delete(origin)
    const reply = await next(request)
    const asked = askedPauseMs(reply, clock.now())
    if (asked !== undefined && asked <= longestPauseMs) {
      paused.set(origin, Math.max(paused.get(origin) ?? 0, clock.now() + asked))
    }
    return reply
  }
}
