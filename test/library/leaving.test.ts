/** A stream of facts that is left while it waits. */
import { expect, test } from 'vitest'
import { leaving } from '../../src/library/leaving.js'

test('left while the next fact is waited for: it ends at once, and its own end is waited for', async () => {
  let isClosed = false
  async function* waiting(leave: AbortController): AsyncGenerator<number, string> {
    try {
      yield 1
      await new Promise((_, reject) =>
        leave.signal.addEventListener('abort', () => reject(leave.signal.reason)),
      )
      return 'whole'
    } finally {
      isClosed = true
    }
  }
  const facts = leaving(waiting)
  expect(await facts.next()).toEqual({ done: false, value: 1 })
  const pending = facts.next()
  expect(await facts.return('left')).toEqual({ done: true, value: 'left' })
  expect(isClosed).toBe(true)
  expect(await pending).toEqual({ done: true, value: undefined })
})
