/** Times as servers write them. */
import { expect, test } from 'vitest'
import { readInstant } from '../../src/protocol/instant.js'

const at = Date.UTC(2020, 0, 20, 21, 53, 41)

test.each([
  ['2020-01-20T21:53:41Z', at],
  ['2020-01-20T21:53:41.160Z', at + 160],
  ['2020-01-20T21:53:41.160999999Z', at + 160],
  ['2020-01-20T16:53:41-05:00', at],
  [' 2020-01-20T21:53:41Z ', at],
  ['2020-01-20T21:53Z', at - 41_000],
  ['2020/01/20 16:53:41.160 -0500', at + 160],
  ['2020-01-20 21:53:41.7 +0000 UTC', at + 700],
  ['2020-01-20 21:53:41 +0000 UTC', at],
  ['2020-01-20T21:53:60Z', Date.UTC(2020, 0, 20, 21, 53, 59)],
])('M-13, M-16 %j', (text, expected) => {
  expect(readInstant(text)).toBe(expected)
})

test.each(['2020-01-20T21:53:41', '2020-01-20', '2020', '', 'now', 'wait 2027', '2020-13-45T00:00:00Z'])(
  '%j says no zone, or nothing',
  (text) => {
    expect(readInstant(text)).toBeUndefined()
  },
)
