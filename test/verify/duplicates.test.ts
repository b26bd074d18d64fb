/** Resources that come twice: found however the lines are written, wherever the chunks break, in memory with a limit. */
import { describe, expect, test } from 'vitest'
import { duplicates } from '../../src/verify/duplicates.js'

const found = (texts: string[], chunkBytes = Number.POSITIVE_INFINITY) => {
  const seen = duplicates()
  for (const [index, text] of texts.entries()) {
    const look = seen.look(`${index}.ndjson`)
    const bytes = Buffer.from(text)
    const size = Math.min(chunkBytes, Math.max(1, bytes.length))
    for (let at = 0; at < bytes.length; at += size) look.push(bytes.subarray(at, at + size))
    look.end()
  }
  return seen.found()
}

const one = '{"resourceType":"Patient","id":"a1"}'

describe('the same resource', () => {
  test.each([
    ['the very line', [`${one}\n${one}\n`]],
    ['in two files', [`${one}\n`, one]],
    ['written in another way', [one, '{ "id": "a1", "x": {"id":"b"}, "resourceType": "Patient" }\r\n']],
    ['with more in it', [one, '{"resourceType":"Patient","id":"a1","name":[]}']],
  ])('%s', (_name, texts) => {
    expect(found(texts).number).toBe(1)
    expect(found(texts).example).toMatch(/^Patient\/a1 in [01].ndjson$/)
  })

  test.each([1, 2, 3, 7, 36, 37])('chunks of %i bytes', (size) => {
    expect(found([`${one}\n\n${one}\n{"resourceType":"Patient","id":"a2"}\n${one}`], size).number).toBe(2)
  })
})

test.each([
  ['another id', ['{"resourceType":"Patient","id":"a"}', '{"resourceType":"Patient","id":"b"}']],
  ['another type', ['{"resourceType":"Patient","id":"a"}', '{"resourceType":"Group","id":"a"}']],
  ['no id', ['{"resourceType":"Patient"}', '{"resourceType":"Patient"}']],
  ['an id of something inside', [one, '{"resourceType":"Patient","contained":[{"id":"a1"}]}']],
  ['lines that are none', ['nothing', 'nothing']],
])('not the same: %s', (_name, texts) => {
  expect(found(texts)).toEqual({ number: 0, example: undefined })
})

test('a hundred thousand ids are told apart', () => {
  const lines = Array.from({ length: 100_000 }, (_, id) => `{"resourceType":"Patient","id":"${id}"}\n`)
  expect(found([lines.join('')])).toEqual({ number: 0, example: undefined })
  expect(found([lines.join(''), lines[77] ?? '']).number).toBe(1)
})
