/** Where the time of a job went: parts that never exceed the whole, whoever was there. */
import { expect, test } from 'vitest'
import type { Fact } from '../../src/job/facts.js'
import { type Spent, spentUntil } from '../../src/job/spent.js'
import { newState, reduce } from '../../src/job/state.js'
import { begin, item, manifest, page, start, stored, type Timed } from '../cli/stories.js'

const listed: Fact = {
  type: 'manifest-received',
  page,
  manifest: manifest({ output: [item('Patient', 1), item('Patient', 2)] }),
}
const came = (name: string): Fact => ({ type: 'file-completed', name, ...stored(50) })

test.each<[string, Timed[], number, Partial<Spent>]>([
  [
    'a kick-off that another run goes on with: the server worked meanwhile',
    [...begin, [4, { type: 'job-resumed' }], [6, listed], [7, came('Patient.0001.ndjson')]],
    9,
    { waitingMs: 5_000, downloadingMs: 3_000, bytes: 50_000 },
  ],
  [
    'an interruption while a file stalls, up to the moment that it is told of',
    [...begin, [2, listed], [3, came('Patient.0001.ndjson')]],
    13,
    { waitingMs: 1_000, downloadingMs: 11_000, bytes: 50_000 },
  ],
  [
    'and what is known of it in the next run',
    [
      ...begin,
      [2, listed],
      [3, came('Patient.0001.ndjson')],
      [33, { type: 'job-resumed' }],
      [34, came('Patient.0002.ndjson')],
      [35, { type: 'manifest-written', findings: [] }],
    ],
    60,
    { waitingMs: 1_000, downloadingMs: 2_000, betweenMs: 30_000, bytes: 100_000 },
  ],
  ['a clock that was set back', [...begin, [-9, listed]], -9, {}],
])('%s', (_name, story, until, expected) => {
  const state = newState()
  for (const [seconds, fact] of story) reduce(state, { ...fact, at: start + seconds * 1000 })
  const spent = spentUntil(state, start + until * 1000)
  expect(spent).toEqual({ waitingMs: 0, downloadingMs: 0, betweenMs: 0, bytes: 0, ...expected })
  const { waitingMs, downloadingMs, betweenMs } = spent
  expect(waitingMs + downloadingMs + betweenMs).toBeLessThanOrEqual(Math.max(0, until * 1000))
})
