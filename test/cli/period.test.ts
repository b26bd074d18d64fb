/** `--since` and `--until` beside each other, and beside the clock. */
import { expect, test } from 'vitest'
import { assertPeriod, isAhead } from '../../src/options/period.js'

test.each([
  ['2026-01-31', '2026-01-01'],
  ['2026-02', '2026-01-31'],
  ['2026', '2025-12'],
  ['2026-06-15T10:00:00Z', '2026-06-15T09:00:00Z'],
  ['2026-06-15T10:00:00Z', '2026-06-15T11:00:00+02:00'],
  ['2026-06-15T10:01Z', '2026-06-15T10:00Z'],
  ['2026-06-16T14:00:00Z', '2026-06-15'],
])('--since %s is later than --until %s', (since, until) => {
  expect(() => assertPeriod(since, until)).toThrow(`--since ${since} is later than --until ${until}`)
})

test.each([
  ['2026-01-01', '2026-01-31'],
  ['2026-01-31', '2026-01-31'],
  ['2026-01-31', '2026-01'],
  ['2026-12-31', '2026'],
  ['2026-06-15T10:00:00Z', '2026-06-15T10:00:00Z'],
  ['2026-06-15T10:00:59Z', '2026-06-15T10:00Z'],
  ['2026-06-15T23:00:00-10:00', '2026-06-15'],
  ['2026-06-16', '2026-06-15T13:00:00Z'],
  ['last', '2026-01-01'],
  [undefined, '2026-01-01'],
  ['2026-01-01', undefined],
])('--since %s and --until %s may be a period', (since, until) => {
  expect(() => assertPeriod(since, until)).not.toThrow()
})

test.each([
  ['2026-06-15T12:00:01Z', true],
  ['2026-06-15T11:59:59Z', false],
  ['2026-06-14', false],
  ['2026-06-16', true],
  ['2027', true],
  ['last', false],
])('on 14 June at noon, %s is ahead: %s', (text, ahead) => {
  expect(isAhead(text, Date.parse('2026-06-14T12:00:00Z'))).toBe(ahead)
})
