import { expect, test } from 'vitest'
import { systemClock } from '../src/system-clock.js'

test('a wait ends with the reason of its signal, before or while it waits', async () => {
  const reason = new Error('stop')
  await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason)
  const controller = new AbortController()
  // Thirty days: beyond what a timer takes, which would fire at once.
  const waiting = systemClock.sleep(30 * 86_400_000, controller.signal)
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
})

test('no wait is no wait, and a stopped interval is stopped', async () => {
  await systemClock.sleep(0)
  await systemClock.sleep(-5)
  systemClock.every(1, () => expect.unreachable())()
  expect(systemClock.now()).toBeGreaterThan(Date.UTC(2025, 0, 1))
})
