/** How a job stands at the end of a run: the result, and the error that explains it. */
import type { BulkxError } from '../errors.js'
import type { FailOn, Outcome } from './facts.js'
import type { JobState } from './state.js'

/** `error` is set exactly when the outcome's exit code is not 0. */
export interface Conclusion {
  outcome: Outcome
  error?: BulkxError
}

export declare const conclude: (state: JobState, directory: string, failOn: FailOn) => Conclusion
