/** The executor of this very process: some transfers at a time, finished files committed in groups. */
import type { Exchange } from '../http/exchange.js'
import { capacityFor } from './capacity.js'
import { type FetchDeps, fetchFile } from './fetch-file.js'
import { slots } from './slots.js'
import type { Executor } from './task.js'

export interface InProcessOptions extends Omit<FetchDeps, 'exchange' | 'slots'> {
  /** The exchange for files whose manifest says so of `requiresAccessToken`. */
  exchangeFor: (requiresAccessToken: boolean | undefined) => Exchange
  parallel: number
  /** Told once: an origin bears no more than so many downloads at once. */
  onFewer?: (atOnce: number) => void
}

export const inProcess = ({ exchangeFor, parallel, onFewer, ...rest }: InProcessOptions): Executor => {
  const { clock, patienceMs, progress } = rest
  const deps = {
    ...rest,
    slots: slots({ clock, parallel, paused: progress.paused, longestPauseMs: patienceMs, onFewer }),
  }
  return {
    capacity: capacityFor(parallel),
    execute: async (task, signal) => {
      const exchange = exchangeFor(task.requiresAccessToken)
      const fetched = await fetchFile(task, { ...deps, exchange }, signal)
      if (!fetched.ok) return fetched
      await fetched.part.publish()
      return { ok: true, stored: fetched.stored }
    },
    close: () => rest.checks.close(),
  }
}
