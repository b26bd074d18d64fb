/** What the next export begins at, a row for each thing a server may say. */
import { expect, test } from 'vitest'
import { dataTimeOf } from '../../src/job/data-time.js'
import type { Fact, JobEvent } from '../../src/job/facts.js'
import { newState, reduce } from '../../src/job/state.js'
import { kickOffOf } from '../helpers/job.js'

const minute = 60_000
const noon = Date.parse('2026-01-01T12:00:00Z')
const at = (minutes: number): number => noon + minutes * minute
const text = (minutes: number): string => new Date(at(minutes)).toISOString()

interface Said {
  transactionTime?: string
  /** The server's `Date` of the answer to the kick-off, and of the one with the manifest: minutes. */
  dates?: [accepted?: number, manifest?: number]
  attached?: true
}

/** Sent at noon, accepted two minutes later, the manifest after an hour: by our clock. */
const after = ({ transactionTime, dates = [], attached }: Said) => {
  const [accepted, answered] = dates
  const timed = (minutes: number | undefined): number | undefined =>
    minutes === undefined ? undefined : at(minutes)
  const facts: [number, Fact][] = [
    [0, { type: 'job-created', version: 1, exportId: 'x', server: 's', fhirUrl: 's', kickOff: kickOffOf() }],
    [-5, { type: 'kick-off-requested', method: 'GET', url: 'u' }],
    [-4, { type: 'kick-off-unsent', reason: 'r' }],
    [0, { type: 'kick-off-requested', method: 'GET', url: 'u' }],
    [2, { type: 'kick-off-accepted', pollingLocation: 'p', serverDate: timed(accepted), attached }],
    [
      60,
      {
        type: 'manifest-received',
        page: 'p',
        manifest: {
          transactionTime,
          items: { output: [], deleted: [], outcome: [] },
          issues: [],
          answeredAt: timed(answered),
          rest: {},
        },
      },
    ],
  ]
  const shown = facts.filter(([, { type }]) => !attached || type !== 'kick-off-requested')
  return shown.map(([minutes, fact]): JobEvent => ({ ...fact, at: at(minutes) })).reduce(reduce, newState())
}

test.each<[string, Said, string, string | undefined]>([
  ['a time', { transactionTime: '2026-01-01T12:01:00+00:00' }, '2026-01-01T12:01:00+00:00', undefined],
  ['none: when the kick-off was sent', {}, text(0), 'missing'],
  ["none: that by the server's clock", { dates: [32] }, text(30), 'missing'],
  ['none, of a job kicked off elsewhere', { attached: true, dates: [2] }, text(2), 'missing'],
  ['no time', { transactionTime: 'yesterday' }, text(0), 'no-time'],
  ['five minutes after the answer, by our clock', { transactionTime: text(65) }, text(65), undefined],
  ['later, by our clock', { transactionTime: text(65.1) }, text(0), 'future'],
  [
    "five minutes after it, by the server's clock",
    { transactionTime: text(95), dates: [30, 90] },
    text(95),
    undefined,
  ],
  ["later, by the server's clock", { transactionTime: text(95.1), dates: [30, 90] }, text(28), 'future'],
  [
    "not by the server's clock, which is before ours",
    { transactionTime: text(60), dates: [-30, 30] },
    text(-32),
    'future',
  ],
  ['without a zone', { transactionTime: '2026-01-02T12:00:00' }, '2026-01-02T12:00:00', undefined],
])('%s', (_what, said, expected, instead) => {
  expect(dataTimeOf(after(said))).toMatchObject({
    text: expected,
    at: Date.parse(expected),
    ...(instead && { instead }),
  })
  expect(dataTimeOf(after(said)).instead).toBe(instead)
})
