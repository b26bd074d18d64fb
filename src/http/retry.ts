/** Trying again: p-retry counts and gives up, our clock waits, so that hours of tests take milliseconds. */
import pRetry from 'p-retry'
import type { Clock } from '../clock.js'

export interface RetryOptions {
  clock: Clock
  signal?: AbortSignal
  /** Attempts in all, the first one included. */
  attempts: number
  /** Milliseconds to wait after a failed attempt, or `stop`. `failures`: how many in a row, this one included. */
  delayMs: (error: Error, failures: number) => number | 'stop'
}

/** Rejects with the last attempt's own error, or with the signal's reason. */
export const retry = <T>(operation: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> =>
  pRetry(operation, {
    retries: options.attempts - 1,
    minTimeout: 0,
    maxTimeout: 0,
    signal: options.signal,
    // A TypeError is no network error here, but p-retry would take some for one.
    onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
      options.signal?.throwIfAborted()
      const delay = options.delayMs(error, attemptNumber)
      if (delay === 'stop') throw error
      if (retriesLeft > 0) await options.clock.sleep(delay, options.signal)
    },
  })

/** Exponential: 1 s, 2 s, 4 s … at most a minute, with a tenth of jitter, downwards only. */
export const backoffMs = (failures: number, random: () => number): number =>
  Math.round(Math.min(60_000, 1000 * 2 ** (failures - 1)) * (1 - 0.1 * random()))
