/** Output files: bytes, validators, ranges, compression. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { linesContent } from '../../src/mock/content.js'
import { type DataSource, personality } from '../../src/mock/index.js'
import { ask, exported, pretend } from './conversation.js'

const oneFile = async (options: Parameters<typeof pretend>[0] = {}) => {
  const server = pretend(options)
  const { output } = await exported(server, 'Group/123/$export?_type=Patient')
  const url = output[0]?.url ?? ''
  const whole = await ask(server.mock, url)
  return { ...server, url, whole, bytes: Buffer.from(await whole.arrayBuffer()) }
}

test('a file says what it is', async () => {
  const { whole, bytes, clock } = await oneFile()
  expect(whole.status).toBe(200)
  expect(Object.fromEntries(whole.headers)).toEqual({
    'accept-ranges': 'bytes',
    'content-length': String(bytes.length),
    'content-type': 'application/fhir+ndjson',
    date: new Date(clock.now()).toUTCString(),
    etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    'last-modified': expect.stringMatching(/GMT$/),
  })
  expect(bytes.toString().split('\n')).toHaveLength(11)
})

describe('ranges', () => {
  test.each([
    ['bytes=0-9', 0, 10],
    ['bytes=10-', 10, undefined],
    ['bytes=-5', -5, undefined],
    ['bytes=10-999999999', 10, undefined],
  ])('%s', async (range, start, end) => {
    const { mock, url, bytes } = await oneFile()
    const part = await ask(mock, url, { headers: { range } })
    const wanted = bytes.subarray(start, end)
    const first = start < 0 ? bytes.length + start : start
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe(
      `bytes ${first}-${first + wanted.length - 1}/${bytes.length}`,
    )
    expect(part.headers.get('content-length')).toBe(String(wanted.length))
    expect(Buffer.from(await part.arrayBuffer())).toEqual(wanted)
  })

  test.each(['bytes=5-1', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-'])('%s is ignored', async (range) => {
    const { mock, url, bytes } = await oneFile()
    const response = await ask(mock, url, { headers: { range } })
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, bytes.length])
  })

  test.each([['bytes=999999-'], ['bytes=-0']])('%s cannot be satisfied', async (range) => {
    const { mock, url, bytes } = await oneFile()
    const response = await ask(mock, url, { headers: { range } })
    expect([response.status, response.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`])
  })

  test('If-Range and If-Match compare the strong ETag', async () => {
    const { mock, url, whole } = await oneFile()
    const etag = whole.headers.get('etag') ?? ''
    const modified = whole.headers.get('last-modified') ?? ''
    const statusFor = async (headers: Record<string, string>) =>
      (await ask(mock, url, { headers: { range: 'bytes=5-', ...headers } })).status
    expect(await statusFor({ 'if-range': etag })).toBe(206)
    expect(await statusFor({ 'if-range': modified })).toBe(206)
    expect(await statusFor({ 'if-range': '"other"' })).toBe(200)
    expect(await statusFor({ 'if-match': etag })).toBe(206)
    expect(await statusFor({ 'if-match': '"other"' })).toBe(412)
  })

  test('a personality may have none', async () => {
    const { mock, url, bytes } = await oneFile({ personality: personality({ files: { ranges: false } }) })
    const response = await ask(mock, url, { headers: { range: 'bytes=5-' } })
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, bytes.length])
  })
})

test('gzip only when the personality has it and the client wants it', async () => {
  const { mock, url, bytes, whole } = await oneFile({ personality: personality({ files: { gzip: true } }) })
  expect(whole.headers.get('content-encoding')).toBe(null)
  const refused = await ask(mock, url, { headers: { 'accept-encoding': 'gzip;q=0, identity' } })
  expect(refused.headers.get('content-encoding')).toBe(null)
  const coded = await ask(mock, url, { headers: { 'accept-encoding': 'br, gzip' } })
  expect(coded.headers.get('content-encoding')).toBe('gzip')
  expect(coded.headers.get('content-length')).toBe(null)
  expect(coded.headers.get('etag')).not.toBe(whole.headers.get('etag'))
  expect(gunzipSync(Buffer.from(await coded.arrayBuffer()))).toEqual(bytes)
  const { mock: plain, url: plainUrl } = await oneFile()
  const never = await ask(plain, plainUrl, { headers: { 'accept-encoding': 'gzip' } })
  expect(never.headers.get('content-encoding')).toBe(null)
})

test('HEAD tells the same without a body', async () => {
  const { mock, url, bytes } = await oneFile()
  const head = await ask(mock, url, { method: 'HEAD' })
  expect([head.headers.get('content-length'), await head.text()]).toEqual([String(bytes.length), ''])
})

describe('a file too large for memory', () => {
  const LINES = 300_000
  const line = (index: number) =>
    `{"resourceType":"Patient","id":"${index}","text":"${'é'.repeat(index % 50)}"}`
  const source = (): DataSource => ({
    types: ['Patient'],
    hasPatient: async () => true,
    group: async () => 'everybody',
    select: async () => [linesContent({ count: LINES, tag: 'large', line })],
    deletions: () => [],
  })

  test('has a length, and ranges that fit together', async () => {
    const server = pretend({ data: source() })
    const { output } = await exported(server, 'Patient/$export')
    const url = output[0]?.url ?? ''
    const whole = await ask(server.mock, url)
    const bytes = Buffer.from(await whole.arrayBuffer())
    expect(bytes.length).toBeGreaterThan(16 * 1024 * 1024)
    expect(whole.headers.get('content-length')).toBe(String(bytes.length))
    expect(bytes.subarray(0, 40).toString()).toBe(`${line(0)}\n`.slice(0, 40))
    for (const start of [0, 1, 777_777, 10_000_001, bytes.length - 1]) {
      const end = Math.min(start + 500_000, bytes.length)
      const part = await ask(server.mock, url, { headers: { range: `bytes=${start}-${end - 1}` } })
      expect(bytes.subarray(start, end).equals(Buffer.from(await part.arrayBuffer()))).toBe(true)
    }
  })

  test('can be left in the middle', async () => {
    const server = pretend({ data: source() })
    const { output } = await exported(server, 'Patient/$export')
    const response = await ask(server.mock, output[0]?.url ?? '')
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    await reader?.cancel()
  })
})
