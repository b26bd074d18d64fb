/** Who may run: the limit in all and of each origin, pauses, bursts, and what an abort does to those in line. */
import { expect, test } from 'vitest'
import { successesToGrow } from '../../src/fetch/allowance.js'
import { type Slot, slots } from '../../src/fetch/slots.js'
import { fakeClock } from '../helpers/fake-clock.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const opened = (parallel: number) => {
  const clock = fakeClock()
  const paused = new Map<string, number>()
  const fewer: number[] = []
  const wakes: (() => void)[] = []
  // Waits until the test says so: a clock that jumps would end each pause at once.
  const waiting = {
    ...clock,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason))
        wakes.push(() => {
          clock.advance(ms)
          resolve()
        })
      }),
  }
  const line = slots({
    clock: waiting,
    parallel,
    paused,
    longestPauseMs: 60_000,
    onFewer: (atOnce) => fewer.push(atOnce),
  })
  const running: { origin: string; slot: Slot }[] = []
  const enter = (origin: string, count: number, signal?: AbortSignal): void => {
    for (let each = 0; each < count; each += 1)
      void line.enter(origin, signal).then((slot) => running.push({ origin, slot }))
  }
  const leave = (showing: Parameters<Slot['leave']>[0], origin = 'a'): void => {
    const at = running.findIndex((one) => one.origin === origin)
    running.splice(at, 1)[0]?.slot.leave(showing)
  }
  const counts = async (): Promise<Record<string, number>> => {
    await turn()
    const found: Record<string, number> = {}
    for (const { origin } of running) found[origin] = (found[origin] ?? 0) + 1
    return found
  }
  return { clock, paused, fewer, wakes, enter, leave, counts, running }
}

test('the limit holds over all origins, and whoever leaves makes room', async () => {
  const { enter, leave, counts } = opened(3)
  enter('a', 2)
  enter('b', 3)
  expect(await counts()).toEqual({ a: 2, b: 1 })
  leave('neither')
  expect(await counts()).toEqual({ a: 1, b: 2 })
})

test('a burst of refusals halves once, is said once, and leaves other origins alone', async () => {
  const { enter, leave, counts, fewer } = opened(8)
  enter('a', 20)
  expect(await counts()).toEqual({ a: 8 })
  for (let each = 0; each < 8; each += 1) leave('refused')
  enter('b', 4)
  expect(await counts()).toEqual({ a: 4, b: 4 })
  for (let each = 0; each < 4; each += 1) leave('refused')
  expect(await counts()).toEqual({ a: 2, b: 4 })
  expect(fewer).toEqual([4])
})

test('it grows again by one after enough that went well', async () => {
  const { enter, leave, counts } = opened(4)
  enter('a', 100)
  await counts()
  leave('refused')
  for (let each = 0; each < 3; each += 1) leave('neither')
  expect(await counts()).toEqual({ a: 2 })
  for (let each = 0; each < successesToGrow; each += 1) {
    leave('served')
    await turn()
  }
  expect(await counts()).toEqual({ a: 3 })
})

test('while an origin pauses, none of it is let in, and others are', async () => {
  const { clock, paused, wakes, enter, counts } = opened(2)
  paused.set('a', clock.now() + 30_000)
  enter('a', 2)
  enter('b', 1)
  expect(await counts()).toEqual({ b: 1 })
  expect(wakes).toHaveLength(1)
  paused.set('a', clock.now() + 40_000)
  wakes[0]?.()
  expect(await counts()).toEqual({ b: 1 })
  wakes[1]?.()
  expect(await counts()).toEqual({ a: 1, b: 1 })
})

test('who would wait longer than anybody waits is let in, to be told', async () => {
  const { clock, paused, enter, counts } = opened(2)
  paused.set('a', clock.now() + 60_001)
  enter('a', 1)
  expect(await counts()).toEqual({ a: 1 })
})

test('an abort lets in those who wait for a pause', async () => {
  const { clock, paused, enter, counts } = opened(2)
  const stop = new AbortController()
  paused.set('a', clock.now() + 30_000)
  enter('a', 3, stop.signal)
  expect(await counts()).toEqual({})
  stop.abort(new Error('Ctrl-C'))
  expect(await counts()).toEqual({ a: 3 })
})
