/** What to do next, decided from what is known: pure, and a table in the tests. */
import type { KickOffRequest } from '../protocol/types.js'
import type { OutputFile } from './files.js'
import type { JobState } from './state.js'

export type Step =
  | { do: 'kick-off'; kickOff: KickOffRequest }
  | { do: 'poll'; url: string; notBefore: number }
  | { do: 'download'; files: OutputFile[] }
  | { do: 'refresh'; page: string }
  | { do: 'write-manifest' }
  | { do: 'delete'; url: string }
  | { do: 'stop' }

const stop: Step = { do: 'stop' }

const unfinished = (state: JobState, files: OutputFile[]): Step | undefined => {
  const pending = files.filter((file) => file.status === 'pending')
  if (pending.length > 0) return { do: 'download', files: pending }
  if (state.nextManifest) return { do: 'poll', url: state.nextManifest, notBefore: state.notBefore }
  const failed = files.filter((file) => file.status === 'failed')
  const stale = failed.find((file) => file.failure?.refresh && !state.refreshed.has(file.page))
  if (stale && !state.synchronous) return { do: 'refresh', page: stale.page }
  return failed.length > 0 || state.missingPage ? stop : undefined
}

/** The next step of a job; `stop` when it is over, or nothing more can be done in this run. */
export const nextStep = (state: JobState, cleanup: 'on-success' | 'never'): Step => {
  if (!state.findings) {
    if (state.end) return stop
    if (!state.pollingLocation) {
      // The answer to a kick-off was lost: a job may be running, and a second one may lock its group for a day.
      if (state.undecided || !state.kickOff) return stop
      return { do: 'kick-off', kickOff: state.kickOff }
    }
    const step = unfinished(state, [...state.files.values()])
    return step ?? { do: 'write-manifest' }
  }
  const deletable = state.pollingLocation !== undefined && !state.synchronous && state.end === undefined
  if (cleanup === 'on-success' && deletable && state.deleteStatus === undefined) {
    return { do: 'delete', url: state.pollingLocation ?? '' }
  }
  return stop
}
