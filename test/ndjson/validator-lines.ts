/** Random lines from a seed: objects as servers may write them, and what is left of them after some accidents. */

export type Random = (below: number) => number

/** The same numbers for the same seed (mulberry32). */
export const randomFrom = (seed: number): Random => {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const strings = [
  'id',
  'meta',
  'a',
  '',
  'resourceType',
  'Patient',
  'OperationOutcome',
  'http://hl7.org/fhir/StructureDefinition/x',
  '<div xmlns=\\"http://www.w3.org/1999/xhtml\\">Żółć</div>',
  'نور الدين',
  '😀',
  'résumé',
  '\\u00e9',
  '\\ud83d\\ude00',
  '\\ud800',
  '\\\\',
  '\\"',
  '\\/\\b\\f\\n\\r\\t',
  'exactly 16 bytes',
  'fifteen bytes..',
  'seventeen bytes..',
  '\u2028',
  '\u007f',
  'a long text that goes on beyond the third vector of bytes',
  'resource\\u0054ype',
  'resourceTypf',
]
const scalars = ['0', '-0', '1', '12.50', '-1e-7', '1E+22', '123456789012345678901', 'true', 'false', 'null']
const gaps = ['', '', '', '', '', ' ', '\t', '\r', '  ']
const types = [
  'Patient',
  'Patient',
  'Patient',
  'patient',
  'Group',
  'Parameters',
  'OperationOutcome',
  'Pat\\u0069ent',
  'Ünknown',
  '',
  'x y',
]

/** Pieces that are put where they do not belong, or do. */
const tokens = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u',
  '\\u12',
  '\\u0041',
  '0',
  '-',
  '.',
  'e',
  'E+',
  '1',
  'true',
  'nul',
  ' ',
  '\t',
  '\r',
  '\0',
  '\x01',
  '\x1f',
  '\x7f',
  '\u00a0',
  '\ufeff',
  'é',
  '😀',
  '{}',
  '[]',
  '""',
  '"a":1',
  ',"a":1',
  'resourceType',
  '"resourceType":"Group"',
  '"resourceType":1,',
  '"resource\\u0054ype":"Group",',
  '\v',
  '\f',
  '[[[[',
  ']]]]',
  '//',
  "'",
].map((token) => Buffer.from(token))
const bytes = [
  0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xed, 0xf0, 0xf4, 0xf8, 0xff, 0x22, 0x5c, 0x20, 0x30, 0x7b, 0x7d, 0x1f,
]

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T

const randomValue = (random: Random, depth: number): string => {
  const gap = pick(random, gaps)
  const kind = random(depth > 4 ? 6 : 10)
  if (kind < 3) return `${gap}"${pick(random, strings)}"${gap}`
  if (kind < 6) return `${gap}${pick(random, scalars)}${gap}`
  const members = Array.from({ length: random(4) }, () =>
    kind < 8
      ? randomValue(random, depth + 1)
      : `${gap}"${pick(random, strings)}"${gap}:${randomValue(random, depth + 1)}`,
  )
  return kind < 8 ? `${gap}[${members}${gap}]` : `{${members}${gap}}${gap}`
}

/** A good line. Its type may come first, last, twice, never, or be something else than a string. */
const objectLine = (random: Random): string => {
  const members = Array.from(
    { length: random(6) },
    () => `"${pick(random, strings)}"${pick(random, gaps)}:${randomValue(random, 1)}`,
  )
  for (let more = random(10) < 8 ? 1 : random(3); more > 0; more -= 1) {
    const value = random(12) > 0 ? `"${pick(random, types)}"` : randomValue(random, 2)
    members.splice(random(members.length + 1), 0, `"resourceType"${pick(random, gaps)}:${value}`)
  }
  return `${pick(random, gaps)}{${members}}${pick(random, gaps)}`
}

const accident = (random: Random, line: Buffer): Buffer => {
  const at = random(line.length + 1)
  const to = Math.min(line.length, at + 1 + random(random(4) > 0 ? 3 : 40))
  const before = line.subarray(0, at)
  switch (random(7)) {
    case 0:
      return Buffer.concat([before, line.subarray(to)])
    case 1:
      return Buffer.concat([before, pick(random, tokens), line.subarray(at)])
    case 2:
      return Buffer.concat([before, pick(random, tokens), line.subarray(to)])
    case 3:
      return Buffer.concat([line.subarray(0, to), line.subarray(at)])
    case 4:
      return Buffer.concat([
        before,
        Buffer.of(pick(random, bytes)),
        line.subarray(Math.min(line.length, at + 1)),
      ])
    case 5:
      return before
    default: {
      const changed = Buffer.from(line)
      if (at < line.length) changed[at] = (changed[at] ?? 0) ^ (1 << random(8))
      return changed
    }
  }
}

/** A line, without line ends; about every third one is good. */
export const randomLine = (random: Random): Buffer => {
  let line = Buffer.from(objectLine(random))
  for (let accidents = random(4) > 0 ? 1 + random(3) * random(2) : 0; accidents > 0; accidents -= 1) {
    line = Buffer.from(accident(random, line))
  }
  for (let at = line.indexOf(10); at !== -1; at = line.indexOf(10, at)) line[at] = 0x20
  return line
}
