/** The executor of this very process: some transfers at a time, finished files committed in groups. */
import type { Exchange } from '../http/exchange.js'
import { type FetchDeps, fetchFile } from './fetch-file.js'
import { slots } from './slots.js'
import type { Executor } from './task.js'

export interface InProcessOptions extends Omit<FetchDeps, 'exchange'> {
  /** The exchange for files whose manifest says so of `requiresAccessToken`. */
  exchangeFor: (requiresAccessToken: boolean | undefined) => Exchange
  parallel: number
}

/** Finished files that may wait for the disk while others are fetched. */
const committingMax = 64

export const inProcess = ({ exchangeFor, parallel, ...deps }: InProcessOptions): Executor => {
  const transfers = slots(parallel)
  return {
    capacity: parallel + committingMax,
    execute: async (task, signal) => {
      const exchange = exchangeFor(task.requiresAccessToken)
      const fetched = await transfers.use(async () => {
        signal?.throwIfAborted()
        return fetchFile(task, { ...deps, exchange }, signal)
      })
      if (!fetched.ok) return fetched
      await fetched.part.publish()
      return { ok: true, stored: fetched.stored }
    },
    close: async () => {},
  }
}
