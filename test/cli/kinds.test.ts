import { describe, expect, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import * as kinds from '../../src/options/kinds.js'

const errorOf = (action: () => unknown): BulkxError => {
  try {
    action()
  } catch (error) {
    if (error instanceof BulkxError) return error
  }
  throw new Error('nothing was thrown')
}

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['30d', 2_592_000_000],
  ['1.5h', 5_400_000],
  [' 5s ', 5_000],
  ['0s', 0],
  ['5', undefined],
  ['', undefined],
  ['5 minutes', undefined],
  ['-5s', undefined],
  ['5S', undefined],
  ['1e3s', undefined],
  ['99999999999999d', undefined],
])('duration %j is %j', (text, ms) => {
  expect(kinds.parseDuration(text)).toBe(ms)
})

test.each([
  [500, '500ms'],
  [1000, '1s'],
  [90_000, '90s'],
  [300_000, '5m'],
  [2_592_000_000, '30d'],
])('%j ms is written %j', (ms, text) => {
  expect(kinds.writeDuration(ms)).toBe(text)
  expect(kinds.parseDuration(text)).toBe(ms)
})

test.each([
  ['10MB', 10_000_000],
  ['1GiB', 2 ** 30],
  ['1.5GB', 1_500_000_000],
  ['64kB', 64_000],
  ['64K', 64_000],
  ['64KiB', 65_536],
  ['512', 512],
  ['512B', 512],
  ['0', undefined],
  ['10 apples', undefined],
  ['iB', undefined],
  ['5iB', undefined],
  ['-1MB', undefined],
  ['', undefined],
])('size %j is %j', (text, bytes) => {
  expect(kinds.parseSize(text)).toBe(bytes)
})

test.each([
  [2 ** 28, '256MiB'],
  [2 ** 30, '1GiB'],
  [1000, '1000B'],
])('%j bytes are written %j', (bytes, text) => {
  expect(kinds.writeSize(bytes)).toBe(text)
  expect(kinds.parseSize(text)).toBe(bytes)
})

test.each([
  ['1', true],
  ['true', true],
  ['YES', true],
  ['0', false],
  ['false', false],
  ['no', false],
  ['maybe', undefined],
])('boolean %j is %j', (text, value) => {
  expect(kinds.parseBoolean(text)).toBe(value)
})

describe('reading the texts of a source', () => {
  const word = kinds.text('a word', 'one')
  const words = kinds.list('a word', 'one,two', (item) => item)
  const lines = kinds.repeatable('a line', 'one', (item) => item)

  test('of single values the last one counts', () => {
    expect(kinds.readValue(word, '--word', ['a', 'b'])).toBe('b')
  })
  test('lists are comma-separated and repeatable', () => {
    expect(kinds.readValue(words, '--words', ['a, b', 'c'])).toEqual(['a', 'b', 'c'])
  })
  test('repeatable values keep their commas', () => {
    expect(kinds.readValue(lines, '--line', ['a,b', 'c'])).toEqual(['a,b', 'c'])
  })
  test.each([
    [kinds.duration('30s'), '--patience', ['soon'], '--patience "soon" is not a duration', '--patience 30s'],
    [
      kinds.duration('30s'),
      'BULKX_PATIENCE',
      ['5'],
      'BULKX_PATIENCE "5" is not a duration',
      'BULKX_PATIENCE=30s',
    ],
    [kinds.size('10MB'), '--max-rate', ['x'], '--max-rate "x" is not a size', '--max-rate 10MB'],
    [
      kinds.choice('get', 'post'),
      '--method',
      ['put'],
      '--method "put" is not one of get, post',
      '--method get',
    ],
    [
      kinds.integer(1, 100, '5'),
      '--parallel',
      ['0'],
      '--parallel "0" is not a whole number from 1 to 100',
      '--parallel 5',
    ],
    [
      kinds.integer(1, 100, '5'),
      '--parallel',
      ['1.5'],
      '--parallel "1.5" is not a whole number from 1 to 100',
      '--parallel 5',
    ],
    [
      kinds.flag,
      'BULKX_GZIP',
      ['maybe'],
      'BULKX_GZIP "maybe" is not one of 1, true, yes, 0, false, no',
      'BULKX_GZIP=1',
    ],
    [words, '--type', ['Patient,'], '--type "" is not a word', '--type one,two'],
  ])('%#: names option and value, and gives a right example', (kind, name, texts, message, example) => {
    const error = errorOf(() => kinds.readValue(kind, name, texts))
    expect(error.code).toBe('BULKX_USAGE')
    expect(error.message).toBe(message)
    expect(error.hint).toBe(`write it like ${example}`)
  })
})
