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
  [
    'F-33 a raw tab',
    `${good}\n{"a":"\t"}\n`,
    { badLines: 1, firstBadLine: { line: 2, byte: 27, reason: 'a raw tab inside a string' } },
  ],
  [
    'F-33 another raw control character',
    '{"a":"é\u0001"}\n',
    {
      badLines: 1,
      firstBadLine: { line: 1, byte: 0, reason: 'a raw control character (U+0001) inside a string' },
    },
  ],
  [
    'F-33 a raw newline',
    `${good}\n{"a":"b\nc"}\n`,
    { badLines: 2, firstBadLine: { line: 2, byte: 27, reason: 'the line ends inside a string' } },
  ],
  [
    'an array',
    '[]\n',
    { badLines: 1, firstBadLine: { line: 1, byte: 0, reason: 'a JSON array, not an object' } },
  ],
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
  ['F-35 pretty-printed', '{\n  "resourceType": "Patient"\n}\n', { notLines: 'pretty', badLines: 3 }],
  ['F-35 pretty-printed, with CRLF', '{\r\n\t"resourceType": "Patient"\r\n}\r\n', { notLines: 'pretty' }],
  ['F-35 a pretty-printed array', '[\n  {\n    "resourceType": "Patient"\n  }\n]\n', { notLines: 'array' }],
  ['F-35 an array over lines', `[\n${good},\n${good}\n]\n`, { notLines: 'array' }],
  ['F-35 an array on a line', `[${good},${good}]\n`, { notLines: 'array', badLines: 1 }],
  ['F-35 a Bundle', '{"resourceType":"Bundle","entry":[]}', { notLines: 'bundle' }],
  [
    'F-35 a Bundle over lines',
    JSON.stringify({ type: 'collection', resourceType: 'Bundle', entry: [{ resource: {} }] }, null, 2),
    { notLines: 'bundle' },
  ],
  [
    'F-35 a contained Bundle',
    '{"contained":[{"resourceType":"Bundle"}],"resourceType":"Patient"}',
    { lines: 1 },
  ],
  ['one Bundle among others', `${good}\n{"resourceType":"Bundle"}\n`, { otherTypes: { Bundle: 1 } }],
  ['one brace too many in a good file', `{\n${good}\n${good}\n`, { badLines: 1 }],
  ['F-38 an envelope', '{"resourceType":"Binary","contentType":"x","data":"e30="}', { notLines: 'envelope' }],
  [
    'F-38 an envelope over lines',
    `{\n  "resourceType": "Binary",\n  "data": "${'e30='.repeat(200)}"\n}`,
    { notLines: 'envelope' },
  ],
  [
    'F-36 a pretty-printed outcome',
    JSON.stringify({ resourceType: 'OperationOutcome', issue: [] }, null, 2),
    { notLines: 'outcome' },
  ],
  ['F-36 an outcome', '{"resourceType":"OperationOutcome"}\n', { outcomes: 1, lines: 1 }],
])('%s', (_name, content, expected) => {
  expect(whole(content)).toMatchObject(expected)
})

test.each([
  ['Bundle', '{"resourceType":"Bundle","entry":[]}\n'],
  ['Binary', '{"resourceType":"Binary","data":"e30="}\n'],
  ['Patient', '{"contained":[{"resourceType":"Bundle"}],"resourceType":"Patient"}\n'],
  ['Patient', `{\n${good}\n${good}\n`],
  ['Patient', `${good}\n{"resourceType":"Bundle"}\n`],
])('a file of %s is NDJSON: %s', (expectedType, content) => {
  expect(whole(content, { expectedType }).notLines).toBeUndefined()
})

test('bytes and digest are those of everything', () => {
  const content = `\ufeff${good}\r\n\n{bad`
  expect(whole(content)).toMatchObject({
    bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
  })
})

test('every type is counted when the manifest names none', () => {
  expect(whole('{"resourceType":"Observation"}\n', { expectedType: '' }).otherTypes).toEqual({
    Observation: 1,
  })
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
