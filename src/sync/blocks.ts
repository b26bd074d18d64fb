/** A file of lines in large blocks, each of whole lines: what is read again and again in a merge. */
import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { openOwn } from './own-files.js'
import { trouble } from './trouble.js'

/** Bytes read at once; two such buffers take turns. */
const blockBytes = 1024 * 1024
const newline = 10

export interface LinesFile {
  path: string
  gzip: boolean
}

interface Source {
  /** How much there is, where that is known. */
  bytes: number
  /** Fills from the start, at least one byte; 0 at the end. */
  fill(target: Buffer): Promise<number>
  stop(): void
}

const plain = (handle: FileHandle, bytes: number): Source => ({
  bytes,
  fill: async (target) => (await handle.read(target, 0, target.length)).bytesRead,
  stop: () => {},
})

const packed = (handle: FileHandle): Source => {
  const stored = createReadStream('', { fd: handle, autoClose: false, highWaterMark: blockBytes / 4 })
  // The error reaches the reader of the chunks; the callback is what keeps it from being unhandled.
  const gunzip = pipeline(stored, createGunzip({ chunkSize: blockBytes / 4 }), () => {})
  const chunks: AsyncIterator<Buffer> = gunzip[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  return {
    bytes: blockBytes,
    fill: async (target) => {
      while (rest.length === 0) {
        const { value, done } = await chunks.next()
        if (done) return 0
        rest = value
      }
      const copied = rest.copy(target)
      rest = rest.subarray(copied)
      return copied
    },
    stop: () => {
      stored.destroy()
      gunzip.destroy()
    },
  }
}

/** Tells of all bytes, as they are read. */
const told = (source: Source, onBytes: (bytes: Buffer) => void): Source => ({
  ...source,
  fill: async (target) => {
    const got = await source.fill(target)
    onBytes(target.subarray(0, got))
    return got
  },
})

const withoutMark = (block: Buffer): Buffer =>
  block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf ? block.subarray(3) : block

/** At least so long, with what was in the first `used` bytes. */
const longer = (buffer: Buffer, bytes: number, used: number): Buffer => {
  if (buffer.length >= bytes) return buffer
  const grown = Buffer.allocUnsafeSlow(bytes)
  buffer.copy(grown, 0, 0, used)
  return grown
}

interface Filled {
  buffer: Buffer
  /** What is in it, up to the end of the last whole line. */
  whole: number
  /** All that is in it. */
  used: number
  isLast: boolean
}

/** Until there is a whole line, and the buffer is full or nothing more comes. */
const fillUp = async ({ fill, bytes }: Source, start: Buffer, kept: number): Promise<Filled> => {
  // A byte to see the end by, and one for the end of the last line. Most files are smaller than a block.
  const leastBytes = Math.min(blockBytes, bytes + 2)
  let buffer = longer(start, Math.max(leastBytes, 2 * kept), kept)
  let used = kept
  for (;;) {
    const got = await fill(buffer.subarray(used, buffer.length - 1))
    if (got === 0) {
      if (used > 0 && buffer[used - 1] !== newline) {
        buffer[used] = newline
        used += 1
      }
      return { buffer, whole: used, used, isLast: true }
    }
    used += got
    if (buffer.length - 1 - used > buffer.length / 2) continue
    const whole = buffer.subarray(0, used).lastIndexOf(newline) + 1
    if (whole > 0) return { buffer, whole, used, isLast: false }
    buffer = longer(buffer, 2 * buffer.length, used)
  }
}

async function* blocksFrom(source: Source, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let spare: Buffer = Buffer.alloc(0)
  let filling = fillUp(source, Buffer.alloc(0), 0)
  for (let isFirst = true; ; isFirst = false) {
    signal?.throwIfAborted()
    const { buffer, whole, used, isLast } = await filling
    if (!isLast) {
      const rest = longer(spare, used - whole, 0)
      buffer.copy(rest, 0, whole, used)
      filling = fillUp(source, rest, used - whole)
      // Its error is thrown by the next turn, if there is one.
      filling.catch(() => {})
      spare = buffer
    }
    const block = buffer.subarray(0, whole)
    if (block.length > 0) yield isFirst ? withoutMark(block) : block
    if (isLast) return
  }
}

/**
 * The content, unpacked, in blocks of whole lines, each with its end; a missing last one is added, a byte order mark
 * left out. A block may be changed, and is good until the next one is asked for. `onBytes` is given the content as it is,
 * in pieces that are good while it looks at them. Throws `BULKX_STORAGE`, and the signal's reason.
 */
export async function* blocksOf(
  file: LinesFile,
  signal?: AbortSignal,
  onBytes?: (bytes: Buffer) => void,
): AsyncGenerator<Buffer> {
  const handle = await openOwn(file.path)
  let source: Source | undefined
  try {
    source = file.gzip ? packed(handle) : plain(handle, (await handle.stat()).size)
    yield* blocksFrom(onBytes ? told(source, onBytes) : source, signal)
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw trouble(`Cannot read ${file.path}`, cause)
  } finally {
    source?.stop()
    await handle.close()
  }
}
