/**
 * AssemblyScript: finds, in a block of NDJSON lines, those that are JSON objects of the expected type, and
 * reports all others. It may ask about a line too many, never about one too few: what it asks about is judged by
 * `JSON.parse`. Lines that are blank, and lines that are no objects for certain, are told in runs: a hostile file may
 * have a million a second of them. Valid UTF-8 is not its business.
 *
 * The block ends with a line end. No token of JSON can contain one, so that it stops every loop, and no loop
 * needs to compare its position with the end. 16 bytes behind the block can be read.
 */
import {
  afterScalar,
  afterSpace,
  afterString,
  closeBrace,
  closeBracket,
  colon,
  comma,
  escaped,
  forgetEscapes,
  lineEnd,
  openBrace,
  openBracket,
  quote,
  reso4,
  type4,
  urce4,
} from './tokens.ts'

/** Deeper lines are reported. */
const depthMax: u32 = 1000
/** Records of one call; a block that has more is scanned by several calls. */
const recordsMax: usize = 4096
const recordBytes: usize = 20
/** Marks a run of blank lines. */
const blankRun: u32 = 0x80000000

/** For each open bracket: is it an object? */
const open: usize = memory.data(1000)
/** Type names of up to 64 lower-case letters. */
const expected: usize = memory.data(64)
const records: usize = memory.data(4096 * 20, 4)

/** What the last call of `scan` found: lines it went through, and where it stopped. */
export let lines: u32 = 0
export let position: usize = 0

/** A name or a type of the current line has an escape, so that its type is not known here. */
let doubtful: bool = false
/** The current line was not looked at to its end, though it may be an object. */
let unfinished: bool = false
/** The value of the last `resourceType` of the current line; 0, 0 when it is no string. */
let typeStart: usize = 0
let typeEnd: usize = 0

export function expectedAt(): usize {
  return expected
}

export function recordsAt(): usize {
  return records
}

export function blockAt(): usize {
  return (__heap_base + 15) & ~15
}

function isResourceType(at: usize): bool {
  return load<u32>(at) === reso4 && load<u32>(at, 4) === urce4 && load<u32>(at, 8) === type4
}

/** From behind the opening quote of a top-level key to its value, or 0. A last `resourceType` is remembered. */
function afterTopKey(at: usize): usize {
  forgetEscapes()
  const end = afterString(at)
  if (end === 0) return 0
  // An escaped key may read `resourceType` too.
  if (escaped) doubtful = true
  const colonAt = afterSpace(end)
  if (load<u8>(colonAt) !== colon) return 0
  const value = afterSpace(colonAt + 1)
  if (end - at === 13 && isResourceType(at)) {
    typeStart = 0
    typeEnd = 0
    if (load<u8>(value) === quote) {
      const valueEnd = afterString(value + 1)
      if (valueEnd === 0) return 0
      if (escaped) doubtful = true
      typeStart = value + 1
      typeEnd = valueEnd - 1
    }
  }
  return value
}

function afterKey(at: usize): usize {
  const end = afterString(at)
  if (end === 0) return 0
  const colonAt = afterSpace(end)
  return load<u8>(colonAt) === colon ? afterSpace(colonAt + 1) : 0
}

/** From behind the opening brace to behind the object, or 0. */
function afterObject(at: usize): usize {
  let depth: u32 = 1
  let isObject: u32 = 1
  store<u8>(open, 1)
  at = afterSpace(at)
  if (load<u8>(at) === closeBrace) return at + 1
  while (true) {
    if (isObject) {
      if (load<u8>(at) !== quote) return 0
      at = depth === 1 ? afterTopKey(at + 1) : afterKey(at + 1)
      if (at === 0) return 0
    }
    const byte: u32 = load<u8>(at)
    if (byte === openBrace || byte === openBracket) {
      if (depth === depthMax) {
        unfinished = true
        return 0
      }
      isObject = u32(byte === openBrace)
      store<u8>(open + depth, isObject)
      depth++
      at = afterSpace(at + 1)
      if (load<u8>(at) !== (isObject ? closeBrace : closeBracket)) continue
    } else {
      at = afterScalar(at)
      if (at === 0) return 0
      at = afterSpace(at)
    }
    // Here a value has ended, or an empty object or array is about to.
    while (load<u8>(at) !== comma) {
      if (load<u8>(at) !== (isObject ? closeBrace : closeBracket)) return 0
      depth--
      if (depth === 0) return at + 1
      isObject = load<u8>(open + depth - 1)
      at = afterSpace(at + 1)
    }
    at = afterSpace(at + 1)
  }
}

