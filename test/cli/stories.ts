/** The stories that reporters are told: facts with their times. */
import type { Reporter } from '../../src/cli/reporter/index.js'
import type { Fact, JobEvent } from '../../src/job/facts.js'
import { conclude } from '../../src/job/outcome.js'
import { newState, reduce } from '../../src/job/state.js'
import type { ManifestItem, OutputManifest } from '../../src/protocol/types.js'

export const start = Date.UTC(2026, 0, 1)
export const base = 'https://ehr.example/fhir'
export const page = `${base}/jobs/77`

export const manifest = (
  items: Partial<Record<'output' | 'deleted' | 'outcome', ManifestItem[]>>,
): OutputManifest => ({
  transactionTime: '2026-01-01T00:00:00Z',
  items: { output: [], deleted: [], outcome: [], ...items },
  issues: [],
  rest: {},
})

export const item = (type: string, number: number): ManifestItem => ({
  type,
  url: `${base}/files/${type}.${number}?sig=secret`,
})

export const stored = (resources: number) => ({
  bytes: resources * 1000,
  sha256: 'ab',
  lines: resources,
  resources,
  badLines: 0,
  attempts: 1,
  durationMs: 5,
})

export const created: Fact = {
  type: 'job-created',
  version: 1,
  exportId: 'e1',
  server: base,
  fhirUrl: base,
  kickOff: {
    target: { kind: 'instance', type: 'Group', id: '1' },
    operation: '$export',
    method: 'get',
    listStyle: 'comma',
    lenient: false,
  },
}

export type Timed = [seconds: number, fact: Fact]

export const begin: Timed[] = [
  [0, created],
  [0, { type: 'kick-off-requested', method: 'GET', url: `${base}/Group/1/$export?_type=Patient` }],
  [1, { type: 'kick-off-accepted', pollingLocation: `${page}?token=secret` }],
]

export const progress = (seconds: number, words: string | undefined, waitSeconds: number): Timed => {
  const notBefore = start + (seconds + waitSeconds) * 1000
  return [
    seconds,
    { type: 'status-in-progress', progress: words, retryAfterMs: waitSeconds * 1000, notBefore },
  ]
}

export const wholeStory: Timed[] = [
  ...begin,
  progress(2, '0% complete', 1),
  progress(3, '1% complete', 120),
  progress(123, '40% complete', 120),
  progress(243, '40% complete', 120),
  [363, { type: 'status-transient', reason: 'HTTP 503', status: 503, notBefore: start + 370_000 }],
  [370, { type: 'status-transient', reason: 'HTTP 503', status: 503, notBefore: start + 390_000 }],
  progress(390, '90% \u001b[2Jcomplete', 5),
  [395, { type: 'status-doubted', reason: 'internal error', status: 500, notBefore: start + 405_000 }],
  [
    405,
    {
      type: 'manifest-received',
      page,
      manifest: manifest({
        output: [item('Patient', 1), item('Observation', 1), item('Observation', 2)],
        deleted: [item('Bundle', 1)],
        outcome: [item('OperationOutcome', 1)],
      }),
    },
  ],
  [406, { type: 'file-completed', name: 'Patient.0001.ndjson', ...stored(50) }],
  [
    407,
    {
      type: 'file-completed',
      name: 'Observation.0001.ndjson',
      ...stored(1000),
      badLines: 2,
      firstBadLine: { line: 17, byte: 1234, reason: 'no JSON object' },
    },
  ],
  [
    408,
    {
      type: 'file-failed',
      name: 'Observation.0002.ndjson',
      code: 'unauthorized',
      message: 'HTTP 403',
      hint: 'files.example is another origin; `--trust-origin https://files.example` lets it see the credential',
      refresh: true,
    },
  ],
  [409, { type: 'file-completed', name: 'deleted/Bundle.0001.ndjson', ...stored(1) }],
  [409, { type: 'file-completed', name: 'outcome/OperationOutcome.0001.ndjson', ...stored(3) }],
]

export const eventsOf = (story: readonly Timed[]): JobEvent[] =>
  story.map(([seconds, fact]) => ({ ...fact, at: start + seconds * 1000 }))

export const tell = async (
  story: readonly Timed[],
  reporter: Reporter,
  between?: (event: JobEvent) => void,
) => {
  const state = newState()
  reporter.begin({ command: 'export', server: base, target: 'Group/1', directory: './out' })
  for (const event of eventsOf(story)) {
    reduce(state, event)
    await reporter.event(event, state)
    between?.(event)
  }
  reporter.end(conclude(state, '/out', 'error'), state)
  reporter.close()
}

export const finished: Timed[] = [
  ...begin,
  [2, { type: 'manifest-received', page, manifest: manifest({ output: [item('Patient', 1)] }) }],
  [3, { type: 'file-completed', name: 'Patient.0001.ndjson', ...stored(50), gzip: true }],
  [
    3,
    {
      type: 'manifest-written',
      findings: [
        {
          severity: 'error',
          code: 'wrong-count',
          message: '50 resources, the manifest says 51',
          file: 'Patient.0001.ndjson',
        },
        { severity: 'information', code: 'missing-type', message: 'no file of Condition' },
      ],
    },
  ],
  [4, { type: 'delete-answered', status: 202 }],
]
