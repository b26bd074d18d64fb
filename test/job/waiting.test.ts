/** When to look again, as pure arithmetic. */
import { describe, expect, test } from 'vitest'
import { defaults } from '../../src/config.js'
import {
  confirmationDelayMs,
  confirmationsMax,
  nextLook,
  nextLookAfterFailure,
} from '../../src/job/waiting.js'

const { waiting } = defaults
const at = (age: number, more: { retryAfterMs?: number; cutRefused?: boolean } = {}) => ({
  now: age,
  startedAt: 0,
  cutRefused: false,
  ...more,
})
const never = (): number => 0

test.each([
  [200, 1000],
  [10_000, 1000],
  [20_000, 2000],
  [600_000, 60_000],
  [3_000_000, 300_000],
  [86_400_000, 300_000],
])('a job %i ms old is looked at %i ms later', (age, wait) => {
  expect(nextLook(at(age), waiting, never)).toEqual({ notBefore: age + wait })
})

test('jitter takes a tenth at most, and never leads below the minimum', () => {
  expect(nextLook(at(600_000), waiting, () => 1).notBefore).toBe(654_000)
  expect(nextLook(at(0), waiting, () => 1).notBefore).toBe(1000)
})

describe('what the server asks', () => {
  test.each<[string, number, object, object]>([
    ['is obeyed, without jitter', 120_000, {}, { notBefore: 120_000, retryAfterMs: 120_000 }],
    ['even below our minimum', 300, {}, { notBefore: 300, retryAfterMs: 300 }],
    ['no more than five times a second', 1, {}, { notBefore: 200, retryAfterMs: 1 }],
    ['up to the deadline', 5000, { deadlineMs: 5000 }, { notBefore: 5000, retryAfterMs: 5000 }],
    ['not beyond it', 5001, { deadlineMs: 5000 }, { notBefore: 1000 }],
    ['is cut', 120_000, { retryAfterMaxMs: 60_000 }, { notBefore: 60_000, retryAfterMs: 120_000, cut: true }],
    [
      'is not cut when it is short',
      60_000,
      { retryAfterMaxMs: 60_000 },
      { notBefore: 60_000, retryAfterMs: 60_000 },
    ],
  ])('%s', (_name, retryAfterMs, differences, expected) => {
    expect(nextLook(at(0, { retryAfterMs }), { ...waiting, ...differences }, () => 1)).toEqual(expected)
  })

  test('is not cut after a 429', () => {
    const limited = { ...waiting, retryAfterMaxMs: 60_000 }
    expect(nextLook(at(0, { retryAfterMs: 120_000, cutRefused: true }), limited, never)).toEqual({
      notBefore: 120_000,
      retryAfterMs: 120_000,
    })
  })
})

describe('the deadline', () => {
  const soon = { ...waiting, deadlineMs: 60_000 }
  test.each<[string, () => number, number]>([
    ['comes before the next look', () => nextLook(at(59_500), soon, never).notBefore, 60_000],
    [
      'comes before the next try',
      () => nextLookAfterFailure({ ...at(59_500), failures: 9, failingSince: 59_500 }, soon, never).notBefore,
      60_000,
    ],
    ['comes later', () => nextLook(at(10_000), soon, never).notBefore, 11_000],
    ['has come: the next run looks at once', () => nextLook(at(70_000), soon, never).notBefore, 70_000],
  ])('%s', (_name, look, expected) => {
    expect(look()).toBe(expected)
  })
})

test('after failures the waits double, up to the maximum, without ever overflowing', () => {
  const waits = [1, 2, 3, 9, 10, 40, 5000].map(
    (failures) => nextLookAfterFailure({ ...at(0), failures, failingSince: 0 }, waiting, never).notBefore,
  )
  expect(waits).toEqual([1000, 2000, 4000, 256_000, 300_000, 300_000, 300_000])
  expect(
    nextLookAfterFailure({ ...at(0, { retryAfterMs: 700 }), failures: 9, failingSince: 0 }, waiting, never)
      .notBefore,
  ).toBe(700)
})

test.each([
  [{}, [10_000, 30_000, 80_000]],
  [{ patienceMs: 12_000 }, [1000, 3000, 8000]],
  [{ pollMaxMs: 20_000 }, [10_000, 20_000, 20_000]],
])('confirmations %j', (differences, waits) => {
  const own = { ...waiting, ...differences }
  const delays = Array.from({ length: confirmationsMax }, (_, doubts) => confirmationDelayMs(doubts, own))
  expect(delays).toEqual(waits)
})

test('patience cuts the wait for its last look, and not what the server asks for', () => {
  const hasty = { ...waiting, patienceMs: 2_000 }
  const next = (now: number, retryAfterMs?: number): number =>
    nextLookAfterFailure({ ...at(now, { retryAfterMs }), failures: 9, failingSince: 0 }, hasty, never)
      .notBefore
  expect(next(500)).toBe(2_000)
  expect(next(500, 15_000)).toBe(15_500)
})
