/**
 * AssemblyScript: finds, in a block of NDJSON lines, those that are JSON objects of the expected type, and
 * reports all others. It may ask about a line too many, never about one too few: what it asks about is judged by
 * `JSON.parse`. Lines that are blank, and lines that are no objects for certain, are told in runs: a hostile file may
 * have a million a second of them. Valid UTF-8 is not its business.
 *
 * The block ends with a line end. No token of JSON can contain one, so that it stops every loop, and no loop
 * needs to compare its position with the end. 16 bytes behind the block can be read.
 */
import { afterObject, doubtful, typeEnd, typeStart, unfinished } from './object.ts'
import { afterSpace, lineEnd } from './tokens.ts'

/** Records of one call; a block that has more is scanned by several calls. */
const recordsMax: usize = 4096
const recordBytes: usize = 20
/** Marks a run of blank lines. */
const blankRun: u32 = 0x80000000

/** Type names of up to 64 lower-case letters. */
const expected: usize = memory.data(64)
const records: usize = memory.data(4096 * 20, 4)

/** What the last call of `scan` found: lines it went through, and where it stopped. */
export let lines: u32 = 0
export let position: usize = 0

export function expectedAt(): usize {
  return expected
}

export function recordsAt(): usize {
  return records
}

export function blockAt(): usize {
  return (__heap_base + 15) & ~15
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
  let at = afterObject(start)
  if (at === 0) return 0
  at = afterSpace(at)
  return load<u8>(at) === lineEnd ? at : 0
}

function isExpected(length: usize): bool {
  if (typeEnd - typeStart !== length) return false
  const lowerCase = i8x16.splat(0x20)
  for (let done: usize = 0; done < length; done += 16) {
    const letters = v128.or(v128.load(typeStart + done), lowerCase)
    const same: u32 = <u32>i8x16.bitmask(i8x16.eq(letters, v128.load(expected + done)))
    const left = length - done
    if (left >= 16 ? same !== 0xffff : <usize>ctz(~same) < left) return false
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
