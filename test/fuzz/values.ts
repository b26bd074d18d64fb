/** Hostile values from a seed: what a server, or somebody who has been at the disk, may put in the place of any other. */
import { type Random, randomFrom } from '../ndjson/validator-lines.js'

export { type Random, randomFrom }

export const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T

/** One time in so many. */
export const seldom = (random: Random, times: number): boolean => random(times) === 0

/** Names that mean something to JavaScript, and are data here. */
export const strangeKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'hasOwnProperty',
  'length',
  'then',
  'get',
  '',
  '0',
  ' ',
  '\u0000',
  'é',
] as const

/** Bits of everything that readers look for. */
const bits = [
  '\u0000',
  '\u001b[2J',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\udfff',
  '😀',
  'é',
  'e\u0301',
  '\r\n',
  '\r\nX-Injected: 1',
  '\t',
  ' ',
  '"',
  '\\',
  '<',
  '<title',
  '<title>',
  '</title>',
  '<html>',
  '{',
  '[',
  '{"a":',
  'eyJ',
  'eyJa.b.c',
  '-eyJ',
  'null',
  '0',
  '-1',
  '1e300',
  '1e999',
  'NaN',
  '99999999999999999999',
  'http://',
  'https://ehr.example/x',
  '//ehr.example/x',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:,x',
  '../../x',
  '/..',
  '/../\\\\[',
  '\\\\[/../',
  '/\t/[/..',
  '?a=b',
  '#',
  '%00',
  '%2e%2e%2f',
  'x@y',
  ':443',
  'Retry-After',
  'session expired',
  'cancelled',
  'transient',
  'in-progress',
  'bytes 0-1/2',
  'W/"x"',
  '"x"',
  'gzip',
  ',',
  ';',
  '=',
  ':',
  'Patient',
  'CON',
  '2026-01-01T00:00:00Z',
  'Thu, 01 Jan 2026 00:00:00 GMT',
  '20260101T000000Z',
] as const

export const text = (random: Random): string => {
  if (seldom(random, 3000)) return pick(random, bits).repeat(1 + random(30_000))
  return Array.from({ length: random(5) }, () => pick(random, bits)).join('')
}

const numbers = [0, -0, -1, 1, 0.5, 100, 200, 1e9, 1.7e12, 8.64e15, 8.65e15, 2 ** 53, 1e300, -1e300, 5e-324]

/** Nested so deeply, as text: building it would recurse. */
const nested = (random: Random): unknown => {
  const levels = seldom(random, 20) ? 2000 : pick(random, [5, 70])
  return JSON.parse(
    random(2) === 0
      ? `${'['.repeat(levels)}${']'.repeat(levels)}`
      : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  )
}

const object = (random: Random, depth: number): unknown =>
  Object.fromEntries(
    Array.from({ length: random(4) }, () => [
      seldom(random, 3) ? text(random) : pick(random, strangeKeys),
      value(random, depth + 1),
    ]),
  )

/** Anything that JSON can hold. Keys are own properties, `__proto__` as well. */
export const value = (random: Random, depth = 0): unknown => {
  switch (random(depth > 3 ? 6 : 10)) {
    case 0:
      return null
    case 1:
      return random(2) === 0
    case 2:
      return pick(random, numbers)
    case 3:
    case 4:
    case 5:
      return text(random)
    case 6:
      return Array.from({ length: random(4) }, () => value(random, depth + 1))
    case 7:
      return seldom(random, 20) ? nested(random) : object(random, depth)
    default:
      return object(random, depth)
  }
}

type Entries = [string, unknown][]

const isObject = (node: unknown): node is Record<string, unknown> =>
  typeof node === 'object' && node !== null && !Array.isArray(node)

const changedEntries = (random: Random, entries: Entries): Entries => {
  const at = random(entries.length + 1)
  const entry = entries[at]
  if (entry === undefined)
    return [...entries, [seldom(random, 2) ? pick(random, strangeKeys) : text(random), value(random)]]
  switch (random(6)) {
    case 0:
      return entries.filter((_, index) => index !== at)
    case 1:
      return [...entries, [pick(random, strangeKeys), entry[1]]]
    case 2:
      return entries.map((one, index) => (index === at ? [one[0].toUpperCase(), one[1]] : one))
    default:
      return entries.map((one, index) => (index === at ? [one[0], mutated(random, one[1])] : one))
  }
}

/** The same with one thing in it changed: another type, gone, twice, more of it, elsewhere. */
export const mutated = (random: Random, node: unknown): unknown => {
  if (seldom(random, 4)) return value(random)
  if (Array.isArray(node)) {
    const at = random(node.length + 1)
    if (seldom(random, 4)) return [...node, ...node]
    if (seldom(random, 6)) return node.slice(0, at)
    return [...node.slice(0, at), mutated(random, node[at]), ...node.slice(at + 1)]
  }
  if (isObject(node)) return Object.fromEntries(changedEntries(random, Object.entries(node)))
  if (typeof node === 'string' && node !== '') return changedText(random, node)
  return value(random)
}

/** A text with something in it, or cut out of it. */
export const changedText = (random: Random, whole: string): string => {
  if (seldom(random, 4)) return text(random)
  const at = random(whole.length + 1)
  return whole.slice(0, at) + text(random) + whole.slice(seldom(random, 2) ? at : at + random(8))
}

/** So many changes, mostly few. */
export const mutatedOften = (random: Random, node: unknown): unknown => {
  let changed = node
  for (let left = random(4); left > 0; left -= 1) changed = mutated(random, changed)
  return changed
}

/** Text with accidents of the wire: cut, doubled, bytes that are another's. */
export const spoilt = (random: Random, whole: string): string => {
  let bytes = Buffer.from(whole)
  for (let left = random(3); left > 0; left -= 1) {
    const at = random(bytes.length + 1)
    const end = Math.min(bytes.length, at + random(20))
    const between = [
      Buffer.alloc(0),
      Buffer.from([random(256)]),
      Buffer.from(text(random)),
      bytes.subarray(at, end),
    ]
    bytes = Buffer.concat([
      bytes.subarray(0, at),
      pick(random, between),
      seldom(random, 8) ? Buffer.alloc(0) : bytes.subarray(seldom(random, 2) ? at : end),
    ])
  }
  return bytes.toString('utf8')
}

/** A JSON text: mutated, perhaps spoilt, perhaps with a key that comes twice. */
export const json = (random: Random, seed: unknown): string => {
  const written = JSON.stringify(mutatedOften(random, seed)) ?? ''
  if (seldom(random, 6))
    return written.replace(
      '{',
      `{"${pick(random, strangeKeys)}":1,"${pick(random, ['output', 'type', 'url', 'resourceType'])}":null,`,
    )
  return seldom(random, 4) ? spoilt(random, written) : written
}

/** Header values: as they were, hostile, repeated, long. */
export const headers = (
  random: Random,
  seed: Readonly<Record<string, readonly string[]>>,
): Record<string, string | string[] | undefined> =>
  Object.fromEntries(
    Object.entries(seed).flatMap(([name, values]): [string, string | string[]][] => {
      const own = (): string => (seldom(random, 3) ? text(random) : changedText(random, pick(random, values)))
      switch (random(8)) {
        case 0:
        case 1:
        case 2:
          return []
        case 3:
          return [[name, Array.from({ length: random(4) }, own)]]
        case 4:
          return seldom(random, 600) ? [[name, own().padEnd(100_000, pick(random, bits))]] : [[name, own()]]
        default:
          return [[name, seldom(random, 2) ? pick(random, values) : own()]]
      }
    }),
  )
