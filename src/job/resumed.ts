/** What another run finds as new: whatever failed in the one before may be had now. */
import { setStatus } from './files.js'
import type { JobState } from './state.js'

export const takeResume = (state: JobState): void => {
  state.unseen = true
  state.refreshed.clear()
  state.otherFiles = false
  state.doubts = 0
  for (const file of state.unfinished.failed)
    if (file.url !== '') setStatus(state.unfinished, file, 'pending')
  if (state.missingPage) {
    state.nextManifest = state.missingPage.page
    state.missingPage = undefined
  }
}
