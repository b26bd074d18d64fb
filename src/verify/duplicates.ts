/** Resources that an export holds more than once: looked for by a digest of type and id, in memory that has a limit. */

/** Resources that are kept in mind; two digests of 64 bits that agree by chance are not to be expected among so many. */
const keptMax = 4_000_000
/** Table of digests, each two words; it is doubled up to this number of places. */
const placesMax = 8 * 1024 * 1024
const placesFirst = 64 * 1024

const newline = 10
/** Nearly every server writes type and id first; what does not stand here is found by `JSON.parse`. */
const headBytes = 200
const head = /^\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"\s*,\s*"id"\s*:\s*"([\w.-]{1,64})"/
/** A longer line is not looked at. */
const lineMax = 16 * 1024 * 1024

const keyOfHead = (text: string): string | undefined => {
  const found = head.exec(text)
  return found ? `${found[1]}/${found[2]}` : undefined
}

const keyOfLine = (line: Buffer): string | undefined => {
  try {
    const { resourceType, id } = JSON.parse(line.toString('utf8'))
    return typeof resourceType === 'string' && typeof id === 'string' ? `${resourceType}/${id}` : undefined
  } catch {
    return undefined
  }
}

/** An open table of digests: whether one was there before. */
class Digests {
  private words = new Uint32Array(2 * placesFirst)
  private places = placesFirst
  private used = 0

  get size(): number {
    return this.used
  }

  /** False when it is new. */
  add(key: string): boolean {
    let a = 0x811c9dc5
    let b = 0x9e3779b9
    for (let at = 0; at < key.length; at += 1) {
      const code = key.charCodeAt(at)
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x85ebca6b)
      b ^= b >>> 13
    }
    // Nothing is where both are zero.
    const known = this.put(a >>> 0, (b | 1) >>> 0)
    if (!known) this.used += 1
    if (2 * this.used > this.places && this.places < placesMax) this.grow()
    return known
  }

  private put(a: number, b: number): boolean {
    const mask = this.places - 1
    for (let place = (a ^ (b >>> 7)) & mask; ; place = (place + 1) & mask) {
      if (this.words[2 * place + 1] === 0) {
        this.words[2 * place] = a
        this.words[2 * place + 1] = b
        return false
      }
      if (this.words[2 * place] === a && this.words[2 * place + 1] === b) return true
    }
  }

  private grow(): void {
    const before = this.words
    this.places *= 2
    this.words = new Uint32Array(2 * this.places)
    for (let at = 0; at < before.length; at += 2) {
      const b = before[at + 1] ?? 0
      if (b !== 0) this.put(before[at] ?? 0, b)
    }
  }
}

/** Sees the pieces of one file's content, in order, and then that there are no more. */
export interface Look {
  push(chunk: Buffer): void
  end(): void
}

export interface Duplicates {
  look(file: string): Look
  /** The resources that came once more, and the first of them. */
  found(): { number: number; example?: string }
  /** Not all resources were looked at, for there are too many. */
  readonly full: boolean
}

export const duplicates = (): Duplicates => {
  const digests = new Digests()
  let number = 0
  let example: string | undefined
  let full = false
  const take = (key: string | undefined, file: string): void => {
    if (key === undefined || !digests.add(key)) return
    number += 1
    example ??= `${key} in ${file}`
  }
  const look = (file: string): Look => {
    let rest: Buffer[] = []
    let restBytes = 0
    const line = (bytes: Buffer): void => {
      if (bytes.length > 2) take(keyOfHead(bytes.toString('latin1', 0, headBytes)) ?? keyOfLine(bytes), file)
    }
    /** The line that began in chunks before, and ends with this. */
    const endLine = (bytes: Buffer): void => {
      if (restBytes + bytes.length <= lineMax)
        line(rest.length === 0 ? bytes : Buffer.concat([...rest, bytes]))
      rest = []
      restBytes = 0
    }
    const keep = (bytes: Buffer): void => {
      restBytes += bytes.length
      // The chunk may be reused by whoever has it.
      if (restBytes <= lineMax) rest.push(Buffer.from(bytes))
      else rest = []
    }
    const push = (chunk: Buffer): void => {
      full ||= digests.size >= keptMax
      if (full) return
      let start = 0
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
        endLine(chunk.subarray(start, end))
        start = end + 1
      }
      keep(chunk.subarray(start))
    }
    return { push, end: () => endLine(Buffer.alloc(0)) }
  }
  return {
    look,
    found: () => ({ number, example }),
    get full() {
      return full
    },
  }
}
