/** What looks teach: how long nothing has changed, and what a clock that jumps does to waits. */
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../src/job/facts.js'
import { isAskable, waitLeftMs } from '../../src/job/looks.js'
import { newState, reduce } from '../../src/job/state.js'

const hour = 3_600_000

const stateAfter = (...facts: [at: number, fact: Fact][]) =>
  facts.reduce((state, [at, fact]) => reduce(state, { ...fact, at }), newState())

const running = (more: { progress?: string; heartbeat?: string; unchangedMs?: number } = {}): Fact => ({
  type: 'status-in-progress',
  notBefore: 0,
  ...more,
})

describe('unchanged since', () => {
  test.each<[string, Fact, number]>([
    ['the same words', running({ progress: '45%' }), 1 * hour],
    ['other words', running({ progress: '46%' }), 2 * hour],
    ['no words', running(), 2 * hour],
    ['a heartbeat that goes on', running({ progress: '45%', heartbeat: '2' }), 2 * hour],
    ['a failure in between', { type: 'status-transient', reason: 'HTTP 503', notBefore: 0 }, 1 * hour],
  ])('%s', (_name, fact, since) => {
    const state = stateAfter([1 * hour, running({ progress: '45%' })], [2 * hour, fact])
    expect(state.unchangedSince).toBe(since)
  })

  test('is said once, until something changes', () => {
    const said: [number, Fact][] = [
      [0, running({ progress: '45%' })],
      [6 * hour, running({ progress: '45%', unchangedMs: 6 * hour })],
    ]
    expect(stateAfter(...said).stallSaid).toBe(true)
    expect(stateAfter(...said, [7 * hour, running({ progress: '46%' })])).toMatchObject({
      stallSaid: false,
      unchangedSince: 7 * hour,
    })
  })
})

describe('a clock that was set back', () => {
  const state = stateAfter([
    10 * hour,
    { type: 'status-in-progress', notBefore: 11 * hour, retryAfterMs: hour },
  ])

  test.each([
    [10 * hour, hour],
    [10.5 * hour, 0.5 * hour],
    [12 * hour, -hour],
    [2 * hour, hour],
    [0, hour],
  ])('now %d: waits for %d', (now, left) => {
    expect(waitLeftMs(state, state.notBefore, now)).toBe(left)
  })

  test.each([
    [10 * hour, false],
    [11 * hour, true],
    [2 * hour, true],
  ])('now %d: may be asked %s', (now, askable) => {
    expect(isAskable(state, now)).toBe(askable)
  })

  test('a look that is due at once is due', () => {
    expect(waitLeftMs(state, 0, 2 * hour)).toBeLessThanOrEqual(0)
  })
})
