/** Transfers that break: each heals when it happens once, and ends 7 with nothing under the name when it stays. */

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { dataFiles, exitOf, textOf, tree } from '../helpers/conversation.js'
import { lines } from '../helpers/scripted-server.js'
import type { Respond } from '../helpers/tcp-server.js'
import { bytes, turns, wire } from '../helpers/wire.js'

const text = lines('Patient', 500)
const zipped = gzipSync(text)

const cutOff =
  (headers: Record<string, string>, body: Buffer | string, how: 'reset' | 'close'): Respond =>
  (response) => {
    response.writeHead(200, headers)
    response.write(body, () => {
      if (how === 'reset') response.socket?.resetAndDestroy()
      else response.socket?.destroySoon()
    })
  }

const length = { 'content-length': String(text.length) }
const half = text.slice(0, text.length >> 1)

const damaged = (): Buffer => {
  const copy = Buffer.from(zipped)
  copy.fill(0xff, 500, 540)
  return copy
}

describe('breaks that are noticed whatever the content', () => {
  test.each<[string, Respond]>([
    ['F-16 shorter than Content-Length, closed in order', cutOff(length, half, 'close')],
    ['F-14 a reset in the middle', cutOff(length, half, 'reset')],
    ['a reset before the first byte', (response) => response.socket?.resetAndDestroy()],
    ['chunked without an end, closed in order', cutOff({}, half, 'close')],
    ['chunked without an end, Connection: close', cutOff({ connection: 'close' }, half, 'close')],
    ['chunked without an end, reset', cutOff({}, half, 'reset')],
    [
      'a chunk whose size is no number',
      (response) => {
        response.write(half, () => response.socket?.end('no size\r\n'))
      },
    ],
    ['chunked, cut exactly between two lines', cutOff({}, lines('Patient', 10), 'close')],
    [
      'F-18 gzip without its trailer, well framed',
      bytes(zipped.subarray(0, zipped.length - 8), { 'content-encoding': 'gzip' }),
    ],
    [
      'F-18 gzip cut in the middle, well framed',
      bytes(zipped.subarray(0, 300), { 'content-encoding': 'gzip' }),
    ],
    ['F-18 stored gzip cut in the middle, no header', bytes(zipped.subarray(0, 300))],
    ['gzip that is damaged in the middle', bytes(damaged(), { 'content-encoding': 'gzip' })],
    [
      'brotli cut in the middle',
      bytes(brotliCompressSync(text).subarray(0, 40), { 'content-encoding': 'br' }),
    ],
    ['a coding that nobody knows', bytes(text, { 'content-encoding': 'zstd' })],
  ])('%s', async (_name, broken) => {
    const once = await wire({ files: { a: turns(broken, bytes(text)) } })
    expect(exitOf(await once.run())).toBe(0)
    expect(await textOf(once.directory, 'Patient.0001.ndjson')).toBe(text)
    expect(once.server.requests.at(-1)?.method).toBe('DELETE')
    const always = await wire({ files: { a: broken, b: bytes(text) } })
    const ran = await always.run()
    expect(exitOf(ran)).toBe(7)
    expect(await dataFiles(always.directory)).toEqual(['Patient.0002.ndjson'])
    expect(await tree(always.directory)).not.toContain('manifest.json')
    expect(always.server.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
  })
})

describe('the same with --gzip', () => {
  test.each<[string, Respond]>([
    ['a reset in the middle', cutOff(length, half, 'reset')],
    ['gzip cut in the middle', bytes(zipped.subarray(0, 300), { 'content-encoding': 'gzip' })],
  ])('%s heals', async (_name, broken) => {
    const once = await wire({ files: { a: turns(broken, broken, broken, bytes(text)) } })
    expect(exitOf(await once.run({ files: { gzip: true } }))).toBe(0)
    const { gunzipSync } = await import('node:zlib')
    const { readFile } = await import('node:fs/promises')
    const stored = await readFile(`${once.directory}/Patient.0001.ndjson.gz`)
    expect(gunzipSync(stored).toString()).toBe(text)
  })
})

describe('codings that are taken off', () => {
  test.each<[string, Respond]>([
    ['gzip', bytes(zipped, { 'content-encoding': 'gzip' })],
    ['x-gzip', bytes(zipped, { 'content-encoding': 'X-GZIP' })],
    ['deflate', bytes(deflateSync(text), { 'content-encoding': 'deflate' })],
    ['brotli', bytes(brotliCompressSync(text), { 'content-encoding': 'br' })],
    ['F-19 stored gzip, no header', bytes(zipped, { 'content-type': 'application/gzip' })],
    ['F-20 stored gzip and transfer gzip', bytes(gzipSync(zipped), { 'content-encoding': 'gzip' })],
    ['gzip, gzip', bytes(gzipSync(zipped), { 'content-encoding': 'gzip, gzip' })],
    ['F-21 a gzip header on a plain body', bytes(text, { 'content-encoding': 'gzip' })],
    ['identity', bytes(text, { 'content-encoding': 'identity' })],
    ['two gzip members', bytes(Buffer.concat([gzipSync(text.slice(0, 1000)), gzipSync(text.slice(1000))]))],
  ])('%s: the file is the decoded content', async (_name, respond) => {
    const talk = await wire({ files: { a: respond } })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
    expect(talk.server.to('/files/')).toHaveLength(1)
  })

  test('a gzip body whose first byte comes alone', async () => {
    const drip: Respond = (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.write(zipped.subarray(0, 1), () => setImmediate(() => response.end(zipped.subarray(1))))
    }
    const talk = await wire({ files: { a: drip } })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
  })
})

describe('F-17 a well-framed body that is short', () => {
  test("is found by its broken last line: the same bytes twice are the server's, 10", async () => {
    const talk = await wire({ files: { a: bytes(half) } })
    expect(exitOf(await talk.run())).toBe(10)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(half)
    expect(talk.server.to('/files/')).toHaveLength(2)
  })

  test('is found by the count, and heals', async () => {
    const output = (origin: string) => [{ type: 'Patient', url: `${origin}/files/a`, count: 500 }]
    const talk = await wire({ files: { a: turns(bytes(lines('Patient', 499)), bytes(text)) }, output })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
  })
})
