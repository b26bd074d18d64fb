/** Goes through whole lines and reports those that need a look: in WebAssembly, or each of them where that cannot be had. */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'

export interface ScanOptions {
  /** Objects of this type are counted and not reported, in upper or lower case; empty: every line is reported. */
  countedType: string
  /** A longer line is reported. */
  maxLineBytes: number
}

/** What is told of lines. `index` counts from the first line of the block, `start` from its first byte. */
export interface Report {
  /**
   * One line. `type` is that of a line which is known to be an object, empty when it names none; undefined:
   * `JSON.parse` must judge the line. The bytes are there during the call only.
   */
  line(index: number, start: number, line: Buffer, type: string | undefined): void
  /** So many lines in a row that are certainly no objects, and not blank; `line` is the first of them. */
  bad(index: number, start: number, line: Buffer, lines: number): void
  /** So many blank lines in a row. */
  blank(index: number, lines: number): void
}

// Node's own types do not have it, and those of browsers have much more than that.
interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
interface Program {
  memory: Memory
  lines: { readonly value: number }
  position: { readonly value: number }
  expectedAt(): number
  recordsAt(): number
  blockAt(): number
  scan(at: number, end: number, expectedLength: number, maxLineBytes: number): number
}
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: object }
}

/** From src/ as well as from dist/: there is one build of it. */
const programFile = new URL('../../dist/ndjson/scan-lines.wasm', import.meta.url)

const compile = (): object | undefined => {
  try {
    return new WebAssembly.Module(readFileSync(programFile))
  } catch {
    // No WebAssembly, no SIMD in it, or bundled without the file: slower, and as right.
    return undefined
  }
}

const newline = 10
const pageBytes = 64 * 1024
/** Read behind the block by vector instructions. */
const paddingBytes = 16
/** Memory cannot shrink: a program that had to grow beyond this, for a long line, is not kept. */
const keptBytesMax = 4 * 1024 * 1024
const recordWords = 5
/** Marks a run of blank lines. */
const blankRun = 0x80000000
/** As wide as a name in the program's memory. */
const countable = /^[A-Za-z]{1,64}$/

let compiled: { module: object | undefined } | undefined
let program: Program | undefined
let isBusy = false

/** The program with the pieces in its memory; undefined when it is not to be had. */
const loaded = (pieces: readonly Buffer[], bytes: number): Program | undefined => {
  compiled ??= { module: compile() }
  // A report may lead to another scan, and there is one memory.
  if (compiled.module === undefined || isBusy) return undefined
  try {
    program ??= new WebAssembly.Instance(compiled.module).exports as Program
    const { memory } = program
    const missing = program.blockAt() + bytes + paddingBytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
  } catch {
    // No memory for it.
    return undefined
  }
  const target = new Uint8Array(program.memory.buffer)
  let at = program.blockAt()
  for (const piece of pieces) {
    target.set(piece, at)
    at += piece.length
  }
  return program
}

const scanBlock = (ours: Program, bytes: number, options: ScanOptions, report: Report): number => {
  const { buffer } = ours.memory
  const begin = ours.blockAt()
  const end = begin + bytes
  const block = Buffer.from(buffer, begin, bytes)
  const isAllUtf8 = isUtf8(block)
  const expectedLength = isAllUtf8 && countable.test(options.countedType) ? options.countedType.length : 0
  Buffer.from(buffer, ours.expectedAt(), expectedLength).write(options.countedType.toLowerCase())
  const maxLineBytes = Math.min(options.maxLineBytes, 0xffffffff)
  let lines = 0
  for (let at = begin; at < end; at = ours.position.value >>> 0) {
    const count = ours.scan(at, end, expectedLength, maxLineBytes)
    const words = new Uint32Array(buffer, ours.recordsAt(), count * recordWords)
    for (let word = 0; word < words.length; word += recordWords) {
      const [index = 0, from = 0, to = 0, typeFrom = 0, typeTo = 0] = words.subarray(word, word + recordWords)
      const line = block.subarray(from - begin, to - begin)
      if (typeFrom === 0 && typeTo >= blankRun) report.blank(lines + index, typeTo - blankRun)
      else if (typeFrom === 0 && typeTo > 0) report.bad(lines + index, from - begin, line, typeTo)
      else {
        const isObject = typeFrom > 0 && (isAllUtf8 || isUtf8(line))
        const type = isObject ? block.toString('utf8', typeFrom - begin, typeTo - begin) : undefined
        report.line(lines + index, from - begin, line, type)
      }
    }
    lines += ours.lines.value
  }
  return lines
}

const reportEach = (block: Buffer, report: Report): number => {
  let index = 0
  for (let start = 0; start < block.length; index += 1) {
    const end = block.indexOf(newline, start)
    report.line(index, start, block.subarray(start, end), undefined)
    start = end + 1
  }
  return index
}

/**
 * Scans a block of lines that is in pieces and ends with a line end, and returns the number of its lines. Lines that
 * are not reported are valid UTF-8 and JSON objects of the counted type. Throws what `report` throws.
 */
export const scanLines = (pieces: readonly Buffer[], options: ScanOptions, report: Report): number => {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const ready = loaded(pieces, bytes)
  if (!ready) return reportEach(Buffer.concat(pieces), report)
  isBusy = true
  try {
    return scanBlock(ready, bytes, options, report)
  } finally {
    isBusy = false
    if (ready.memory.buffer.byteLength > keptBytesMax) program = undefined
  }
}
