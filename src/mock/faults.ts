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

const made = {
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

export type FaultName = keyof typeof made

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

/** Throws a TypeError where something is missing: a compiler is not there to say it for everybody. */
const checked = (name: FaultName): unknown => {
  const make: (options?: object) => unknown = made[name] as (options?: object) => unknown
  return (options?: object) => {
    const given: Readonly<Record<string, unknown>> = { ...options }
    const missing = faultRows[name].required.find((parameter) => given[parameter] === undefined)
    if (missing === undefined) return make(options)
    throw new TypeError(`The fault ${name} needs ${missing}: faults.${name}({ ${missing}: … })`)
  }
}

/** The faults by name, each as a function of its parameters. */
export const faults = Object.fromEntries(
  (Object.keys(made) as FaultName[]).map((name) => [name, checked(name)]),
) as unknown as typeof made
