/** Writing behind the caller's back, on a disk that fails: it comes out, and nobody waits for ever. */
import type { FileHandle } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { writeBehind } from '../../src/sink/write-behind.js'

const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })

/** A file that takes so many writes. */
const fileFor = (writes: number): FileHandle => {
  let left = writes
  const writev = async (chunks: Uint8Array[]): Promise<{ bytesWritten: number }> => {
    left -= 1
    if (left < 0) throw full
    return { bytesWritten: chunks.reduce((sum, { length }) => sum + length, 0) }
  }
  return { writev } as unknown as FileHandle
}

const chunk = new Uint8Array(100_000)

test.each([0, 1, 2])('what is appended after a failure, %i writes later, fails as well', async (writes) => {
  const writer = writeBehind(async () => fileFor(writes))
  for (let number = 0; number < writes; number += 1) {
    void writer.append(chunk)
    await writer.flush()
  }
  void writer.append(chunk)
  await expect(writer.flush()).rejects.toBe(full)
  await expect(writer.append(chunk)).rejects.toBe(full)
  await expect(writer.flush()).rejects.toBe(full)
  await writer.drop()
})

test('a file that cannot be opened fails all that is appended', async () => {
  const writer = writeBehind(async () => Promise.reject(full))
  void writer.append(chunk)
  await expect(writer.flush()).rejects.toBe(full)
  await expect(writer.append(chunk)).rejects.toBe(full)
  await writer.drop()
})

test('a chunk without bytes is written like any other', async () => {
  const writer = writeBehind(async () => fileFor(9))
  void writer.append(chunk)
  await writer.flush()
  void writer.append(new Uint8Array(0))
  await writer.flush()
  await writer.drop()
})
