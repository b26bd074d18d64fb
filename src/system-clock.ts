/** The time of this computer. */
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

/** Milliseconds that never jump. Here already when a process starts, unlike `performance`. */
const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6

/** The real clock. A wait is over when either clock says so: the monotonic one stands still while a machine sleeps. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    const end = Date.now() + ms
    const start = monotonic()
    for (;;) {
      signal?.throwIfAborted()
      const left = Math.min(end - Date.now(), start + ms - monotonic())
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
