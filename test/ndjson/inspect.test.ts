/** Lines as they pass, whatever the chunks: verdicts by content alone. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Inspection, type InspectOptions, inspector, LineTooLong } from '../../src/ndjson/inspect.js'

const inspect = (chunks: readonly Uint8Array[], options: Partial<InspectOptions> = {}): Inspection => {
  const one = inspector({ expectedType: 'Patient', maxLineBytes: 1000, ...options })
  for (const chunk of chunks) one.push(chunk)
  return one.end()
}
const whole = (text: string | Buffer, options?: Partial<InspectOptions>): Inspection =>
  inspect([Buffer.from(text)], options)

const good = '{"resourceType":"Patient"}'

test.each<[string, string | Buffer, Partial<Inspection>]>([
  ['one line', `${good}\n`, { lines: 1, resources: 1, badLines: 0 }],
  ['F-29 no last newline', `${good}\n${good}`, { lines: 2, badLines: 0, brokenEnd: false }],
  ['F-29 CRLF', `${good}\r\n${good}\r\n`, { lines: 2, badLines: 0 }],
  ['F-29 a byte order mark', `\ufeff${good}\n`, { lines: 1, badLines: 0 }],
  ['F-29 blank lines and spaces', `\n \t\r\n${good}  \n\n\n`, { lines: 1, badLines: 0 }],
  ['F-26 empty', '', { lines: 0, resources: 0, badLines: 0, brokenEnd: false }],
  [
    'F-34 a bad line',
    `${good}\n{"a":\n${good}\n`,
    {
      lines: 3,
      resources: 2,
      badLines: 1,
      firstBadLine: { line: 2, byte: 27, reason: 'the line ends too early' },
    },
  ],
  ['a line that is cut off', `${good}\n{"resour`, { badLines: 1, brokenEnd: true }],
  ['F-33 a raw tab', '{"a":"\t"}\n', { badLines: 1 }],
  ['an array', '[]\n', { badLines: 1, firstBadLine: { line: 1, byte: 0, reason: 'not a JSON object' } }],
  ['null', 'null\n', { badLines: 1 }],
  ['two on a line', `${good}${good}\n`, { badLines: 1 }],
  [
    'F-30 invalid UTF-8',
    Buffer.from('{"a":"\xff"}\n', 'latin1'),
    { badLines: 1, firstBadLine: { line: 1, byte: 0, reason: 'not valid UTF-8' } },
  ],
  ['F-30 an overlong coding', Buffer.from('{"a":"\xc0\xaf"}\n', 'latin1'), { badLines: 1 }],
  ['F-30 a surrogate in UTF-8', Buffer.from('{"a":"\xed\xa0\x80"}\n', 'latin1'), { badLines: 1 }],
  ['F-30 a lone surrogate as an escape', '{"resourceType":"Patient","a":"\\ud800"}\n', { badLines: 0 }],
  [
    'F-30 U+2028 and U+0085',
    '{"resourceType":"Patient","a":"\u2028\u2029\u0085"}\n',
    { lines: 1, badLines: 0 },
  ],
  ['a line of one byte that is no letter', Buffer.from([0xa0, 10]), { lines: 1, badLines: 1 }],
  ['a NUL', '\0\n', { badLines: 1 }],
  ['F-40 another type', '{"resourceType":"Observation"}\n', { resources: 1, otherTypes: { Observation: 1 } }],
  ['a type in another case', '{"resourceType":"patient"}\n', { otherTypes: {} }],
  ['no type', '{}\n', { otherTypes: { unknown: 1 } }],
  ['F-41 the type is the last key', '{"id":"1","resourceType":"Patient"}\n', { otherTypes: {} }],
  [
    "a type that is a prototype's key",
    '{"resourceType":"constructor"}\n',
    { otherTypes: { constructor: 1 } },
  ],
  [
    'M-41 header lines',
    `{"resourceType":"Parameters"}\n${good}\n`,
    { lines: 2, resources: 1, otherTypes: {} },
  ],
  ['F-37 a page', '\n<html>\n', { notLines: 'page' }],
  ['F-35 pretty-printed', '{\n  "resourceType": "Patient"\n}\n', { notLines: 'json', badLines: 3 }],
  [
    'F-36 a pretty-printed outcome',
    JSON.stringify({ resourceType: 'OperationOutcome', issue: [] }, null, 2),
    { notLines: 'outcome' },
  ],
  ['F-36 an outcome', '{"resourceType":"OperationOutcome"}\n', { outcomes: 1, lines: 1 }],
])('%s', (_name, content, expected) => {
  expect(whole(content)).toMatchObject(expected)
})

test('bytes and digest are those of everything', () => {
  const content = `\ufeff${good}\r\n\n{bad`
  expect(whole(content)).toMatchObject({
    bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
  })
})

test('any type is right when the manifest names none', () => {
  expect(whole('{"resourceType":"Observation"}\n', { expectedType: '' }).otherTypes).toEqual({})
})

describe('the limit of a line', () => {
  const line = (length: number): string => `{"resourceType":"Patient","x":"${'x'.repeat(length - 33)}"}`

  test('F-32 is kept to the byte, in one chunk and in many', () => {
    expect(line(1000)).toHaveLength(1000)
    expect(whole(`${line(1000)}\n`).badLines).toBe(0)
    expect(() => whole(`${line(1001)}\n`)).toThrow(LineTooLong)
    const bytes = Buffer.from(`${good}\n${line(1001)}\n`)
    expect(() => inspect(Array.from(bytes, (byte) => Buffer.from([byte])))).toThrow(
      'line 2 is longer than 1000 bytes',
    )
  })
})

test('the words of outcomes are decoded as what they are', () => {
  const seen: unknown[] = []
  whole('{"resourceType":"OperationOutcome","issue":[{"diagnostics":"Größe 患者"}]}\n', {
    expectedType: 'OperationOutcome',
    onResource: (resource) => seen.push(resource.issue),
  })
  expect(seen).toEqual([[{ diagnostics: 'Größe 患者' }]])
})

describe('chunks', () => {
  const pieces = [
    good,
    '\n',
    '\r\n',
    '\n\n',
    '{"resourceType":"Patient","name":"Zoë 患者 😀"}',
    '{"resourceType":"Observation"}',
    '{bad',
    ' ',
    '\ufeff',
    '<x>',
    '\u2028',
    '{"a":1}',
  ]
  let seed = 42
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return (seed >>> 8) % below
  }

  test('every way of cutting gives the same verdict, and a reused buffer changes nothing', () => {
    for (let round = 0; round < 300; round += 1) {
      let text = ''
      for (let count = random(14); count >= 0; count -= 1) text += pieces[random(pieces.length)]
      let bytes = Buffer.from(text)
      if (random(4) === 0 && bytes.length > 1) bytes = bytes.subarray(0, bytes.length - 1 - random(3))
      const expected = inspect([bytes])
      const one = inspector({ expectedType: 'Patient', maxLineBytes: 1000 })
      const reused = Buffer.alloc(64)
      for (let at = 0; at < bytes.length; ) {
        const size = Math.min(1 + random(5), bytes.length - at)
        bytes.copy(reused, 0, at, at + size)
        one.push(reused.subarray(0, size))
        reused.fill(0x7b)
        at += size
      }
      expect(one.end(), JSON.stringify(text)).toEqual(expected)
    }
  })

  test('a letter of several bytes may be cut anywhere', () => {
    const bytes = Buffer.from(`{"resourceType":"Patient","name":"Zoë 患者 😀"}\n${good}`)
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect(inspect([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(inspect([bytes]))
  })
})
