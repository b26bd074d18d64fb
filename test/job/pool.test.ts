/** Many pieces of work at once: nothing is lost, nothing runs on, the limit holds. */
import { expect, onTestFinished, test } from 'vitest'
import { NetworkError } from '../../src/http/network-error.js'
import { transport } from '../../src/http/transport.js'
import { pool } from '../../src/job/pool.js'
import { systemClock } from '../../src/system-clock.js'
import { tcpServer } from '../helpers/tcp-server.js'

const collect = async <T>(batches: AsyncGenerator<T[]>): Promise<T[]> => {
  const all: T[] = []
  for await (const batch of batches) all.push(...batch)
  return all
}

/** Work that ends when the test says so. */
const controlled = () => {
  const ends = new Map<number, { resolve(): void; reject(error: Error): void }>()
  const signals = new Map<number, AbortSignal>()
  let most = 0
  const work = (item: number, signal: AbortSignal): Promise<number> =>
    new Promise((resolve, reject) => {
      signals.set(item, signal)
      ends.set(item, {
        resolve: () => {
          ends.delete(item)
          resolve(item)
        },
        reject: (error) => {
          ends.delete(item)
          reject(error)
        },
      })
      most = Math.max(most, ends.size)
    })
  return { work, ends, signals, most: () => most }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('two that finish at once are both yielded, together', async () => {
  const { work, ends } = controlled()
  const batches = pool([1, 2, 3], 3, work)
  const first = batches.next()
  await turn()
  ends.get(1)?.resolve()
  ends.get(2)?.resolve()
  await turn()
  expect((await first).value).toEqual([1, 2])
  const second = batches.next()
  await turn()
  ends.get(3)?.resolve()
  expect((await second).value).toEqual([3])
  expect((await batches.next()).done).toBe(true)
})

test('results that nobody has taken count against the limit', async () => {
  const { work, ends } = controlled()
  const batches = pool([1, 2, 3, 4], 2, work)
  const first = batches.next()
  await turn()
  ends.get(1)?.resolve()
  expect((await first).value).toEqual([1])
  ends.get(2)?.resolve()
  await turn()
  await turn()
  expect([...ends.keys()]).toEqual([])
  const second = batches.next()
  await turn()
  expect((await second).value).toEqual([2])
  const third = batches.next()
  await turn()
  expect([...ends.keys()]).toEqual([3, 4])
  ends.get(3)?.resolve()
  ends.get(4)?.resolve()
  await third
  await batches.return([])
})

test.each([1, 2, 7, 100])('all of 50 come, with at most %i at once', async (limit) => {
  let running = 0
  let most = 0
  const items = Array.from({ length: 50 }, (_, index) => index)
  const results = await collect(
    pool(items, limit, async (item) => {
      running += 1
      most = Math.max(most, running)
      for (let wait = (item * 7) % 5; wait >= 0; wait -= 1) await turn()
      running -= 1
      return item
    }),
  )
  expect(results.sort((a, b) => a - b)).toEqual(items)
  expect(most).toBe(Math.min(limit, 50))
})

test('nothing to do is no result', async () => {
  expect(await collect(pool([], 3, async () => 1))).toEqual([])
})

test('a failure stops the others, what they finished is yielded, then it is thrown', async () => {
  const { work, ends, signals } = controlled()
  const batches = pool([1, 2, 3, 4], 3, work)
  const first = batches.next()
  await turn()
  ends.get(2)?.reject(new Error('disk full'))
  await turn()
  expect(signals.get(1)?.aborted).toBe(true)
  ends.get(1)?.resolve()
  ends.get(3)?.resolve()
  expect((await first).value).toEqual([1, 3])
  await expect(batches.next()).rejects.toThrow('disk full')
  expect(signals.has(4)).toBe(false)
})

test('an abort reaches the work, and comes out as its reason', async () => {
  const stop = new AbortController()
  const { work, ends, signals } = controlled()
  const batches = pool([1, 2], 1, work, stop.signal)
  const first = batches.next()
  await turn()
  stop.abort(new Error('Ctrl-C'))
  expect(signals.get(1)?.aborted).toBe(true)
  ends.get(1)?.resolve()
  expect((await first).value).toEqual([1])
  await expect(batches.next()).rejects.toThrow('Ctrl-C')
  expect(signals.has(2)).toBe(false)
})

test('aborted before it began, it starts nothing', async () => {
  const { work, signals } = controlled()
  await expect(collect(pool([1], 1, work, AbortSignal.abort(new Error('Ctrl-C'))))).rejects.toThrow('Ctrl-C')
  expect(signals.size).toBe(0)
})

test('whoever stops listening waits until the work has stopped', async () => {
  const { work, ends, signals } = controlled()
  const batches = pool([1, 2, 3], 2, work)
  const first = batches.next()
  await turn()
  ends.get(1)?.resolve()
  await first
  let over = false
  const left = batches.return([]).then(() => {
    over = true
  })
  await turn()
  expect([signals.get(2)?.aborted, over]).toEqual([true, false])
  ends.get(2)?.reject(new Error('aborted'))
  await left
  expect(signals.has(3)).toBe(false)
})

test('sixty-four requests that fail at once, and wait for their next attempt, are no leak of listeners', async () => {
  const warnings: string[] = []
  const note = ({ name }: Error): void => void warnings.push(name)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))

  const all = 64
  const held: (() => void)[] = []
  const server = await tcpServer({
    GET: (response) => {
      held.push(() => void response.destroy())
      if (held.length === all) for (const breakOff of held) breakOff()
    },
  })
  const { exchange, close } = transport({
    headers: {},
    secretHeaders: {},
    auth: { kind: 'none' },
    trustedOrigins: [],
    requestTimeoutMs: 60_000,
  })
  onTestFinished(close)
  const stop = new AbortController()
  const failures: unknown[] = []
  const work = async (item: number, signal: AbortSignal): Promise<void> => {
    const url = `${server.origin}/${item}`
    await exchange({ method: 'GET', url, headers: {}, signal }).catch((error) => failures.push(error))
    const wait = systemClock.sleep(3_600_000, signal)
    if (failures.length === all) stop.abort(new Error('stopped'))
    await wait
  }
  const items = Array.from({ length: all }, (_, index) => index)
  await expect(collect(pool(items, all, work, stop.signal))).rejects.toThrow('stopped')
  await turn()
  expect(failures.every((error) => error instanceof NetworkError)).toBe(true)
  expect(warnings).toEqual([])
})
