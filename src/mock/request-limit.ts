/** A server that counts requests, and refuses those that come too fast. */
import type { Clock } from '../clock.js'
import type { Middleware } from './handler.js'
import { outcomeResponse } from './outcome.js'

/** 429 for a request at this host that comes when so many came within `withinMs` before it; refused ones count, too. */
export const requestLimit = ({
  clock,
  requests,
  withinMs,
}: {
  clock: Clock
  requests: number
  withinMs: number
}): Middleware => {
  let times: number[] = []
  return async (call, next) => {
    if (call.elsewhere) return next(call)
    const now = clock.now()
    times = [...times.filter((at) => now - at < withinMs), now]
    if (times.length <= requests) return next(call)
    const seconds = String(Math.ceil(withinMs / 1000))
    return outcomeResponse(429, 'throttled', `More than ${requests} requests in ${seconds} s`, {
      'retry-after': seconds,
    })
  }
}
