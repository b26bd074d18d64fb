/** The next step for every kind of state, and the one word for it. */
import { expect, test } from 'vitest'
import type { Fact, JobEvent, Phase } from '../../src/job/facts.js'
import { nextStep, type Step } from '../../src/job/plan.js'
import { type JobState, newState, phaseOf, reduce } from '../../src/job/state.js'
import type { OutputManifest } from '../../src/protocol/types.js'
import { kickOffOf } from '../helpers/job.js'

/** Later than any fact here. */
const now = 1_000_000
const page1 = 'https://s/1'
const page2 = 'https://s/2'
const manifestOf = (urls: string[], next?: string): OutputManifest => ({
  items: { output: urls.map((url) => ({ type: 'Patient', url })), deleted: [], outcome: [] },
  issues: [],
  next,
  rest: {},
})

const created: Fact = {
  type: 'job-created',
  version: 1,
  exportId: 'x',
  server: 's',
  fhirUrl: 's',
  kickOff: kickOffOf(),
}
const requested: Fact = { type: 'kick-off-requested', method: 'GET', url: 'u' }
const accepted: Fact = { type: 'kick-off-accepted', pollingLocation: page1 }
const received = (urls: string[], next?: string, page = page1): Fact => ({
  type: 'manifest-received',
  page,
  manifest: manifestOf(urls, next),
})
const completed = (name: string): Fact => ({
  type: 'file-completed',
  name,
  bytes: 1,
  sha256: '',
  lines: 1,
  resources: 1,
  badLines: 0,
  attempts: 1,
  durationMs: 1,
})
const failed = (name: string, refresh = true): Fact => ({
  type: 'file-failed',
  name,
  code: 'gone',
  message: 'm',
  refresh,
})
const one = 'Patient.0001.ndjson'
const two = 'Patient.0002.ndjson'
const written: Fact = { type: 'manifest-written', findings: [] }
const resumed: Fact = { type: 'job-resumed' }

const after = (facts: Fact[]): JobState =>
  structuredClone(facts)
    .map((fact, index): JobEvent => ({ ...fact, at: index * 1000 }))
    .reduce(reduce, newState())

const open = [created, requested, accepted]

