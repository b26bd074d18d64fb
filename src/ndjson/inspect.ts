/** Looks at the bytes of an NDJSON file as they pass: lines, types, bad lines, digest. Changes nothing. */
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'

export interface InspectOptions {
  /** The type the manifest names; any type is right when it is empty. */
  expectedType: string
  /** A longer line cannot be looked at. */
  maxLineBytes: number
  /** Sees each resource that is parsed anyway; only of an OperationOutcome are texts beyond ASCII decoded. */
  onResource?: (resource: Record<string, unknown>) => void
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
  /** The content is a page, or begins like a pretty-printed JSON value, or is one whole OperationOutcome of that kind. */
  notLines?: 'page' | 'json' | 'outcome'
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

const newline = 10

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parseError = (error: unknown): string =>
  error instanceof SyntaxError && /end of JSON/.test(error.message)
    ? 'the line ends too early'
    : 'not valid JSON'

/** A pretty-printed OperationOutcome up to this size is known for what it is. */
const wholeValueMax = 64 * 1024

/** Distinct types counted by name; a hostile file could have one a line. */
const otherTypesMax = 100

class Lines implements Inspector {
  private readonly hash = createHash('sha256')
  private readonly options: InspectOptions
  private rest: Buffer[] = []
  private restBytes = 0
  private lineNumber = 0
  /** All bytes so far, while they may be one value over several lines. */
  private whole: Buffer[] | undefined = []
  private wholeBytes = 0
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
    this.options = options
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.hash.update(bytes)
    this.keepWhole(bytes)
    const lastEnd = bytes.lastIndexOf(newline)
    if (lastEnd === -1) {
      this.keep(bytes)
    } else {
      let start = 0
      if (this.restBytes > 0) {
        start = bytes.indexOf(newline) + 1
        this.line(this.withRest(bytes.subarray(0, start - 1)), this.result.bytes + start - 1)
      }
      this.wholeLines(bytes, start, lastEnd)
      this.keep(bytes.subarray(lastEnd + 1))
    }
    this.result.bytes += bytes.length
  }

  end(): Inspection {
    if (this.restBytes > 0) {
      const badBefore = this.result.badLines
      this.line(this.withRest(Buffer.alloc(0)), this.result.bytes)
      this.result.brokenEnd = this.result.badLines > badBefore
    }
    if (this.whole && this.result.notLines === 'json') this.wholeValue(Buffer.concat(this.whole))
    this.result.sha256 = this.hash.digest('hex')
    return this.result
  }

  private keepWhole(bytes: Buffer): void {
    if (!this.whole) return
    this.wholeBytes += bytes.length
    const isOver = this.wholeBytes > wholeValueMax
    if (isOver || (this.result.lines > 0 && this.result.notLines !== 'json')) this.whole = undefined
    else this.whole.push(Buffer.from(bytes))
  }

  private wholeValue(bytes: Buffer): void {
    try {
      const value: unknown = JSON.parse(withoutMark(bytes).toString('utf8'))
      if (!isObject(value) || value.resourceType !== 'OperationOutcome') return
      this.result.notLines = 'outcome'
      this.options.onResource?.(value)
    } catch {
      // Not one value: its lines have been judged already.
    }
  }

  private wholeLines(bytes: Buffer, from: number, to: number): void {
    for (let start = from; start <= to; ) {
      const end = bytes.indexOf(newline, start)
      this.line(bytes.subarray(start, end), this.result.bytes + end)
      start = end + 1
    }
  }

  // Copied, for the caller's buffer may be reused.
  private keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.restBytes += bytes.length
    if (this.restBytes > this.options.maxLineBytes) throw this.tooLong()
    this.rest.push(Buffer.from(bytes))
  }

  private tooLong(): LineTooLong {
    return new LineTooLong(`line ${this.lineNumber + 1} is longer than ${this.options.maxLineBytes} bytes`)
  }

  private withRest(bytes: Buffer): Buffer {
    if (this.restBytes === 0) return bytes
    const line = Buffer.concat([...this.rest, bytes])
    this.rest = []
    this.restBytes = 0
    return line
  }

  /** `end`: offset of the byte behind the line. */
  private line(bytes: Buffer, end: number): void {
    this.lineNumber += 1
    if (bytes.length > this.options.maxLineBytes) throw this.tooLong()
    // latin1 is the cheapest decoding, and JSON's structure is all ASCII; isUtf8 judges the rest.
    const content = (this.lineNumber === 1 ? withoutMark(bytes) : bytes).toString('latin1')
    const text = content.trim()
    // `trim` takes a lone byte 0xa0 for a space.
    if (text === '' && isUtf8(bytes)) return
    this.result.lines += 1
    if (this.result.lines === 1)
      this.result.notLines = /^</.test(text) ? 'page' : /^[[{]$/.test(text) ? 'json' : undefined
    const reason = this.judge(text, bytes)
    if (reason === undefined) return
    this.result.badLines += 1
    this.result.firstBadLine ??= { line: this.lineNumber, byte: end - bytes.length, reason }
  }

  private judge(text: string, bytes: Buffer): string | undefined {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      return parseError(error)
    }
    if (!isObject(value)) return 'not a JSON object'
    if (!isUtf8(bytes)) return 'not valid UTF-8'
    this.resource(value, text)
    return undefined
  }

  private resource(value: Record<string, unknown>, text: string): void {
    const type = typeof value.resourceType === 'string' ? value.resourceType : ''
    if (type === 'OperationOutcome') this.result.outcomes += 1
    const { expectedType } = this.options
    // `organizeOutputBy` puts header lines between the resources.
    if (type === 'Parameters' && expectedType !== 'Parameters') return
    this.result.resources += 1
    this.options.onResource?.(type === 'OperationOutcome' ? inUtf8(text) : value)
    if (expectedType === '' || type.toLowerCase() === expectedType.toLowerCase()) return
    const types = this.result.otherTypes
    const name = /^[A-Za-z]{1,64}$/.test(type) ? type : 'unknown'
    if (Object.hasOwn(types, name) || Object.keys(types).length < otherTypesMax)
      types[name] = (types[name] ?? 0) + 1
  }
}

/** The words of an outcome are shown to people, so that they are decoded as what they are. */
const inUtf8 = (text: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(text, 'latin1').toString('utf8'))

const withoutMark = (bytes: Buffer): Buffer =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes

/**
 * A line is good exactly when it is valid UTF-8 and `JSON.parse` makes an object of it. `\r\n`, a byte order
 * mark, blank lines and a missing last line end are all right. `push` throws `LineTooLong`.
 */
export const inspector = (options: InspectOptions): Inspector => new Lines(options)
