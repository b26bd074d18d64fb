/** What to do next, decided from what is known: pure, and a table in the tests. */
import type { KickOffRequest } from '../protocol/types.js'
import { askBefore, soonestFirst } from './expiry.js'
import type { OutputFile } from './files.js'
import type { JobState } from './state.js'

export type Step =
  | { do: 'kick-off'; kickOff: KickOffRequest }
  | { do: 'poll'; url: string; notBefore: number }
  | { do: 'download'; files: OutputFile[] }
  | { do: 'refresh'; page: string }
  | { do: 'write-manifest' }
  | { do: 'delete'; url: string }
  /** Another run has stored the files: the server's copy goes only while they are here. */
  | { do: 'look-and-delete'; url: string }
  | { do: 'stop' }

const stop: Step = { do: 'stop' }

/** What is to be had, or first a fresh page for URLs that have ended. */
const download = (state: JobState, now: number): Step => {
  const files = soonestFirst(state.unfinished.pending, state)
  const ended = files.find((file) => (askBefore(file, state) ?? Number.POSITIVE_INFINITY) <= now)
  return ended ? { do: 'refresh', page: ended.page } : { do: 'download', files }
}

const unfinished = (state: JobState, now: number): Step | undefined => {
  const { pending, failed } = state.unfinished
  if (pending.size > 0) return download(state, now)
  if (state.nextManifest) return { do: 'poll', url: state.nextManifest, notBefore: state.notBefore }
  // Any will do: all of them are asked for in turn.
  const stale = [...failed].find((file) => file.failure?.refresh && !state.refreshed.has(file.page))
  if (stale && !state.synchronous) return { do: 'refresh', page: stale.page }
  return failed.size > 0 || state.missingPage ? stop : undefined
}

/** The next step of a job; `stop` when it is over, or nothing more can be done in this run. `now`: epoch milliseconds. */
export const nextStep = (state: JobState, cleanup: 'on-success' | 'never', now: number): Step => {
  if (!state.findings) {
    if (state.end) return stop
    if (!state.pollingLocation) {
      // The answer to a kick-off was lost: a job may be running, and a second one may lock its group for a day.
      if (state.undecided || !state.kickOff) return stop
      return { do: 'kick-off', kickOff: state.kickOff }
    }
    return unfinished(state, now) ?? { do: 'write-manifest' }
  }
  const deletable = state.pollingLocation !== undefined && !state.synchronous && state.end === undefined
  if (cleanup === 'on-success' && deletable && state.deleteStatus === undefined) {
    return { do: state.unseen ? 'look-and-delete' : 'delete', url: state.pollingLocation ?? '' }
  }
  return stop
}