function lineEndFrom(at: usize): usize {
  const lineEnds = i8x16.splat(0x0a)
  while (true) {
    const found: u32 = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), lineEnds))
    if (found !== 0) return at + ctz(found)
    at += 16
  }
}

/** The end of a line that is one JSON object, or 0. */
function endOfObject(start: usize): usize {
  typeStart = 0
  typeEnd = 0
  doubtful = false
  unfinished = false
  let at = afterSpace(start)
  if (load<u8>(at) !== openBrace) {
    // It may begin with a byte order mark.
    unfinished = load<u8>(start) === 0xef
    return 0
  }
  at = afterObject(at + 1)
  if (at === 0) return 0
  at = afterSpace(at)
  return load<u8>(at) === lineEnd ? at : 0
}

function isExpected(length: usize): bool {
  if (typeEnd - typeStart !== length) return false
  for (let index: usize = 0; index < length; index++) {
    if ((load<u8>(typeStart + index) | 0x20) !== load<u8>(expected + index)) return false
  }
  return true
}

function isBlank(start: usize): bool {
  return load<u8>(afterSpace(start)) === lineEnd
}

/** The line belongs to the run that the last record tells of. */
function continues(record: usize, line: u32, kind: u32): bool {
  if (record === records) return false
  const last = record - recordBytes
  const run = load<u32>(last, 16)
  return (
    load<u32>(last, 12) === 0 &&
    run > 0 &&
    (run & blankRun) === kind &&
    load<u32>(last) + (run & ~blankRun) === line
  )
}

/**
 * Goes through the lines from `at` to `end`, and returns the number of records: lines that are no objects of the
 * expected type (`length` letters at `expectedAt`; with 0 each line is reported), or longer than `lineMax`. A
 * record is five words: number of the line, from 0; start; end; start and end of the type's name. A start of 0 is no
 * name: the end then is 0 for a line to ask about, else the number of lines of a run that begins with this one, lines
 * that are no objects, or with `blankRun` blank ones.
 */
export function scan(at: usize, end: usize, length: usize, lineMax: usize): u32 {
  let record: usize = records
  const last: usize = records + recordsMax * recordBytes
  let line: u32 = 0
  while (at < end && record < last) {
    const start = at
    at = endOfObject(start)
    const good = at !== 0 && !doubtful
    const bad = at === 0 && !unfinished
    if (at === 0) at = lineEndFrom(start)
    const long = at - start > lineMax
    if (!good || long || length === 0 || !isExpected(length)) {
      const kind: u32 = isBlank(start) ? blankRun : 0
      const inRun = bad && !long
      if (inRun && continues(record, line, kind)) {
        store<u32>(record - recordBytes, load<u32>(record - recordBytes, 16) + 1, 16)
      } else {
        store<u32>(record, line)
        store<u32>(record, <u32>start, 4)
        store<u32>(record, <u32>at, 8)
        store<u32>(record, good ? <u32>(typeStart === 0 ? at : typeStart) : 0, 12)
        store<u32>(record, good ? <u32>(typeStart === 0 ? at : typeEnd) : inRun ? kind | 1 : 0, 16)
        record += recordBytes
      }
    }
    line++
    at++
  }
  lines = line
  position = at
  return <u32>((record - records) / recordBytes)
}
