/** AssemblyScript: the tokens of JSON. Each function goes from a position to behind a token, or returns 0 where there is none. */

const tab: u32 = 0x09
export const lineEnd: u32 = 0x0a
const carriageReturn: u32 = 0x0d
const space: u32 = 0x20
export const quote: u32 = 0x22
export const comma: u32 = 0x2c
const minus: u32 = 0x2d
export const colon: u32 = 0x3a
export const openBracket: u32 = 0x5b
export const backslash: u32 = 0x5c
export const closeBracket: u32 = 0x5d
export const openBrace: u32 = 0x7b
export const closeBrace: u32 = 0x7d

// Two or four bytes at a time, in the byte order of memory.
const true4: u32 = 0x65757274
const fals4: u32 = 0x736c6166
const null4: u32 = 0x6c6c756e
export const colonQuote: u32 = 0x223a
export const commaQuote: u32 = 0x222c
export const type4: u32 = 0x65707954
export const reso4: u32 = 0x6f736572
export const urce4: u32 = 0x65637275

function isDigit(byte: u32): bool {
  return byte - 0x30 < 10
}

function isHex(byte: u32): bool {
  return isDigit(byte) || (byte | 0x20) - 0x61 < 6
}

export function afterSpace(at: usize): usize {
  let byte: u32 = load<u8>(at)
  while (byte <= space) {
    if (byte !== space && byte !== tab && byte !== carriageReturn) return at
    byte = load<u8>(++at)
  }
  return at
}

/** From a backslash to behind its escape, or 0. */
export function afterEscape(at: usize): usize {
  switch (<u32>load<u8>(at + 1)) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 2
    case 0x75: {
      for (let index: usize = 2; index < 6; index++) if (!isHex(load<u8>(at + index))) return 0
      return at + 6
    }
    default:
      return 0
  }
}

/** From behind one digit or more, or 0. */
function afterDigits(at: usize): usize {
  if (!isDigit(load<u8>(at))) return 0
  while (isDigit(load<u8>(++at))) {}
  return at
}

function afterNumber(at: usize): usize {
  if (load<u8>(at) === minus) at++
  if (load<u8>(at) === 0x30) at++
  else {
    at = afterDigits(at)
    if (at === 0) return 0
  }
  if (load<u8>(at) === 0x2e) {
    at = afterDigits(at + 1)
    if (at === 0) return 0
  }
  if ((load<u8>(at) | 0x20) === 0x65) {
    const sign: u32 = load<u8>(at + 1)
    at = afterDigits(sign === 0x2b || sign === minus ? at + 2 : at + 1)
  }
  return at
}

function afterLiteral(at: usize): usize {
  const letters = load<u32>(at)
  if (letters === true4 || letters === null4) return at + 4
  return letters === fals4 && load<u8>(at + 4) === 0x65 ? at + 5 : 0
}

/** A number, `true`, `false` or `null`: to behind it, or 0. */
export function afterScalar(at: usize): usize {
  const byte: u32 = load<u8>(at)
  return byte === minus || isDigit(byte) ? afterNumber(at) : afterLiteral(at)
}
