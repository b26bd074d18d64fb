/** Content codings: whatever the chunks are, all bytes come out or an error does. */
import { Readable } from 'node:stream'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DecodeError, decoded, isIdentity, type Noticed } from '../../src/http/coding.js'
import { NetworkError } from '../../src/http/network-error.js'

const text = Array.from({ length: 400 }, (_, index) => `{"resourceType":"Patient","id":"${index}"}\n`).join(
  '',
)
const half = text.length >> 1
const gzip = gzipSync(text)
const pair = (between: Buffer, behind: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([gzipSync(text.slice(0, half)), between, gzipSync(text.slice(half)), behind])
const zeros = Buffer.alloc(512)
const cut = (bytes: Buffer, by: number): Buffer => bytes.subarray(0, bytes.length - by)
const tail = Buffer.from('tail')

/** Pieces of this size, and how the body ends. */
async function* pieces(bytes: Buffer, size: number, breaks?: Error): AsyncGenerator<Buffer> {
  // A Uint8Array, as web streams give them, is no Buffer.
  for (let at = 0; at < bytes.length; at += size)
    yield new Uint8Array(bytes.subarray(at, at + size)) as Buffer
  if (breaks) throw breaks
}

const decode = async (bytes: Buffer, encoding?: string | string[], size = 64 * 1024, breaks?: Error) => {
  const noticed: Noticed[] = []
  const headers = { 'content-encoding': encoding }
  const body = Readable.from(pieces(bytes, size, breaks))
  const chunks: Buffer[] = []
  for await (const chunk of decoded({ status: 200, headers, url: '', body }, (what) => noticed.push(what)))
    chunks.push(chunk)
  return { text: Buffer.concat(chunks).toString(), noticed, body }
}

const sizes = [1, 7, 64 * 1024]

describe('what comes out', () => {
  test.each<[string, Buffer, string | string[] | undefined, Noticed[]]>([
    ['plain', Buffer.from(text), undefined, []],
    ['identity', Buffer.from(text), 'identity', []],
    ['a charset where the coding should stand', Buffer.from(text), 'UTF-8', []],
    ['gzip', gzip, 'gzip', ['gzip']],
    ['gzip without the header', gzip, undefined, ['gzip']],
    ['X-GZIP', gzip, 'X-GZIP', ['gzip']],
    ['gzip announced, plain', Buffer.from(text), 'gzip', ['false-gzip']],
    ['gzip twice, announced once', gzipSync(gzip), 'gzip', ['gzip', 'gzip']],
    ['gzip twice, not announced', gzipSync(gzip), undefined, ['gzip', 'gzip']],
    ['gzip twice, announced twice', gzipSync(gzip), ['gzip', 'gzip'], ['gzip', 'gzip']],
    ['gzip twice announced, once done', gzip, 'gzip, gzip', ['gzip']],
    ['two members', pair(Buffer.alloc(0)), 'gzip', ['gzip']],
    ['two members with zeros between', pair(zeros), 'gzip', ['gzip', 'gap']],
    ['zeros behind', pair(Buffer.alloc(0), zeros), 'gzip', ['gzip']],
    ['zeros between and behind', pair(zeros, zeros), undefined, ['gzip', 'gap']],
    ['deflate', deflateSync(text), 'deflate', []],
    ['deflate without its header', deflateRawSync(text), 'deflate', []],
    ['br', brotliCompressSync(text), 'br', []],
    ['br, then gzip', gzipSync(brotliCompressSync(text)), 'br, gzip', ['gzip']],
    ['gzip, then br', brotliCompressSync(gzip), 'gzip, br', ['gzip']],
  ])('%s', async (_name, bytes, encoding, noticed) => {
    for (const size of sizes) {
      const result = await decode(bytes, encoding, size)
      expect(result.text === text, `in pieces of ${size}`).toBe(true)
      expect(result.noticed).toEqual(noticed)
      expect(result.body.destroyed).toBe(true)
    }
  })

  test.each([undefined, 'gzip', 'gzip, gzip', 'deflate', 'br'])(
    'nothing of nothing: %s',
    async (encoding) => {
      expect(await decode(Buffer.alloc(0), encoding)).toMatchObject({ text: '', noticed: [] })
    },
  )
})

describe('errors', () => {
  test.each<[string, Buffer, string | undefined, DecodeError['kind'], RegExp]>([
    ['gzip without its trailer', cut(gzip, 8), 'gzip', 'broken', /broken or cut off/],
    ['without its last byte', cut(gzip, 1), undefined, 'broken', /broken or cut off/],
    ['cut inside of its header', gzip.subarray(0, 5), 'gzip', 'broken', /cut off/],
    ['one byte of it', gzip.subarray(0, 1), 'gzip', 'broken', /cut off/],
    ['the second member cut', cut(pair(zeros), 8), 'gzip', 'broken', /cut off/],
    ['the inner layer cut', gzipSync(cut(gzip, 8)), 'gzip', 'broken', /cut off/],
    ['something behind', Buffer.concat([gzip, tail]), 'gzip', 'broken', /broken/],
    ['something behind zeros', Buffer.concat([gzip, zeros, tail]), 'gzip', 'broken', /of no kind/],
    ['behind deflate', Buffer.concat([deflateSync(text), tail]), 'deflate', 'broken', /of no kind/],
    ['behind br', Buffer.concat([brotliCompressSync(text), tail]), 'br', 'broken', /of no kind|broken/],
    ['deflate cut', cut(deflateSync(text), 4), 'deflate', 'broken', /cut off/],
    ['br cut', cut(brotliCompressSync(text), 2), 'br', 'broken', /cut off/],
    ['gzip three times', gzipSync(gzipSync(gzip)), 'gzip', 'unknown', /more than 2 times/],
    ['zstd', Buffer.from(text), 'zstd', 'unknown', /content coding zstd/],
    ['a name with bells', Buffer.from(text), 'x\u0007y', 'unknown', /coding x\?y/],
    ['very many', Buffer.from(text), 'br, br, br, br, br', 'unknown', /too many/],
  ])('%s', async (_name, bytes, encoding, kind, message) => {
    for (const size of sizes) {
      const error = await decode(bytes, encoding, size).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(DecodeError)
      expect(error).toMatchObject({ kind, message: expect.stringMatching(message) as string })
    }
  })

  test.each([undefined, 'gzip', 'gzip, gzip', 'br'])(
    'of the network come out as they are: %s',
    async (encoding) => {
      const breaks = new NetworkError('broken', 'the connection was reset', { sent: true })
      const bytes = encoding === 'br' ? brotliCompressSync(text) : gzip
      for (const size of sizes)
        await expect(decode(cut(bytes, 20), encoding, size, breaks)).rejects.toBe(breaks)
    },
  )
})

describe('a bomb', () => {
  const bomb = gzipSync(Buffer.alloc(100_000_000), { level: 9 })

  test.each<[string, Buffer]>([
    ['one layer', bomb],
    ['two layers', gzipSync(bomb)],
  ])('%s is put out before it is all there', async (_name, bytes) => {
    let gave = 0
    const body = Readable.from(pieces(bytes, 4096), { objectMode: false })
    const take = async (): Promise<void> => {
      for await (const chunk of decoded({ status: 200, headers: {}, url: '', body })) gave += chunk.length
    }
    await expect(take()).rejects.toMatchObject({
      kind: 'bomb',
      message: 'it unpacks to more than 500 times its size',
    })
    expect(gave).toBeLessThan(65 * 1024 * 1024)
  })
})

test('who stops early leaves nothing running', async () => {
  const body = Readable.from(pieces(gzipSync(gzip), 16), { objectMode: false })
  for await (const chunk of decoded({
    status: 200,
    headers: { 'content-encoding': 'gzip' },
    url: '',
    body,
  })) {
    expect(chunk.length).toBeGreaterThan(0)
    break
  }
  expect(body.destroyed).toBe(true)
})

test.each([
  [undefined, true],
  ['identity', true],
  ['', true],
  ['gzip', false],
  [['identity', 'br'], false],
])('isIdentity %j: %s', (encoding, expected) => {
  expect(isIdentity({ 'content-encoding': encoding })).toBe(expected)
})
