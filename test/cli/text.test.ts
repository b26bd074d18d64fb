import { expect, test } from 'vitest'
import { explain, explanationLines, plainPaint } from '../../src/cli/explain.js'
import { shortPath } from '../../src/cli/show.js'
import { count, duration, harmless, instant, size } from '../../src/cli/text.js'
import { BulkxError } from '../../src/errors.js'
import { shellWord } from '../../src/job/next-command.js'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [52_211, '52.2 kB'],
  [999_600, '1.00 MB'],
  [1_234_567_890, '1.23 GB'],
])('%d bytes are %j', (bytes, text) => {
  expect(size(bytes)).toBe(text)
})

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [200, '0.2 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_499, '59 s'],
  [59_600, '1 min'],
  [125_000, '2 min 5 s'],
  [3_599_600, '1 h'],
  [3_660_000, '1 h 1 min'],
  [86_400_000, '1 d'],
  [2_595_600_000, '30 d 1 h'],
])('%d ms are %j', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test.each([
  ['40% complete', '40% complete'],
  ['a\r\nb\tc', 'a b c'],
  ['\u001b[31mred\u001b[0m and \u001b]0;title\u0007more', 'red and more'],
  ['\u202Eright to left', 'right to left'],
  ['\u009b2J', '2J'],
])('%j is made harmless', (text, expected) => {
  expect(harmless(text)).toBe(expected)
})

test('words of others are cut at 2 KB, between characters', () => {
  const text = harmless('ä'.repeat(3000))
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048 + 3)
  expect(text).toMatch(/^ä+…$/)
})

test('counts, instants, words of a shell, paths', () => {
  expect([count(1, 'file'), count(20_000, 'file')]).toEqual(['1 file', '20,000 files'])
  expect([instant(0), instant(9e15)]).toEqual(['1970-01-01T00:00:00Z', 'never'])
  expect([shellWord('./out'), shellWord("it's here")]).toEqual(['./out', `'it'\\''s here'`])
  expect([shortPath('/a/b/out', '/a/b'), shortPath('/a/b', '/a/b'), shortPath('/c', '/a/b')]).toEqual([
    './out',
    '.',
    '/c',
  ])
})

const systemError = (code: string): Error =>
  Object.assign(new Error(code), { code, syscall: 'open', path: '/out/x' })

test.each([
  [new BulkxError('BULKX_JOB_GONE', 'It is gone', { hint: 'again' }), 6, 'BULKX_JOB_GONE', 'It is gone'],
  [systemError('ENOSPC'), 8, 'BULKX_DISK_FULL', 'The disk is full: /out/x'],
  [systemError('EACCES'), 8, 'BULKX_STORAGE', 'Permission denied: /out/x'],
  [systemError('EWHAT'), 1, 'BULKX_DEFECT', 'This is a defect of bulkx: EWHAT'],
  [new TypeError('x is not a function'), 1, 'BULKX_DEFECT', 'This is a defect of bulkx: x is not a function'],
  ['text', 1, 'BULKX_DEFECT', 'This is a defect of bulkx: text'],
])('%#: an error becomes a code and a sentence', (error, exitCode, code, message) => {
  expect(explain(error)).toMatchObject({ exitCode, code, message })
})

test('an explanation is an error line, a hint line, and the stack of a defect with its cause', () => {
  const known = explain(new BulkxError('BULKX_JOB_GONE', 'Gone\u001b[2J', { hint: 'start a new one' }))
  expect(explanationLines(known, plainPaint)).toEqual(['error: Gone', 'hint: start a new one'])
  const lines = explanationLines(explain(new Error('a', { cause: new Error('b') })), plainPaint).join('\n')
  expect(lines).toMatch(/please report it/)
  expect(lines).toMatch(/Error: a\n[\s\S]*caused by: Error: b\n/)
})
