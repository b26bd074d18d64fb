/** Pacing as middleware, for all workers together: one rate of requests, and pauses that hold for everybody. */
import type { Clock } from '../clock.js'
import type { Middleware } from '../http/exchange.js'
import { OriginPaused } from '../http/pace.js'
import { originOf } from '../http/url.js'
import type { Redis } from './redis.js'
import { pauseLeftMs, slotMs, tellPause } from './scripts.js'

export interface FleetPaceOptions {
  redis: Redis
  clock: Clock
}

/** `requestsPerSecond`: asked before each request; no limit when undefined. */
export const limitFleetRate =
  (
    { redis, clock }: FleetPaceOptions,
    key: string,
    requestsPerSecond: () => number | undefined,
  ): Middleware =>
  async (request, next) => {
    const rate = requestsPerSecond()
    const waitMs = rate === undefined ? 0 : await slotMs(redis, key, rate)
    if (waitMs > 0) await clock.sleep(waitMs, request.signal)
    return next(request)
  }

/**
 * Stands around `keepPauses`, whose pauses it shares: what one worker is told holds for all of them, and each asks
 * before it sends. `paused` is the memory of that middleware.
 */
export const keepFleetPauses =
  ({ redis, clock }: FleetPaceOptions, paused: Map<string, number>): Middleware =>
  async (request, next) => {
    const origin = originOf(request.url) ?? ''
    const leftMs = await pauseLeftMs(redis, origin)
    if (leftMs > 0) {
      paused.set(origin, Math.max(paused.get(origin) ?? 0, clock.now() + leftMs))
      throw new OriginPaused(origin)
    }
    const reply = await next(request)
    const ownMs = (paused.get(origin) ?? 0) - clock.now()
    if (ownMs > 0 && (reply.status === 429 || reply.status === 503)) await tellPause(redis, origin, ownMs)
    return reply
  }
