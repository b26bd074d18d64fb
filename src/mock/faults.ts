/** What can go wrong, as wrappers around the answer: each is a middleware with a matcher and a count. */
import type { FaultRow } from './fault-row.js'
import { answerFaultRows, answerFaults } from './faults/answers.js'
import { codingFaultRows, codingFaults } from './faults/codings.js'
import { contentFaultRows, contentFaults } from './faults/contents.js'
import { fileFaultRows, fileFaults } from './faults/files.js'
import { jobFaultRows, jobFaults } from './faults/jobs.js'
import { manifestFaultRows, manifestFaults } from './faults/manifests.js'
import { rangeFaultRows, rangeFaults } from './faults/ranges.js'
import { tokenFaultRows, tokenFaults } from './faults/tokens.js'
import { waitingFaultRows, waitingFaults } from './faults/waiting.js'

export const faults = {
  ...answerFaults,
  ...codingFaults,
  ...contentFaults,
  ...fileFaults,
  ...jobFaults,
  ...manifestFaults,
  ...rangeFaults,
  ...tokenFaults,
  ...waitingFaults,
} as const

export type FaultName = keyof typeof faults

/** Every fault with its parameters, for parsing and for help. */
export const faultRows: Readonly<Record<FaultName, FaultRow>> = {
  ...answerFaultRows,
  ...codingFaultRows,
  ...contentFaultRows,
  ...fileFaultRows,
  ...jobFaultRows,
  ...manifestFaultRows,
  ...rangeFaultRows,
  ...tokenFaultRows,
  ...waitingFaultRows,
}
