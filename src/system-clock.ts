/** The time of this computer. */
import { performance } from 'node:perf_hooks'
import type { Clock } from './clock.js'

/** Timers beyond 24.8 days fire at once; short slices also notice a machine that was asleep. */
const sliceMs = 60_000

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, { once: true })
  })

/** The real clock. A wait is over when either clock says so: the monotonic one stands still while a machine sleeps. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    const end = Date.now() + ms
    const start = performance.now()
    for (;;) {
      signal?.throwIfAborted()
      const left = Math.min(end - Date.now(), start + ms - performance.now())
      if (left <= 0) return
      await pause(Math.min(Math.ceil(left), sliceMs), signal)
    }
  },
  every: (ms, task) => {
    const timer = setInterval(task, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}
