/** Small contents: nothing of them on the disk before their end is known, and how much of them memory bears. */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Gathered, gatheredMax, Room } from '../../src/sink/gathered.js'
import { localSink } from '../../src/sink/local.js'
import { Swiftness } from '../../src/sink/swiftness.js'
import { ownDirectory, tree } from '../helpers/conversation.js'

const open = async () => {
  const directory = await ownDirectory()
  await mkdir(directory)
  const parts = () => readdir(join(directory, '.bulkx/parts'))
  return { directory, parts, sink: localSink({ directory, system: 'boot-1' }) }
}

test('a small content leaves no trace before it has its name, nor after', async () => {
  const { sink, directory, parts } = await open()
  const part = await sink.part('a')
  await part.restart({ etag: '"a"', length: 6 })
  await part.append(Buffer.from('abc'))
  await part.append(Buffer.from('def'))
  expect(part.kept().bytes).toBe(6)
  expect(await parts()).toEqual([])
  await part.publish()
  expect(await readFile(join(directory, 'a'), 'utf8')).toBe('abcdef')
  expect(await parts()).toEqual([])
})

test('what cannot be gone on from is dropped when it is suspended', async () => {
  const { sink, parts } = await open()
  const part = await sink.part('a')
  await part.restart()
  await part.append(Buffer.from('abc'))
  await part.suspend()
  expect([part.kept(), await parts()]).toEqual([{ bytes: 0 }, []])
})

test.each([gatheredMax - 1, gatheredMax, gatheredMax + 1, 3 * gatheredMax])(
  'a content of %i bytes, in chunks, is what it was',
  async (length) => {
    const { sink, directory } = await open()
    const content = Buffer.from(Array.from({ length }, (_, at) => at % 251))
    const part = await sink.part('a')
    await part.restart()
    for (let at = 0; at < length; at += 100_000) await part.append(content.subarray(at, at + 100_000))
    await part.publish()
    expect((await readFile(join(directory, 'a'))).equals(content)).toBe(true)
    expect(await tree(directory)).toEqual(['a'])
  },
)

test('a content that finds no room is for its caller to write, and what was gathered leaves room', () => {
  const room = new Room()
  const half = new Uint8Array(gatheredMax / 2)
  const all = Array.from({ length: 16 }, () => new Gathered(room))
  for (const one of all) expect([one.add(half), one.add(half), one.add(half)]).toEqual([true, true, false])
  const other = new Gathered(room)
  expect(other.add(half)).toBe(false)
  expect(all[0]?.take()).toHaveLength(2)
  expect(other.add(half)).toBe(true)
})

test('a disk is slow when most of its answers are, and stays so', () => {
  const now = performance.now
  let at = 0
  performance.now = () => at
  try {
    const take = (swiftness: Swiftness, slow: number, of: number): boolean => {
      for (let number = 0; number < of; number += 1)
        swiftness.atOnce(() => {
          at += number < slow ? 5 : 0.01
        })
      return swiftness.isSwift
    }
    const swiftness = new Swiftness()
    expect([take(swiftness, 16, 32), take(swiftness, 31, 31)]).toEqual([true, true])
    expect([take(swiftness, 1, 1), take(swiftness, 0, 64)]).toEqual([false, false])
  } finally {
    performance.now = now
  }
})

test('a disk that is slow is written to beside everything else', async () => {
  const { sink, directory } = await open()
  const now = performance.now
  let at = 0
  performance.now = () => {
    at += 10
    return at
  }
  try {
    for (let number = 0; number < 40; number += 1) await sink.write(`f${number}`, `${number}`)
  } finally {
    performance.now = now
  }
  expect(await tree(directory)).toHaveLength(40)
  expect(await readFile(join(directory, 'f39'), 'utf8')).toBe('39')
})
