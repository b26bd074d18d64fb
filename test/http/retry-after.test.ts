/** `Retry-After`: seconds, dates, and everything that is neither. */
import { expect, test } from 'vitest'
import { readHttpDate, readRetryAfter } from '../../src/http/retry-after.js'

const now = Date.UTC(2026, 0, 1, 12, 0, 0)

test.each<[string | undefined, number | undefined]>([
  ['120', 120_000],
  [' 120 ', 120_000],
  ['0.5', 500],
  ['12.5', 12_500],
  ['0.0001', 1],
  ['120, 120', 120_000],
  ['120,300', 120_000],
  ['1000000000', 1e12],
  ['Thu, 01 Jan 2026 12:02:00 GMT', 120_000],
  ['Thu, 01 Jan 2026 12:00:00 GMT', undefined],
  ['Thu, 01 Jan 2026 11:59:59 GMT', undefined],
  ['0', undefined],
  ['0.0', undefined],
  ['-5', undefined],
  ['+5', undefined],
  ['abc', undefined],
  ['', undefined],
  ['1e9', undefined],
  ['0x10', undefined],
  ['10s', undefined],
  ['NaN', undefined],
  ['Infinity', undefined],
  ['120 120', undefined],
  ['wait 2027', undefined],
  ['2026-01-01T12:02:00Z', undefined],
  ['Thu, 99 Jan 2026 12:02:00 GMT', undefined],
  [`1${'0'.repeat(400)}`, undefined],
  [undefined, undefined],
])('P-09…P-13 %j is %j ms', (text, expected) => {
  expect(readRetryAfter(text, now)).toBe(expected)
})

test.each<[string | undefined, number | undefined]>([
  ['Thu, 01 Jan 2026 12:00:00 GMT', now],
  [' Thu, 01 Jan 2026 12:00:00 GMT ', now],
  ['Thu, 01 Jan 2026 12:00:00 UTC', undefined],
  ['Thu, 01 Jan 2026 12:00:00 +0100', undefined],
  ['1767268800000', undefined],
  ['2026', undefined],
  ['', undefined],
  [undefined, undefined],
])('the date %j', (text, expected) => {
  expect(readHttpDate(text)).toBe(expected)
})
