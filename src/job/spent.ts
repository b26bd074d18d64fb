/** Where the time of a job went, read off its facts: the parts never overlap, so that they never exceed the whole. */
import type { JobEvent } from './facts.js'
import type { JobState } from './state.js'

/** Milliseconds, and bytes of files that came whole. What is in no part is neither. */
export interface Spent {
  /** The server worked and there was nothing to fetch, whether or not a process of ours was there. */
  waitingMs: number
  downloadingMs: number
  /** From the last fact of a run to the next run, where files were to be fetched, or were here. */
  betweenMs: number
  bytes: number
}

export const nothingSpent = (): Spent => ({ waitingMs: 0, downloadingMs: 0, betweenMs: 0, bytes: 0 })

type Part = 'waitingMs' | 'downloadingMs' | undefined

const partOf = ({ findings, end, acceptedAt, nextManifest, unfinished }: JobState): Part => {
  if (findings || end) return undefined
  if (unfinished.pending.size > 0) return 'downloadingMs'
  return nextManifest !== undefined && acceptedAt > 0 ? 'waitingMs' : undefined
}

/** Counts the time up to `event`, by what the state was before it. A clock that was set back counts as no time. */
export const spend = (state: JobState, event: JobEvent): void => {
  const { spent } = state
  const ms = state.lastFactAt > 0 ? Math.max(0, event.at - state.lastFactAt) : 0
  const part = partOf(state)
  if (part === 'waitingMs' || event.type !== 'job-resumed') {
    if (part) spent[part] += ms
  } else spent.betweenMs += ms
  if (event.type === 'file-completed') spent.bytes += event.bytes
}

/** The same with the time from the last fact to `now`, of a run that ends without one. */
export const spentUntil = (state: JobState, now: number): Spent => {
  const part = partOf(state)
  const ms = Math.max(0, now - state.lastFactAt)
  return part === undefined ? state.spent : { ...state.spent, [part]: state.spent[part] + ms }
}
