/** Faults of the work itself: jobs that fail, wholly or in part. */
import { editManifest, type Fault, fault } from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Matcher } from '../matcher.js'
import { outcomeResponse } from '../outcome.js'

/** The job ends with an error: every status request from then on, after `after`, is answered by 500. */
const failJob = (options: Omit<Matcher, 'on' | 'file'> & { diagnostics?: string } = {}): Fault =>
  fault('failJob', { times: Number.POSITIVE_INFINITY, ...options, on: 'status' }, async () =>
    outcomeResponse(500, 'processing', options.diagnostics ?? 'The export cannot proceed'),
  )

interface Batches {
  complete: number
  failed: number
}

/** So many of a job's batches failed; only `batches` in the manifest says so (1upHealth). Default: one. */
const failBatches = ({
  failed = 1,
  ...matcher
}: Omit<Matcher, 'on' | 'file'> & { failed?: number } = {}): Fault =>
  editManifest('failBatches', matcher, (manifest) => {
    // Servers that know no batches are made to speak of them.
    const batches = (manifest.batches as Batches | undefined) ?? { complete: failed, failed: 0 }
    return { ...manifest, batches: { ...batches, complete: batches.complete - failed, failed } }
  })

export const jobFaults = { failJob, failBatches } as const

export const jobFaultRows = {
  failJob: row(failJob, 'the job ends with 500 and an OperationOutcome', {
    ...reach.matcher,
    diagnostics: 'text',
  }),
  failBatches: row(failBatches, 'some batches failed, and only the manifest says so', {
    ...reach.matcher,
    failed: 'count',
  }),
} as const
