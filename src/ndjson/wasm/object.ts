/**
 * AssemblyScript: one JSON object on a line. All strings, keys and values, are passed in one loop, for that is where
 * nearly all bytes are; a function that is called from one place only becomes a part of its caller.
 */
import {
  afterEscape,
  afterScalar,
  afterSpace,
  backslash,
  closeBrace,
  closeBracket,
  colon,
  colonQuote,
  comma,
  commaQuote,
  openBrace,
  openBracket,
  quote,
  reso4,
  type4,
  urce4,
} from './tokens.ts'

/** Deeper objects are not passed. */
const depthMax: u32 = 1000
/** For each open bracket: is it an object? */
const open: usize = memory.data(1000)

/** A name or a type of the object has an escape, so that its type is not known here. */
export let doubtful: bool = false
/** It was not looked at to its end, though it may be an object. */
export let unfinished: bool = false
/** The value of its last `resourceType`; 0, 0 when it is no string. */
export let typeStart: usize = 0
export let typeEnd: usize = 0

/** The next string is the value of a top-level `resourceType`. */
let isType: bool = false
/** Where the last escape began. */
let lastEscape: usize = 0

/** From inside of a string to its closing quote, or 0. */
function closingQuote(at: usize): usize {
  const quotes = i8x16.splat(0x22)
  const backslashes = i8x16.splat(0x5c)
  const controls = i8x16.splat(0x1f)
  while (true) {
    const bytes = v128.load(at)
    const ends = v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, backslashes))
    const stops: u32 = <u32>i8x16.bitmask(v128.or(ends, i8x16.le_u(bytes, controls)))
    if (stops === 0) {
      at += 16
      continue
    }
    at += ctz(stops)
    const stop: u32 = load<u8>(at)
    if (stop === quote) return at
    if (stop !== backslash) return 0
    lastEscape = at
    at = afterEscape(at)
    if (at === 0) return 0
  }
}

function closerOf(inObject: u32): u32 {
  return inObject ? closeBrace : closeBracket
}

/** A string at the top: the key `resourceType`, or its value? The last one counts. An escaped key may read so, too. */
function lookForType(start: usize, end: usize, key: u32): void {
  if (!key && !isType) return
  if (lastEscape >= start) doubtful = true
  if (!key) {
    isType = false
    typeStart = start
    typeEnd = end
  } else if (end - start === 12 && load<u32>(start) === reso4 && load<u32>(start, 4) === urce4) {
    if (load<u32>(start, 8) !== type4) return
    isType = true
    typeStart = 0
    typeEnd = 0
  }
}

function tooDeep(): usize {
  unfinished = true
  return 0
}

/** From the start of a line to its opening brace, or 0. */
function braceFrom(at: usize): usize {
  typeStart = 0
  typeEnd = 0
  doubtful = false
  isType = false
  lastEscape = 0
  // It may begin with a byte order mark.
  unfinished = load<u8>(at) === 0xef
  at = afterSpace(at)
  return load<u8>(at) === openBrace ? at : 0
}

/** From the start of a line to behind its object, or 0. Between two steps `at` is the last byte of a token. */
export function afterObject(at: usize): usize {
  at = braceFrom(at) - 1
  if (at === -1) return 0
  let depth: u32 = 0
  let inObject: u32 = 0
  let isKey: u32 = 0
  let isFirst: bool = false
  while (true) {
    at = afterSpace(at + 1)
    const byte: u32 = load<u8>(at)
    if (byte === quote) {
      // Nearly always the next string follows at once.
      while (true) {
        const start = at + 1
        at = closingQuote(start)
        if (at === 0) return 0
        if (depth === 1) lookForType(start, at, isKey)
        if (load<u16>(at, 1) !== (isKey ? colonQuote : commaQuote)) break
        at += 2
        isKey = inObject & ~isKey
      }
      if (isKey) {
        at = afterSpace(at + 1)
        if (load<u8>(at) !== colon) return 0
        isKey = 0
        isFirst = false
        continue
      }
    } else if (isFirst && byte === closerOf(inObject)) {
      at--
    } else {
      if (isKey) return 0
      isType = false
      if (byte === openBrace || byte === openBracket) {
        if (depth === depthMax) return tooDeep()
        inObject = u32(byte === openBrace)
        store<u8>(open + depth, inObject)
        depth++
        isKey = inObject
        isFirst = true
        continue
      }
      at = afterScalar(at) - 1
      if (at === -1) return 0
    }
    // A value has ended.
    while (true) {
      at = afterSpace(at + 1)
      if (load<u8>(at) === comma) break
      if (load<u8>(at) !== closerOf(inObject)) return 0
      depth--
      if (depth === 0) return at + 1
      inObject = load<u8>(open + depth - 1)
    }
    isKey = inObject
    isFirst = false
  }
}
