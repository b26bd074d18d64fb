/** Looks at the bytes of an NDJSON file as they pass: lines, types, bad lines, digest. Changes nothing. */

import { constants, isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { isObject } from '../json.js'
import { Rest } from './rest.js'
import { scanLines } from './scanner.js'
import { beginningMax, type Shape, shapeOf } from './shape.js'

export interface InspectOptions {
  /** The type the manifest names; when it is empty every type is counted by its name. */
  expectedType: string
  /** A longer line cannot be looked at. */
  maxLineBytes: number
  /** Sees resources in the order of their lines, but not header `Parameters`; parsing them costs most of the time. */
  onResource?: (resource: Record<string, unknown>) => void
  /** Which of them it sees; all when this is not given. */
  parse?: 'outcomes' | 'all'
}

export interface Inspection {
  bytes: number
  sha256: string
  /** Lines that are not blank. */
  lines: number
  /** Lines that hold a resource; header `Parameters` lines are not counted. */
  resources: number
  badLines: number
  firstBadLine?: { line: number; byte: number; reason: string }
  /** Resources of another type than expected: type to number. */
  otherTypes: Record<string, number>
  /** What the content is instead of NDJSON. */
  notLines?: Shape
  /** Number of OperationOutcome lines. */
  outcomes: number
  /** The last line is bad and has no line end: perhaps it was cut off. */
  brokenEnd: boolean
}

export interface Inspector {
  /** The chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): void
  /** The verdict; nothing may be pushed after it. */
  end(): Inspection
}

/** A line longer than the limit: the file cannot be checked, and is not taken. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong'
}

/** A longer line is no text to `JSON.parse`, whatever the limit; bytes. */
const longestLine = constants.MAX_STRING_LENGTH

const newline = 10
const lineEnd = Buffer.from('\n')

const rawCharacter = (code: number): string =>
  code === 9
    ? 'a raw tab inside a string'
    : `a raw control character (U+${code.toString(16).toUpperCase().padStart(4, '0')}) inside a string`

/** What is wrong with a line that `JSON.parse` refuses, in words that people can search their server for. */
const parseError = (error: unknown, text: string): string => {
  const said = error instanceof SyntaxError ? error.message : ''
  const at = /control character .* position (\d+)/.exec(said)?.[1]
  if (at !== undefined) return rawCharacter(text.charCodeAt(Number(at)))
  if (/Unterminated string/.test(said)) return 'the line ends inside a string'
  return /end of JSON/.test(said) ? 'the line ends too early' : 'not valid JSON'
}

/** Bytes scanned at once: what the scanner keeps memory for. */
const sliceBytes = 256 * 1024

/** Distinct types counted by name; a hostile file could have one a line. */
const otherTypesMax = 100

class Lines implements Inspector {
  private readonly hash = createHash('sha256')
  private readonly options: InspectOptions
  private readonly countedType: string
  private readonly rest = new Rest()
  private lineNumber = 0
  private readonly beginning: Buffer[] = []
  private beginningBytes = 0
  /** It begins with a line that is a resource, and goes on: whatever comes, it is NDJSON. */
  private isLines = false
  private readonly result: Inspection = {
    bytes: 0,
    sha256: '',
    lines: 0,
    resources: 0,
    badLines: 0,
    otherTypes: {},
    outcomes: 0,
    brokenEnd: false,
  }

  constructor(options: InspectOptions) {
    this.options = { ...options, maxLineBytes: Math.min(options.maxLineBytes, longestLine) }
    const isEachSeen = options.onResource !== undefined && options.parse !== 'outcomes'
    this.countedType = isEachSeen || special.test(options.expectedType) ? '' : options.expectedType
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.hash.update(bytes)
    for (let at = 0; at < bytes.length; at += sliceBytes) this.slice(bytes.subarray(at, at + sliceBytes))
    if (this.isLines) return
    this.isLines = this.result.lines > 1 && this.result.resources === this.result.lines
    if (!this.isLines) this.keepBeginning(bytes)
  }

  end(): Inspection {
    if (this.rest.bytes > 0) {
      const badBefore = this.result.badLines
      this.scan(lineEnd)
      this.result.brokenEnd = this.result.badLines > badBefore
    }
    this.recognise()
    this.result.sha256 = this.hash.digest('hex')
    return this.result
  }

  private keepBeginning(bytes: Buffer): void {
    const room = beginningMax - this.beginningBytes
    if (room === 0) return
    this.beginning.push(Buffer.from(bytes.subarray(0, room)))
    this.beginningBytes += Math.min(bytes.length, room)
  }

  private recognise(): void {
    if (this.isLines) return
    const { lines, resources, bytes } = this.result
    const found = shapeOf({
      bytes: Buffer.concat(this.beginning),
      isAll: this.beginningBytes === bytes,
      lines,
      resources,
      expectedType: this.options.expectedType,
    })
    this.result.notLines = found?.shape
    if (found?.value) this.options.onResource?.(found.value)
  }

  private slice(bytes: Buffer): void {
    const end = bytes.lastIndexOf(newline) + 1
    if (end > 0) this.scan(bytes.subarray(0, end))
    this.result.bytes += bytes.length
    if (end === bytes.length) return
    if (this.rest.bytes + bytes.length - end > this.options.maxLineBytes)
      throw this.tooLong(this.lineNumber + 1)
    this.rest.add(bytes.subarray(end))
  }

  /** The rest and what ends it, and perhaps more whole lines. */
  private scan(bytes: Buffer): void {
    const firstByte = this.result.bytes - this.rest.bytes
    const pieces = this.rest.bytes > 0 ? [this.rest.take(), bytes] : [bytes]
    const options = { countedType: this.countedType, maxLineBytes: this.options.maxLineBytes }
    let passed = 0
    /** The lines before this one, that were not reported, and these. */
    const pass = (index: number, lines: number): void => {
      this.counted(index - passed)
      passed = index + lines
      this.lineNumber += lines
    }
    const lines = scanLines(pieces, options, {
      line: (index, start, line, type) => {
        pass(index, 1)
        if (line.length > this.options.maxLineBytes) throw this.tooLong(this.lineNumber)
        if (type === undefined) this.unknown(line, firstByte + start)
        else this.known(line, type)
      },
      bad: (index, start, line, lines) => {
        pass(index, lines)
        this.bad(line, lines, firstByte + start)
      },
      blank: pass,
    })
    this.counted(lines - passed)
  }

  private tooLong(line: number): LineTooLong {
    return new LineTooLong(`line ${line} is longer than ${this.options.maxLineBytes} bytes`)
  }

  private counted(lines: number): void {
    this.lineNumber += lines
    this.result.lines += lines
    this.result.resources += lines
  }

  private known(line: Buffer, type: string): void {
    this.result.lines += 1
    this.resource(type, () => JSON.parse(line.toString('utf8')))
  }

  /** `byte`: offset of the line. */
  private unknown(line: Buffer, byte: number): void {
    const content = trimmed(this.lineNumber === 1 ? withoutMark(line) : line)
    if (content.length === 0) return
    this.result.lines += 1
    const reason = this.judge(content)
    if (reason === undefined) return
    this.result.badLines += 1
    this.result.firstBadLine ??= { line: this.lineNumber, byte, reason }
  }

  /** A run of lines, of which the first is `line` and begins at `byte`. Its reason costs more than all the others. */
  private bad(line: Buffer, lines: number, byte: number): void {
    this.result.lines += lines
    this.result.badLines += lines
    this.result.firstBadLine ??= {
      line: this.lineNumber - lines + 1,
      byte,
      reason: this.judge(trimmed(line)) ?? 'not valid JSON',
    }
  }

  private judge(content: Buffer): string | undefined {
    let value: unknown
    // What is no UTF-8 becomes U+FFFD here, which is as wrong outside of strings as it was.
    const text = content.toString('utf8')
    try {
      value = JSON.parse(text)
    } catch (error) {
      return parseError(error, text)
    }
    if (!isObject(value)) return Array.isArray(value) ? 'a JSON array, not an object' : 'not a JSON object'
    if (!isUtf8(content)) return 'not valid UTF-8'
    const object = value
    this.resource(typeof object.resourceType === 'string' ? object.resourceType : '', () => object)
    return undefined
  }

  private resource(type: string, value: () => Record<string, unknown>): void {
    if (type === 'OperationOutcome') this.result.outcomes += 1
    const { expectedType, onResource, parse } = this.options
    // `organizeOutputBy` puts header lines between the resources.
    if (type === 'Parameters' && expectedType !== 'Parameters') return
    this.result.resources += 1
    if (onResource && (parse !== 'outcomes' || type === 'OperationOutcome')) onResource(value())
    if (expectedType !== '' && type.toLowerCase() === expectedType.toLowerCase()) return
    const types = this.result.otherTypes
    const name = /^[A-Za-z]{1,64}$/.test(type) ? type : 'unknown'
    // Not `types[name] ?? 0`: a type may have the name of something every object inherits.
    const known = Object.hasOwn(types, name) ? types[name] : undefined
    if (known !== undefined || Object.keys(types).length < otherTypesMax) types[name] = (known ?? 0) + 1
  }
}

/** Types whose lines are looked at even where they are expected. */
const special = /^(operationoutcome|parameters)$/i

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d

const trimmed = (bytes: Buffer): Buffer => {
  let start = 0
  let end = bytes.length
  while (start < end && isSpace(bytes[start])) start += 1
  while (end > start && isSpace(bytes[end - 1])) end -= 1
  return bytes.subarray(start, end)
}

const withoutMark = (bytes: Buffer): Buffer =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes

/**
 * A line is good exactly when it is valid UTF-8 and `JSON.parse` makes an object of it. `\r\n`, a byte order
 * mark, blank lines and a missing last line end are all right. `push` throws `LineTooLong`.
 */
export const inspector = (options: InspectOptions): Inspector => new Lines(options)
