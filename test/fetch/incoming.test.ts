/** Bytes as they come over the wire: how slow is too slow, and the digest of what was sent. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { atPace, digested, TooSlow } from '../../src/fetch/incoming.js'
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
  for await (const chunk of atPace(coming(clock, pieces), clock)) {
    bytes += chunk.length
    after(clock)
  }
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

test('a source is ended when nobody wants the rest', async () => {
  let ended = false
  const source = async function* () {
    try {
      for (;;) yield Buffer.from('a')
    } finally {
      ended = true
    }
  }
  for await (const _chunk of atPace(source(), fakeClock())) break
  expect(ended).toBe(true)
})

test('the digest is that of all chunks', async () => {
  const pieces = ['a', 'bc', ''].map((text) => Buffer.from(text))
  const source = async function* () {
    yield* pieces
  }
  const { chunks, sha256 } = digested(source())
  const seen: Buffer[] = []
  for await (const chunk of chunks) seen.push(chunk)
  expect(seen).toEqual(pieces)
  expect(sha256()).toBe(createHash('sha256').update('abc').digest('hex'))
})
