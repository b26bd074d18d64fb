/** A page that is read again: the same files wherever they stand, and never those of another run. */
import { expect, test } from 'vitest'
import { unproved } from '../../src/job/check-listed.js'
import type { JobEvent } from '../../src/job/facts.js'
import { sameFiles } from '../../src/job/same-files.js'
import { newState, reduce } from '../../src/job/state.js'
import type { ManifestItem, OutputManifest } from '../../src/protocol/types.js'

const page = 'https://ehr.example/status/1'
const time = '2026-01-01T00:00:00Z'

const item = (type: string, url: string, more: Partial<ManifestItem> = {}): ManifestItem => ({
  type,
  url: `https://files.example/${url}`,
  ...more,
})

const manifest = (output: ManifestItem[], transactionTime: string | undefined = time): OutputManifest => ({
  transactionTime,
  items: { output, deleted: [], outcome: [] },
  issues: [],
  rest: {},
})

const after = (first: ManifestItem[]) => {
  const event: JobEvent = { type: 'manifest-received', page, manifest: manifest(first), at: 0 }
  return reduce(newState(), event)
}

const again = (first: ManifestItem[], second: ManifestItem[], transactionTime?: string) => {
  const same = sameFiles(after(first), page, manifest(second, transactionTime))
  return typeof same === 'string' ? same : same.manifest.items.output.map(({ url }) => url.slice(22))
}

const others = 'the manifest now lists other files than before'
const [a, b, c] = [item('Patient', 'a'), item('Patient', 'b'), item('Condition', 'c')]

test.each<[string, ManifestItem[], ManifestItem[], string[] | string]>([
  ['the very same', [a, b, c], [a, b, c], ['a', 'b', 'c']],
  ['in another order', [a, b, c], [c, b, a], ['a', 'b', 'c']],
  [
    'signed anew',
    [item('Patient', 'a?s=1'), item('Patient', 'b?s=1')],
    [item('Patient', 'a?s=2'), item('Patient', 'b?s=2')],
    ['a?s=2', 'b?s=2'],
  ],
  [
    'signed anew, in another order',
    [item('Patient', 'a?s=1'), item('Patient', 'b?s=1')],
    [item('Patient', 'b?s=2'), item('Patient', 'a?s=2')],
    ['a?s=2', 'b?s=2'],
  ],
  [
    'told apart by the query, in another order',
    [item('Patient', 'f?n=1'), item('Patient', 'f?n=2')],
    [item('Patient', 'f?n=2'), item('Patient', 'f?n=1')],
    ['f?n=1', 'f?n=2'],
  ],
  [
    'under quite new URLs',
    [a, b, c],
    [item('Patient', 'x'), item('Patient', 'y'), item('Condition', 'z')],
    ['x', 'y', 'z'],
  ],
  ['a new file in the place of a known one', [a, b], [b, item('Patient', 'x')], others],
  ['one less', [a, b, c], [a, b], others],
  ['one more', [a, b], [a, b, c], others],
  ['of another type', [a, b], [a, item('Condition', 'b')], others],
  ['of another count', [item('Patient', 'a', { count: 1 })], [item('Patient', 'x', { count: 2 })], others],
  [
    'of another checksum',
    [item('Patient', 'a', { sha256: 'aa' })],
    [item('Patient', 'a', { sha256: 'bb' })],
    others,
  ],
  ['a count that is new', [a], [item('Patient', 'a', { count: 2 })], ['a']],
  ['listed twice, each time', [a, a, b], [a, b, a], ['a', 'a', 'b']],
  ['none at all', [], [], []],
])('M-38, M-39 %s', (_name, first, second, expected) => {
  expect(again(first, second)).toEqual(expected)
})

test('M-39 another transactionTime is another run, none is not', () => {
  expect(again([a], [a], '2026-01-01T01:00:00Z')).toMatch(/another run.*00:00:00Z.*01:00:00Z/)
  const unknown = { ...manifest([a]), transactionTime: undefined }
  expect(sameFiles(after([a]), page, unknown)).toMatchObject({ manifest: { items: { output: [a] } } })
})

test('a journal that tells a partial manifest and the final one by position is folded as it was written', () => {
  const known = { output: 1, deleted: 0, outcome: 0 }
  const stored = { bytes: 1, sha256: 'aa', lines: 1, resources: 1, badLines: 0, attempts: 1, durationMs: 1 }
  const events: JobEvent[] = [
    { type: 'manifest-received', page, manifest: manifest([a]), partial: true, at: 0 },
    { type: 'manifest-received', page, manifest: manifest([b]), partial: true, known, at: 1 },
    { type: 'manifest-received', page, manifest: manifest([a, b, c]), at: 2 },
    ...['Patient.0001', 'Patient.0002', 'Condition.0001'].map(
      (name): JobEvent => ({ type: 'file-completed', name: `${name}.ndjson`, ...stored, at: 3 }),
    ),
  ]
  const state = events.reduce(reduce, newState())
  expect([...state.files.values()].map(({ url, listed }) => [url.slice(22), listed])).toEqual([
    ['a', true],
    ['b', true],
    ['c', true],
  ])
  expect(unproved(state)).toBeUndefined()
})

test('what stands for two entries, or for none, is not whole', () => {
  const state = after([a, b])
  expect(unproved(state)?.message).toMatch(/not here/)
  for (const file of state.files.values()) file.status = 'completed'
  expect(unproved(state)).toBeUndefined()
  state.pages.get(page)?.names.output.push('Patient.0001.ndjson')
  expect(unproved(state)?.message).toMatch(/stands for two/)
  state.listedTwice.add('Patient.0001.ndjson')
  expect(unproved(state)).toBeUndefined()
  for (const file of state.files.values()) file.listed = false
  expect(unproved(state)).toMatchObject({
    code: 'BULKX_FILES_FAILED',
    hint: expect.stringContaining('--again'),
  })
})
