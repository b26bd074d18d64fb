/** Resources that an export holds more than once: looked for by a digest of type and id, in memory that has a limit. */

/** Resources that are kept in mind; two digests of 64 bits that agree by chance are not to be expected among so many. */
const keptMax = 4_000_000
/** Table of digests, each two words; it is doubled up to this number of places. */
const placesMax = 8 * 1024 * 1024
const placesFirst = 64 * 1024

const newline = 10
/** Nearly every server writes type and id first; what does not stand here is found by `JSON.parse`. */
const headBytes = 200
const head = /^\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"\s*,\s*"id"\s*:\s*"(?=[\w.-]{1,64}")/
/** A longer line is not looked at. */
const lineMax = 16 * 1024 * 1024

/** Of type and id, two words: taken over the bytes where they stand, most lines being told by nothing else. */
class Digest {
  a = 0
  b = 0

  /** Of a type: ids follow. */
  begin(type: string): void {
    this.a = 0x811c9dc5
    this.b = 0x9e3779b9
    for (let at = 0; at < type.length; at += 1) this.take(type.charCodeAt(at))
  }

  take(code: number): void {
    this.a = Math.imul(this.a ^ code, 0x01000193)
    const mixed = Math.imul(this.b ^ code, 0x85ebca6b)
    this.b = mixed ^ (mixed >>> 13)
  }

  /** Up to the closing quote; false where the id is none, or too long. The same as `take` of each, and quicker. */
  takeId(bytes: Buffer, from: number, to: number): boolean {
    let { a, b } = this
    const end = Math.min(to, from + idMax + 1)
    for (let at = from; at < end; at += 1) {
      const code = bytes[at] ?? 0
      if (code === quote) {
        this.a = a
        this.b = b
        return at > from
      }
      if (code === backslash) return false
      a = Math.imul(a ^ code, 0x01000193)
      const mixed = Math.imul(b ^ code, 0x85ebca6b)
      b = mixed ^ (mixed >>> 13)
    }
    return false
  }
}

const idMax = 64
const quote = 0x22
const backslash = 0x5c

interface Key {
  type: string
  id: string
}

const keyOfLine = (line: Buffer): Key | undefined => {
  try {
    const { resourceType, id } = JSON.parse(line.toString('utf8'))
    return typeof resourceType === 'string' && typeof id === 'string' ? { type: resourceType, id } : undefined
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
  add({ a, b }: Digest): boolean {
    // Nothing is where the second word is zero.
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

/** What lines begin with, up to the id: the next one mostly begins with the same bytes. */
interface Beginning {
  bytes: Buffer
  type: string
}

const beginsWith = (bytes: Buffer, from: number, { bytes: beginning }: Beginning): boolean => {
  for (let at = 0; at < beginning.length; at += 1) if (bytes[from + at] !== beginning[at]) return false
  return true
}

/** Reads the digest of type and id off a line, which stands in `bytes` between two offsets. */
const keyReader = () => {
  const digest = new Digest()
  let beginning: Beginning | undefined
  const quick = (bytes: Buffer, from: number, to: number): boolean => {
    if (!beginning || to - from < beginning.bytes.length || !beginsWith(bytes, from, beginning)) return false
    digest.begin(beginning.type)
    return digest.takeId(bytes, from + beginning.bytes.length, to)
  }
  const slow = (bytes: Buffer, from: number, to: number): boolean => {
    const found = head.exec(bytes.toString('latin1', from, Math.min(to, from + headBytes)))
    if (found) {
      beginning = { bytes: Buffer.from(found[0], 'latin1'), type: found[1] ?? '' }
      return quick(bytes, from, to)
    }
    const key = keyOfLine(bytes.subarray(from, to))
    if (!key) return false
    digest.begin(key.type)
    const id = Buffer.from(`${key.id}"`)
    return digest.takeId(id, 0, id.length)
  }
  return (bytes: Buffer, from: number, to: number): Digest | undefined =>
    quick(bytes, from, to) || slow(bytes, from, to) ? digest : undefined
}

/** Looks at the lines of any number of files at once. */
export const duplicates = (): Duplicates => {
  const digests = new Digests()
  let number = 0
  let example: string | undefined
  let full = false
  const look = (file: string): Look => {
    const keyOf = keyReader()
    let rest: Buffer[] = []
    let restBytes = 0
    const line = (bytes: Buffer, from: number, to: number): void => {
      if (to - from <= 2) return
      const digest = keyOf(bytes, from, to)
      if (!digest || !digests.add(digest)) return
      number += 1
      if (example !== undefined) return
      const key = keyOfLine(bytes.subarray(from, to))
      example = `${key?.type}/${key?.id} in ${file}`
    }
    /** The line that began in chunks before, and ends in this one. */
    const endRest = (end: Buffer): void => {
      if (restBytes + end.length <= lineMax) {
        const whole = Buffer.concat([...rest, end])
        line(whole, 0, whole.length)
      }
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
        if (restBytes > 0) endRest(chunk.subarray(start, end))
        else line(chunk, start, end)
        start = end + 1
      }
      if (start < chunk.length) keep(chunk.subarray(start))
    }
    return { push, end: () => endRest(Buffer.alloc(0)) }
  }
  return {
    look,
    found: () => ({ number, example }),
    get full() {
      return full
    },
  }
}
