/** What a line is: the key of its resource, read off its first bytes where that is safe, else by `JSON.parse`. */
import { constants, isUtf8 } from 'node:buffer'
import { isObject, type Json, parseJson } from '../json.js'
import { hashOf, type Key, mixed } from './key-table.js'
import type { TypeNames } from './type-names.js'

/** A longer id is none, bytes; FHIR allows 64. */
const idBytesMax = 1024

const quote = 0x22
const backslash = 0x5c
const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d

/** `resource`: the reader has its key. `header`: a `Parameters` of `organizeOutputBy`. `none`: left out. */
export type LineKind = 'resource' | 'header' | 'none'

export interface LineRules {
  /** The file's content was not found to be good to the last line: each of them is parsed. */
  isDoubtful: boolean
  /** The manifest says that the file holds `Parameters`: they are resources, not headers. */
  holdsParameters: boolean
}

const headBegin = Buffer.from('{"resourceType":"')
const headEnd = Buffer.from('","id":"')

const begins = (bytes: Buffer, at: number, with_: Buffer): boolean => {
  for (let index = 0; index < with_.length; index += 1) if (bytes[at + index] !== with_[index]) return false
  return true
}

/**
 * Reads one line after the other; after `resource` it is the line's key itself, so that millions of lines cost no objects.
 * Where a line names its id twice, it is the first: FHIR forbids that, and nobody agrees about it.
 */
export class LineReader implements Key {
  type = 0
  bytes: Buffer = Buffer.alloc(0)
  from = 0
  to = 0
  hash = 0

  private readonly types: TypeNames
  private readonly seed: number
  private readonly ownBytes = Buffer.alloc(idBytesMax)
  /** `{"resourceType":"Patient","id":"` of the line before: the next one mostly begins alike. */
  private head: Buffer = Buffer.alloc(0)
  private headType = 0

  constructor(types: TypeNames, seed: number) {
    this.types = types
    this.seed = seed
  }

  /** `block` from `from` to `to` is the line without its end and without spaces around it. */
  read(block: Buffer, from: number, to: number, rules: LineRules): LineKind {
    if (!rules.isDoubtful && this.readHead(block, from)) {
      const isHeader = !rules.holdsParameters && this.types.name(this.type) === 'Parameters'
      return isHeader ? 'header' : 'resource'
    }
    const value = parsed(block, from, to)
    if (value === undefined) return 'none'
    // Headers need no id.
    if (value.resourceType === 'Parameters' && !rules.holdsParameters) return 'header'
    return this.take(value) ? 'resource' : 'none'
  }

  /** A key that does not come from a line. False where it can be none. */
  set(type: string, id: string): boolean {
    const number = this.types.number(type)
    if (number === undefined || id === '' || Buffer.byteLength(id) > idBytesMax) return false
    this.type = number
    this.bytes = this.ownBytes
    this.from = 0
    this.to = this.ownBytes.write(id)
    this.hash = hashOf(this.seed, number, this.ownBytes, 0, this.to)
    return true
  }

  /** A key that was written down. */
  restore(type: number, bytes: Buffer, from: number, to: number): void {
    this.type = type
    this.bytes = bytes
    this.from = from
    this.to = to
    this.hash = hashOf(this.seed, type, bytes, from, to)
  }

  private take({ resourceType, id }: Json): boolean {
    return typeof resourceType === 'string' && typeof id === 'string' && this.set(resourceType, id)
  }

  /** Blocks end with a line end, which no head has: nothing is read behind them. */
  private readHead(block: Buffer, from: number): boolean {
    if (!begins(block, from, this.head) || this.head.length === 0) {
      if (!this.findHead(block, from)) return false
    }
    const start = from + this.head.length
    const type = this.headType
    // As `hashOf`, while the end is sought: the two together must stay one pass.
    let hash = this.seed ^ Math.imul(type + 1, 0x9e3779b1)
    let at = start
    for (; ; at += 1) {
      const byte = block[at] ?? 0
      if (byte === quote) break
      if (byte <= 0x20 || byte >= 0x7f || byte === backslash) return false
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    if (at === start || at - start > idBytesMax) return false
    this.type = type
    this.bytes = block
    this.from = start
    this.to = at
    this.hash = mixed(hash)
    return true
  }

  private findHead(block: Buffer, from: number): boolean {
    if (!begins(block, from, headBegin)) return false
    let at = from + headBegin.length
    while (((block[at] ?? 0) | 0x20) >= 0x61 && ((block[at] ?? 0) | 0x20) <= 0x7a) at += 1
    if (!begins(block, at, headEnd)) return false
    const type = this.types.number(block.toString('latin1', from + headBegin.length, at))
    if (type === undefined) return false
    this.head = Buffer.from(block.subarray(from, at + headEnd.length))
    this.headType = type
    return true
  }
}

/** The object that a line is; undefined for a bad one, as an export counts them. */
export const parsed = (block: Buffer, from: number, to: number): Json | undefined => {
  const line = block.subarray(from, to)
  if (line.length > constants.MAX_STRING_LENGTH || !isUtf8(line)) return undefined
  const value = parseJson(line.toString('utf8'))
  return isObject(value) ? value : undefined
}

/** A line of a block. `isClean`: nothing but what it holds, and `\n`, stands there. */
export type VisitLine = (from: number, to: number, isClean: boolean) => void

/** The lines of a block that are not blank, without their ends and spaces around. */
export const eachLine = (block: Buffer, visit: VisitLine): void => {
  for (let start = 0; start < block.length; ) {
    const end = block.indexOf(10, start)
    let from = start
    let to = end
    while (from < to && isSpace(block[from])) from += 1
    while (to > from && isSpace(block[to - 1])) to -= 1
    if (from < to) visit(from, to, from === start && to === end)
    start = end + 1
  }
}

/** `Type/id`, for messages and lists. */
export const shownKey = ({ type, bytes, from, to }: Key, types: TypeNames): string =>
  `${types.name(type)}/${bytes.toString('utf8', from, to)}`
