/** Where a merge goes whose result is not written, but compared with the snapshot that is there. */
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { LineReader, shownKey } from './line-reader.js'
import { openOwn } from './own-files.js'
import type { Outputs } from './snapshot-files.js'
import { trouble } from './trouble.js'
import { TypeNames } from './type-names.js'

/** The first place where a file is not what the exports give. */
export interface Difference {
  name: string
  /** `Type/id` of the line that the exports give there; undefined where they give no more. */
  expected?: string
  /** Of the line that is there; undefined where the file ends. */
  found?: string
}

/** Read of a line to know whose it is. */
const beginningMax = 64 * 1024
const newline = 10

const resourceOf = (bytes: Buffer): string | undefined => {
  if (bytes.length === 0) return undefined
  const types = new TypeNames()
  const reader = new LineReader(types, 0)
  const end = bytes.indexOf(newline)
  const line = Buffer.concat([end === -1 ? bytes : bytes.subarray(0, end), Buffer.from('\n')])
  const kind = reader.read(line, 0, line.length - 1, { isDoubtful: false, holdsParameters: true })
  return kind === 'resource' ? shownKey(reader, types) : 'a line that is no resource'
}

/** One file of the snapshot; nothing is read any more once it differs. */
class Compared {
  readonly name: string
  difference: Difference | undefined
  private readonly path: string
  private handle: FileHandle | undefined
  private waiting: Buffer[] = []
  private position = 0

  constructor(folder: string, name: string) {
    this.name = name
    this.path = join(folder, name)
  }

  put(bytes: Buffer): void {
    if (!this.difference) this.waiting.push(bytes)
  }

  async compare(): Promise<void> {
    const expected = Buffer.concat(this.waiting)
    this.waiting = []
    if (this.difference) return
    const found = await this.read(this.position, expected.length)
    const common = sameBytes(expected, found)
    if (common === expected.length) {
      this.position += expected.length
      return
    }
    // Whole lines were put: this one begins behind the last end before the first difference.
    const start = common === 0 ? 0 : expected.lastIndexOf(newline, common - 1) + 1
    this.difference = {
      name: this.name,
      expected: resourceOf(expected.subarray(start)),
      found: resourceOf(await this.read(this.position + start, beginningMax)),
    }
  }

  async end(): Promise<void> {
    const rest = this.difference ? undefined : await this.read(this.position, beginningMax)
    if (rest && rest.length > 0) this.difference = { name: this.name, found: resourceOf(rest) }
  }

  async close(): Promise<void> {
    await this.handle?.close()
  }

  private async read(position: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes)
    let used = 0
    try {
      this.handle ??= await openOwn(this.path)
      while (used < bytes) {
        const { bytesRead } = await this.handle.read(buffer, used, bytes - used, position + used)
        if (bytesRead === 0) break
        used += bytesRead
      }
    } catch (cause) {
      throw trouble(`Cannot read ${this.path}`, cause)
    }
    return buffer.subarray(0, used)
  }
}

/** How many bytes are the same from the beginning. */
const sameBytes = (one: Buffer, other: Buffer): number => {
  if (one.equals(other)) return one.length
  const shorter = Math.min(one.length, other.length)
  for (let at = 0; at < shorter; at += 1) if (one[at] !== other[at]) return at
  return shorter
}

export class Comparison implements Outputs {
  private readonly files: Map<string, Compared>
  private readonly waiting = new Set<Compared>()
  private readonly missing = new Map<string, Difference>()

  /** `names`: the files that are there. */
  constructor(folder: string, names: readonly string[]) {
    this.files = new Map(names.map((name) => [name, new Compared(folder, name)]))
  }

  put(name: string, bytes: Buffer): void {
    const file = this.files.get(name)
    if (file) {
      file.put(bytes)
      this.waiting.add(file)
    } else if (!this.missing.has(name)) this.missing.set(name, { name, expected: resourceOf(bytes) })
  }

  async settle(): Promise<void> {
    for (const file of this.waiting) await file.compare()
    this.waiting.clear()
  }

  /** The first difference of each file. */
  async end(): Promise<Difference[]> {
    for (const file of this.files.values()) await file.end()
    const found = [...this.files.values()].flatMap(({ difference }) => difference ?? [])
    return [...found, ...this.missing.values()]
  }

  async close(): Promise<void> {
    for (const file of this.files.values()) await file.close().catch(() => {})
  }
}
