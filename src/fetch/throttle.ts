/** `--max-rate`: all transfers together take no more bytes a second than this. */
import type { Clock } from '../clock.js'

/** Waits until these bytes may have been taken; undefined when there is nothing to wait for. */
export type Throttle = (bytes: number, signal?: AbortSignal) => Promise<void> | undefined

/** Waits shorter than this are saved up, milliseconds: a timer a chunk would cost more than it slows. */
const shortestWaitMs = 20

export const throttle = (clock: Clock, bytesPerSecond: number | undefined): Throttle => {
  let paidUntil = 0
  return (bytes, signal) => {
    if (bytesPerSecond === undefined) return undefined
    const now = clock.now()
    paidUntil = Math.max(paidUntil, now) + (bytes / bytesPerSecond) * 1000
    return paidUntil - now > shortestWaitMs ? clock.sleep(paidUntil - now, signal) : undefined
  }
}
