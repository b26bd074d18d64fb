/** What is said of how long the files of a manifest are kept. */
import { expect, test } from 'vitest'
import { manifestLines } from '../../src/cli/reporter/manifest-lines.js'
import type { JobEvent } from '../../src/job/facts.js'
import { newState, reduce } from '../../src/job/state.js'
import type { ManifestItem } from '../../src/protocol/types.js'

const now = Date.UTC(2026, 0, 1)
const minute = 60_000
const hour = 60 * minute

const linesFor = (expiresAt: number | undefined, files = 2): string[] => {
  const output = Array.from(
    { length: files },
    (_, index): ManifestItem => ({ type: 'Patient', url: `https://x/${index}` }),
  )
  const event: Extract<JobEvent, { type: 'manifest-received' }> = {
    type: 'manifest-received',
    page: 'https://x/',
    manifest: { items: { output, deleted: [], outcome: [] }, issues: [], rest: {}, expiresAt },
    at: now,
  }
  return manifestLines(event, reduce(newState(), event)).map(({ level, text }) =>
    level === 'line' ? text : `${level}: ${text}`,
  )
}

const said = (expiresAt: number | undefined, files?: number): string => linesFor(expiresAt, files).join('\n')

test.each<[string, number | undefined]>([
  ['nothing', undefined],
  ['a day away', now + 24 * hour],
])('M-16 not when it is %s', (_name, expiresAt) => {
  expect(said(expiresAt)).toBe('manifest: 2 files')
})

test('M-16 near', () => {
  expect(said(now + 2 * hour)).toBe('manifest: 2 files, kept until 2026-01-01T02:00:00Z, for 2 h')
})

test('M-16 too near, for the time or for the number of files', () => {
  expect(linesFor(now + 5 * minute)[1]).toMatch(
    /^warning: .* only until 2026-01-01T00:05:00Z, in 5 min: .* new export$/,
  )
  expect(linesFor(now + 2 * hour, 7000)).toHaveLength(1)
  expect(linesFor(now + 2 * hour, 7300)[1]).toMatch(/^warning: /)
})

test('M-16 over', () => {
  expect(linesFor(now - hour)).toEqual([
    'manifest: 2 files',
    'warning: the server says that its files ended at 2025-12-31T23:00:00Z, 1 h ago; they are asked for all the same',
  ])
})
