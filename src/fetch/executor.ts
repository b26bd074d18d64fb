/** The executor as a process opens it: with threads where there are cores for them, and within its bandwidth. */
import { availableParallelism } from 'node:os'
import { checkThreads } from './check-threads.js'
import { checks } from './checks.js'
import { type InProcessOptions, inProcess } from './in-process.js'
import type { Executor } from './task.js'
import { throttle } from './throttle.js'

/** Threads that look at contents, beside the one that fetches them: what more would do waits for the network. */
const checkThreadsMax = 2

export interface ExecutorOptions extends Omit<InProcessOptions, 'checks' | 'throttle'> {
  maxBytesPerSecond?: number
}

export const openExecutor = ({ maxBytesPerSecond, ...options }: ExecutorOptions): Executor => {
  const threads = Math.min(availableParallelism() - 1, checkThreadsMax)
  return inProcess({
    ...options,
    throttle: throttle(options.clock, maxBytesPerSecond),
    checks: checks(threads > 0 ? checkThreads(threads) : undefined),
  })
}
