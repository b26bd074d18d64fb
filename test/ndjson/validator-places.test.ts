/** Every sequence of few tokens, every byte at every place of a line, strings of every length: nothing left to chance. */
import { describe, expect, test } from 'vitest'
import { inspector } from '../../src/ndjson/inspect.js'
import { complete } from './validator-cases.js'
import { countsFrom, countsOf } from './validator-definition.js'
import { wronglySaid } from './validator-said.js'

/** In blocks, for one block is kept in memory as a whole. */
const wrongOf = (lines: Iterable<Buffer>): string[] => {
  const wrong: string[] = []
  let block: Buffer[] = []
  for (const line of lines) {
    block.push(line)
    if (block.length < 5000) continue
    wrong.push(...wronglySaid(block))
    block = []
  }
  return [...wrong, ...wronglySaid(block)]
}

const tokens = ['{', '}', '[', ']', ',', ':', '"a"', '0', 'null'].map((token) => Buffer.from(token))

function* sequences(before: Buffer, length: number): Generator<Buffer> {
  yield before
  if (length === 0) return
  for (const token of tokens) yield* sequences(Buffer.concat([before, token]), length - 1)
}

describe('sequences of tokens', () => {
  // Some 2 million lines with 6 of them.
  const most = Number(process.env.BULKX_FUZZ_TOKENS ?? 4)

  test.each([
    ['{', most],
    ['{"resourceType":"Patient"', most],
    ['{"resourceType":', most - 1],
    ['{"a":[{"b":1},', most],
    [' { "a" : [ ] , ', most - 1],
    ['', most - 1],
  ])(
    'all that begin with %j, and go on with up to %i tokens',
    { timeout: 1_800_000 },
    (beginning, length) => {
      expect(wrongOf(sequences(Buffer.from(beginning), length))).toEqual([])
    },
  )
})

describe('bytes', () => {
  const places = Array.from({ length: complete.length + 1 }, (_, at) => at)
  const allBytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10)
  const at = (place: number, between: Uint8Array, skipped: number): Buffer =>
    Buffer.concat([complete.subarray(0, place), between, complete.subarray(place + skipped)])

  test('any one is put in, anywhere', () => {
    const lines = places.flatMap((place) => allBytes.map((byte) => at(place, Buffer.of(byte), 0)))
    expect(wrongOf(lines)).toEqual([])
  })

  test('any one is another, anywhere', () => {
    const lines = places.flatMap((place) => allBytes.map((byte) => at(place, Buffer.of(byte), 1)))
    expect(wrongOf(lines)).toEqual([])
  })

  test('some are missing, or come twice, anywhere', () => {
    const lines = places.flatMap((place) =>
      Array.from({ length: complete.length - place }, (_, number) => number + 1).flatMap((number) => [
        at(place, Buffer.alloc(0), number),
        at(place, complete.subarray(place, place + number), 0),
      ]),
    )
    expect(wrongOf(lines)).toEqual([])
  })

  test.each([
    ' ',
    '\t',
    '\r',
    ' \t\r ',
    ' '.repeat(40),
    '\v',
    '\f',
    '\0',
    '\u00a0',
    '\ufeff',
    '\\',
    '"',
    '""',
  ])('%j is put in, anywhere', (between) => {
    expect(wrongOf(places.map((place) => at(place, Buffer.from(between), 0)))).toEqual([])
  })
})

describe('strings', () => {
  const lengths = Array.from({ length: 100 }, (_, length) => length)
  const endings = [
    '"',
    '\\"',
    '\\""',
    '\\\\"',
    '\\u00e9"',
    '\\u00"',
    '\\u"',
    '\\x"',
    '\u0001"',
    'é"',
    '😀"',
    '',
  ]

  test('of any length, wherever they begin, whatever ends them', () => {
    const lines = lengths.flatMap((length) =>
      endings.flatMap((ending) => {
        const string = `"${'x'.repeat(length)}${ending}`
        const padding = 'y'.repeat(length % 17)
        return [
          `{"resourceType":"Patient","${padding}":${string}}`,
          `{${string}:1,"${padding}":"","resourceType":"Patient"}`,
          `{"resourceType":${string},"a":[${string},${string}]}`,
          `{"a":{${string}:${string}},"resourceType":"Patient"} `,
        ].map((line) => Buffer.from(line))
      }),
    )
    expect(wrongOf(lines)).toEqual([])
  })

  test('types of any length up to that of a name, and beyond', () => {
    for (const length of lengths.slice(1)) {
      const type = 'Aa'.repeat(length).slice(0, length)
      const others = [
        `${type}a`,
        type.slice(1),
        `${type.slice(0, -1)}b`,
        `b${type.slice(1)}`,
        type.toUpperCase(),
      ]
      const lines = [type, ...others, type].map((name) => `{"resourceType":"${name}","a":"${name}"}`)
      const file = Buffer.from(lines.join('\n'))
      const inspecting = inspector({ expectedType: type, maxLineBytes: 1000 })
      inspecting.push(file)
      expect(countsFrom(inspecting.end())).toEqual(countsOf(file, type))
    }
  })
})

test('chunks of memory that threads share', () => {
  const file = Buffer.from(`${complete}\n{"a":1}\n{"é"\n${complete}`)
  const shared = Buffer.from(new SharedArrayBuffer(16))
  const inspecting = inspector({ expectedType: 'Patient', maxLineBytes: 1000 })
  for (let at = 0; at < file.length; at += shared.length) {
    inspecting.push(shared.subarray(0, file.copy(shared, 0, at, at + shared.length)))
  }
  expect(countsFrom(inspecting.end())).toEqual(countsOf(file, 'Patient'))
})
