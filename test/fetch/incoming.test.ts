/** Bytes as they come over the wire: how slow is too slow, who waits for whom, and what ends a body. */
import { PassThrough, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { incoming, type Take, TooSlow } from '../../src/fetch/incoming.js'
import { NetworkError } from '../../src/http/network-error.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'

const minute = 60_000

/** So many bytes after each wait. */
async function* coming(clock: FakeClock, pieces: readonly [waitMs: number, bytes: number][]) {
  for (const [waitMs, bytes] of pieces) {
    clock.advance(waitMs)
    yield Buffer.alloc(bytes)
  }
}

const taken = async (
  pieces: readonly [number, number][],
  after: (clock: FakeClock) => void = () => {},
): Promise<number> => {
  const clock = fakeClock()
  let bytes = 0
  // One at a time: what is buffered has not been waited for.
  const body = Readable.from(coming(clock, pieces), { objectMode: false, highWaterMark: 1 })
  await incoming(body, clock, (chunk) => {
    bytes += chunk.length
    after(clock)
    return undefined
  })
  return bytes
}

const times = (number: number, piece: [number, number]): [number, number][] => Array(number).fill(piece)

test.each<[string, [number, number][]]>([
  ['a byte a second for nearly ten minutes', times(599, [1000, 1])],
  ['a kibibyte a second for a day', times(86_400, [1000, 1024])],
  ['nothing for nine minutes, then all', [...times(9, [minute, 1]), [minute, 10_000_000]]],
  [
    'a machine that slept overnight',
    [
      [8 * 60 * minute, 1],
      [1000, 10],
    ],
  ],
  ['a clock that was set back', [[-60 * minute, 1], ...times(9, [minute, 1] as [number, number])]],
])('%s: goes on', async (_name, pieces) => {
  expect(await taken(pieces)).toBe(pieces.reduce((sum, [, bytes]) => sum + bytes, 0))
})

test.each<[string, [number, number][]]>([
  ['a byte a second', times(601, [1000, 1])],
  ['just below a kibibyte a second', times(601, [1000, 1023])],
  ['a good beginning, then a byte a second', [...times(600, [1000, 100_000]), ...times(601, [1000, 1])]],
  ['a few bytes every five minutes', times(3, [5 * minute, 10])],
])('%s: is given up', async (_name, pieces) => {
  await expect(taken(pieces)).rejects.toThrow(TooSlow)
})

test('what the reader takes is not held against the server', async () => {
  const pieces = times(100, [10, 100])
  expect(await taken(pieces, (clock) => clock.advance(10 * minute))).toBe(10_000)
})

/** A body in the test's hands. */
const body = (take: Take) => {
  const stream = new PassThrough({ highWaterMark: 4 })
  return { stream, done: incoming(stream, fakeClock(), take) }
}

test('nothing more is given while the taker waits, and the end comes after that', async () => {
  const seen: string[] = []
  let goOn = (): void => {}
  const { stream, done } = body((chunk) => {
    seen.push(chunk.toString())
    return new Promise((resolve) => {
      goOn = resolve
    })
  })
  const over = done.then(() => seen.push('over'))
  for (const piece of ['a', 'b']) stream.write(piece)
  stream.end()
  await setImmediate()
  expect(seen).toEqual(['a'])
  goOn()
  await setImmediate()
  expect(seen).toEqual(['a', 'b'])
  await setImmediate()
  expect(seen).toEqual(['a', 'b'])
  goOn()
  await over
  expect(seen).toEqual(['a', 'b', 'over'])
})

test.each<[string, Take]>([
  [
    'at once',
    () => {
      throw new Error('no more')
    },
  ],
  ['later', async () => Promise.reject(new Error('no more'))],
])('a taker that fails %s ends the body', async (_name, take) => {
  const { stream, done } = body(take)
  stream.write('a')
  await expect(done).rejects.toThrow('no more')
  expect(stream.destroyed).toBe(true)
})

test('errors of the network are told as such, and so is an end that is none', async () => {
  const reset = body(() => undefined)
  reset.stream.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  await expect(reset.done).rejects.toThrow(NetworkError)
  const closed = body(() => undefined)
  closed.stream.destroy()
  await expect(closed.done).rejects.toThrow(/closed before/)
  const before = new PassThrough()
  before.destroy()
  await expect(incoming(before, fakeClock(), () => undefined)).rejects.toThrow(/closed before/)
})
