/** Faults of file downloads, looked at without a client: codings, ranges, framing. */
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { brotliDecompressSync, gunzip, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Fault, faults, listen, parseFault } from '../../src/mock/index.js'
import { ask, exported, JOB_MS, pretend } from './conversation.js'

/** What the first file is, and what comes of it with these faults. */
const firstFile = async (...list: Fault[]) => {
  const honest = pretend()
  const { output: truth } = await exported(honest, 'Group/123/$export')
  const content = Buffer.from(await (await ask(honest.mock, truth[0]?.url ?? '')).arrayBuffer())
  const server = pretend({ faults: list })
  const { output } = await exported(server, 'Group/123/$export')
  const get = async (headers: Record<string, string> = {}) => {
    const {
      status,
      headers: sent,
      ...response
    } = await ask(server.mock, output[0]?.url ?? '', { headers }).then(async (reply) => ({
      status: reply.status,
      headers: reply.headers,
      bytes: Buffer.from(await reply.arrayBuffer()),
    }))
    return { status, header: (name: string) => sent.get(name), ...response }
  }
  return { content, get }
}

describe('codings', () => {
  test.each<[string, string | null, (bytes: Buffer) => Buffer]>([
    ['gzipTwice', 'gzip', (bytes) => gunzipSync(gunzipSync(bytes))],
    ['gzipUnannounced', null, gunzipSync],
    ['falseGzip', 'gzip', (bytes) => bytes],
    ['gzipMembers', 'gzip', gunzipSync],
    ['coding:name=br', 'br', brotliDecompressSync],
    ['coding:name=deflate', 'deflate', inflateSync],
    ['coding:name=gzip, gzip', 'gzip, gzip', (bytes) => gunzipSync(gunzipSync(bytes))],
    ['coding:name=zstd', 'zstd', (bytes) => bytes],
    ['rawDeflate', 'deflate', inflateRawSync],
  ])('%s', async (text, encoding, decode) => {
    const { content, get } = await firstFile(parseFault(text))
    for (const headers of [undefined, { range: 'bytes=10-' }]) {
      const { status, header, bytes } = await get(headers)
      expect([status, header('content-encoding'), header('etag')]).toEqual([200, encoding, null])
      expect(header('content-length')).toBe(String(bytes.length))
      expect(decode(bytes).equals(content)).toBe(true)
    }
  })

  test('truncateGzip lacks the trailer, once', async () => {
    const { content, get } = await firstFile(faults.truncateGzip())
    const { bytes } = await get()
    expect(() => gunzipSync(bytes)).toThrow('unexpected end of file')
    expect((await get()).bytes.equals(content)).toBe(true)
  })

  test('gzipMembers: zero bytes between the members hide the second one from zlib', async () => {
    const { content, get } = await firstFile(faults.gzipMembers({ padding: 16 }))
    const { bytes } = await get()
    expect(gunzipSync(bytes).equals(content.subarray(0, content.length >> 1))).toBe(true)
    const { get: getTail } = await firstFile(faults.gzipMembers({ tail: 'tail' }))
    expect((await getTail()).bytes.toString()).toMatch(/tail$/)
  })

  test('gzipBomb is small on the wire', async () => {
    const { content, get } = await firstFile(faults.gzipBomb({ megabytes: 5 }))
    const { bytes } = await get()
    expect(bytes.length).toBeLessThan(content.length + 10_000)
    expect(await promisify(gunzip)(bytes)).toHaveLength(content.length + 5_000_000)
  })
})

describe('lyingRange', () => {
  test.each<[string, number, (total: number) => string | null]>([
    ['total', 206, (total) => `bytes 100-${total - 1}/${total - 100}`],
    ['end', 206, (total) => `bytes 100-${total}/${total}`],
    ['offset', 206, (total) => `bytes 0-${total - 1}/${total}`],
    ['bytes', 206, (total) => `bytes 100-${total - 1}/${total}`],
    ['1MB', 206, (total) => `bytes 100-${total - 1}/${total}`],
    ['200', 200, () => null],
  ])('%s', async (range, status, contentRange) => {
    const { content, get } = await firstFile(parseFault(`lyingRange:range=${range}`))
    const whole = await get()
    expect([whole.status, whole.bytes.equals(content)]).toEqual([200, true])
    const part = await get({ range: 'bytes=100-' })
    expect([part.status, part.header('content-range')]).toEqual([status, contentRange(content.length)])
    const isRight = part.bytes.equals(content.subarray(100))
    expect(isRight).toBe(!['offset', 'bytes', '200'].includes(range))
  })

  test('there is no other lie', () => {
    expect(() => parseFault('lyingRange:range=half')).toThrow('one of 1MB, total, offset, end, bytes, 200')
  })
})

test('changedFile is another file from the second request on, with ranges of its own', async () => {
  const { content, get } = await firstFile(faults.changedFile())
  expect((await get()).bytes.equals(content)).toBe(true)
  const changed = await get()
  const line = content.subarray(0, content.indexOf('\n') + 1)
  expect(changed.bytes.equals(Buffer.concat([line, content]))).toBe(true)
  const part = await get({ range: 'bytes=100-' })
  const total = changed.bytes.length
  expect([part.status, part.header('etag'), part.header('content-range')]).toEqual([
    206,
    '"changed"',
    `bytes 100-${total - 1}/${total}`,
  ])
  expect(part.bytes.equals(changed.bytes.subarray(100))).toBe(true)
})

describe('noLength', () => {
  /** The bytes of one GET, from the status line to the end of the connection. */
  const raw = (port: number, path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`),
      )
      let text = ''
      socket.setEncoding('latin1')
      socket.on('data', (chunk) => {
        text += String(chunk)
        if (text.endsWith('\r\n0\r\n\r\n')) socket.end()
      })
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })

  test.each<['chunked' | 'close', RegExp, RegExp]>([
    ['chunked', /\r\ntransfer-encoding: chunked\r\n/i, /\r\n0\r\n\r\n$/],
    ['close', /\r\nconnection: close\r\n/i, /[^\n]$/],
  ])('%s', async (as, head, end) => {
    const server = pretend({ faults: [faults.noLength({ as, keepBytes: 200 })] })
    const running = await listen(server.mock)
    onTestFinished(() => running.close())
    const reply = await fetch(`${running.fhirUrl}/Group/123/$export`, {
      headers: { accept: 'application/fhir+json', prefer: 'respond-async' },
    })
    server.clock.advance(JOB_MS)
    const status = await fetch(reply.headers.get('content-location') ?? '')
    const { output } = (await status.json()) as { output: { url: string }[] }
    const text = await raw(running.port, new URL(output[0]?.url ?? '').pathname)
    expect(text).not.toMatch(/content-length/i)
    expect(text).toMatch(head)
    expect(text).toMatch(end)
  })
})