test.each<[string, Fact[], Step['do'], Phase]>([
  ['created', [created], 'kick-off', 'new'],
  ['requested: undecided', [created, requested], 'stop', 'undecided'],
  ['unsent', [created, requested, { type: 'kick-off-unsent', reason: 'r' }], 'kick-off', 'new'],
  [
    'refused',
    [created, requested, { type: 'kick-off-refused', status: 400, message: 'm' }],
    'kick-off',
    'new',
  ],
  [
    'attached, the question unknown',
    [{ ...created, kickOff: undefined } as Fact, { ...accepted, attached: true } as Fact],
    'poll',
    'in-progress',
  ],
  ['nothing known and nothing accepted', [{ ...created, kickOff: undefined } as Fact], 'stop', 'new'],
  ['accepted', open, 'poll', 'in-progress'],
  ['a manifest', [...open, received(['a'])], 'download', 'downloading'],
  ['files before further pages', [...open, received(['a'], page2)], 'download', 'in-progress'],
  ['then the further page', [...open, received(['a'], page2), completed(one)], 'poll', 'in-progress'],
  [
    'a failed file waits for the further page',
    [...open, received(['a'], page2), failed(one)],
    'poll',
    'in-progress',
  ],
  [
    'a failed file, its page not asked again',
    [...open, received(['a']), failed(one)],
    'refresh',
    'incomplete',
  ],
  [
    'a failed file that fresh URLs cannot mend',
    [...open, received(['a']), failed(one, false)],
    'stop',
    'incomplete',
  ],
  ['fresh URLs', [...open, received(['a']), failed(one), received(['b'])], 'download', 'downloading'],
  [
    'failed again',
    [...open, received(['a']), failed(one), received(['b']), failed(one)],
    'stop',
    'incomplete',
  ],
  [
    'asked again in vain',
    [...open, received(['a']), failed(one), { type: 'manifest-unavailable', page: page1, reason: 'r' }],
    'stop',
    'incomplete',
  ],
  [
    'resumed',
    [...open, received(['a']), failed(one), received(['b']), failed(one), { type: 'job-resumed' }],
    'download',
    'downloading',
  ],
  [
    'one whole, one failed',
    [...open, received(['a', 'b']), completed(one), failed(two, false)],
    'stop',
    'incomplete',
  ],
  ['all whole', [...open, received(['a']), completed(one)], 'write-manifest', 'downloading'],
  ['nothing listed', [...open, received([])], 'write-manifest', 'downloading'],
  [
    'a page that is missing',
    [
      ...open,
      received(['a'], page2),
      completed(one),
      { type: 'manifest-unavailable', page: page2, reason: 'r' },
    ],
    'stop',
    'incomplete',
  ],
  [
    'and resumed',
    [
      ...open,
      received(['a'], page2),
      completed(one),
      { type: 'manifest-unavailable', page: page2, reason: 'r' },
      { type: 'job-resumed' },
    ],
    'poll',
    'in-progress',
  ],
  ['written', [...open, received([]), written], 'delete', 'complete'],
  ['written by an earlier run', [...open, received([]), written, resumed], 'look-and-delete', 'complete'],
  [
    'written, and a file lost since',
    [...open, received(['a']), completed(one), written, resumed, { type: 'file-lost', name: one }],
    'download',
    'downloading',
  ],
  [
    'lost, and had again',
    [
      ...[...open, received(['a']), completed(one), written, resumed],
      ...[{ type: 'file-lost', name: one } as Fact, completed(one)],
    ],
    'write-manifest',
    'downloading',
  ],
  [
    'lost, had again, and written again',
    [
      ...[...open, received(['a']), completed(one), written, resumed],
      ...[{ type: 'file-lost', name: one } as Fact, completed(one), written],
    ],
    'delete',
    'complete',
  ],
  ['deleted', [...open, received([]), written, { type: 'delete-answered', status: 202 }], 'stop', 'complete'],
  [
    'not deleted for whatever reason',
    [...open, received([]), written, { type: 'delete-answered', status: 0 }],
    'stop',
    'complete',
  ],
  [
    'synchronous',
    [created, requested, { ...accepted, synchronous: true } as Fact, received([]), written],
    'stop',
    'complete',
  ],
  [
    'synchronous and failed',
    [created, requested, { ...accepted, synchronous: true } as Fact, received(['a']), failed(one)],
    'stop',
    'incomplete',
  ],
  [
    'failed',
    [...open, { type: 'export-failed', status: 500, message: 'm', code: 'BULKX_EXPORT_FAILED' }],
    'stop',
    'failed',
  ],
  ['gone', [...open, { type: 'export-gone', status: 404, message: 'm' }], 'stop', 'gone'],
  ['cancelled', [...open, { type: 'job-cancelled', status: 202 }], 'stop', 'cancelled'],
  [
    'cancelled with files to fetch',
    [...open, received(['a']), { type: 'job-cancelled', status: 202 }],
    'stop',
    'cancelled',
  ],
])('%s', (_name, facts, step, phase) => {
  const state = after(facts)
  expect([nextStep(state, 'on-success', now).do, phaseOf(state)]).toEqual([step, phase])
})

test('--cleanup never deletes nothing', () => {
  expect(nextStep(after([...open, received([]), written]), 'never', now).do).toBe('stop')
})

test('fresh URLs reach the files that are still to be had, and no others', () => {
  const state = after([...open, received(['a', 'b']), completed(one), failed(two), received(['c', 'd'])])
  expect([...state.files.values()].map(({ url, status }) => [url, status])).toEqual([
    ['a', 'completed'],
    ['d', 'pending'],
  ])
  expect(nextStep(state, 'never', now)).toMatchObject({ do: 'download', files: [{ name: two, url: 'd' }] })
})

test('failures count until something good happens', () => {
  const transient: Fact = { type: 'status-transient', reason: 'r', notBefore: 9 }
  const state = after([...open, transient, transient, transient])
  expect([state.failures, state.failingSince]).toEqual([3, 3000])
  const good = after([...open, transient, transient, { type: 'status-in-progress', notBefore: 9 }])
  expect([good.failures, good.failingSince]).toEqual([0, undefined])
})
