/** A fold whose memory has a limit: beyond it, what is said is written down by hash, and folded part by part. */
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileMode } from '../sink/disk.js'
import type { Key } from './key-table.js'
import type { Fold, Say } from './ledger.js'
import type { LineReader } from './line-reader.js'
import { trouble } from './trouble.js'

/** Parts are told apart by the first bits of the hash; tables use the last ones. */
const partBits = 8
const bufferBytes = 16 * 1024
const readBytes = 256 * 1024
/** Kind, round, ordinal, instant, type, length. */
const headBytes = 1 + 4 + 8 + 8 + 2 + 2

/** One file of what was said, in its order. */
class Part {
  private readonly path: string
  private handle: FileHandle | undefined
  private buffer: Buffer = Buffer.alloc(0)
  private used = 0
  private readonly full: Buffer[] = []

  constructor(path: string) {
    this.path = path
  }

  /** Whether a buffer is full, and wants to be written. */
  add(
    { type, bytes, from, to }: Key,
    kind: number,
    round: number,
    ordinal: number,
    instant: number,
  ): boolean {
    const isFull = this.used + headBytes + to - from > this.buffer.length
    if (isFull) {
      if (this.used > 0) this.full.push(this.buffer.subarray(0, this.used))
      this.buffer = Buffer.allocUnsafeSlow(bufferBytes)
      this.used = 0
    }
    const { buffer } = this
    let at = buffer.writeUInt8(kind, this.used)
    at = buffer.writeUInt32LE(round, at)
    at = buffer.writeDoubleLE(ordinal, at)
    at = buffer.writeDoubleLE(instant, at)
    at = buffer.writeUInt16LE(type, at)
    at = buffer.writeUInt16LE(to - from, at)
    this.used = at + bytes.copy(buffer, at, from, to)
    return this.full.length > 0
  }

  async write(): Promise<void> {
    this.handle ??= await open(this.path, 'wx+', fileMode)
    for (const buffer of this.full.splice(0)) await this.handle.appendFile(buffer)
  }

  /** Says all of it again. Afterwards it is gone. */
  async replay(reader: LineReader, say: Say): Promise<void> {
    if (this.used > 0) this.full.push(this.buffer.subarray(0, this.used))
    this.used = 0
    this.buffer = Buffer.alloc(0)
    await this.write()
    if (!this.handle) return
    let rest: Buffer = Buffer.alloc(0)
    for (let position = 0; ; ) {
      const chunk = Buffer.allocUnsafeSlow(readBytes)
      const { bytesRead } = await this.handle.read(chunk, 0, readBytes, position)
      if (bytesRead === 0) break
      position += bytesRead
      rest = sayAll(Buffer.concat([rest, chunk.subarray(0, bytesRead)]), reader, say)
    }
    await this.close()
    await rm(this.path, { force: true })
  }

  async close(): Promise<void> {
    const { handle } = this
    this.handle = undefined
    await handle?.close()
  }
}

/** Says the whole ones of what was written down; returns the rest. */
const sayAll = (bytes: Buffer, reader: LineReader, say: Say): Buffer => {
  let at = 0
  while (at + headBytes <= bytes.length) {
    const from = at + headBytes
    const to = from + bytes.readUInt16LE(from - 2)
    if (to > bytes.length) break
    reader.restore(bytes.readUInt16LE(from - 4), bytes, from, to)
    const round = bytes.readUInt32LE(at + 1)
    say(reader, bytes.readUInt8(at), round, bytes.readDoubleLE(at + 5), bytes.readDoubleLE(at + 13))
    at = to
  }
  return bytes.subarray(at)
}

export interface SpillOptions {
  /** Where the files go, whose names begin with `name`. */
  folder: string
  name: string
  /** Held in memory, about. */
  bytesMax: number
  /** For keys that are read back. */
  reader: LineReader
}

export class Spilling<F extends Fold> {
  /** Knows all, unless `isSpilled`. */
  fold: F
  private readonly make: () => F
  private readonly options: SpillOptions
  private readonly parts = new Map<number, Part>()
  private readonly waiting = new Set<Part>()
  isSpilled = false

  constructor(make: () => F, options: SpillOptions) {
    this.make = make
    this.options = options
    this.fold = make()
  }

  readonly say: Say = (key, kind, round, ordinal, instant) => {
    if (this.isSpilled) this.put(key, kind, round, ordinal, instant)
    else this.fold.apply(key, kind, round, ordinal, instant)
  }

  /** To be called after every block: nothing is written between. */
  async settle(): Promise<void> {
    if (!this.isSpilled && this.fold.bytes > this.options.bytesMax) {
      this.isSpilled = true
      const { fold } = this
      this.fold = this.make()
      fold.tell((...said) => this.put(...said))
    }
    if (this.waiting.size === 0) return
    await this.guard(async () => {
      for (const part of this.waiting) await part.write()
    })
    this.waiting.clear()
  }

  /** Nothing more comes: folds what was written down. */
  async finish(): Promise<void> {
    if (!this.isSpilled) {
      this.fold.end()
      return
    }
    await this.guard(async () => {
      for (const part of this.parts.values()) {
        const fold = this.make()
        await part.replay(this.options.reader, (...said) => fold.apply(...said))
        fold.end()
      }
    })
  }

  async close(): Promise<void> {
    for (const part of this.parts.values()) await part.close().catch(() => {})
  }

  private readonly put: Say = (key, kind, round, ordinal, instant) => {
    const index = key.hash >>> (32 - partBits)
    let part = this.parts.get(index)
    if (!part) {
      part = new Part(join(this.options.folder, `${this.options.name}-${index}`))
      this.parts.set(index, part)
    }
    if (part.add(key, kind, round, ordinal, instant)) this.waiting.add(part)
  }

  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      throw trouble(`Cannot use ${this.options.folder}`, cause)
    }
  }
}
