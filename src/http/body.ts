/** Reply bodies: content codings taken off strictly, and small answers read into text within limits. */
import { pipeline, Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Clock } from '../clock.js'
import { breakOff, type HttpHeaders, type HttpReply, header } from './exchange.js'
import { NetworkError, networkError } from './network-error.js'

/** What `decoded` takes off. */
export const acceptEncoding = 'gzip, deflate, br'

/** 256 KiB: 1.8 times as fast as the default of 16 KiB. */
const inflateChunkBytes = 256 * 1024

/** A file stored as .gz and compressed again for the transfer has two layers; more is not taken off. */
const gzipLayersMax = 2

export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

/** The chunks of a body as they came; its errors are network errors. */
export async function* received(body: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer
  } catch (error) {
    throw networkError(error) ?? error
  }
}

const through = (source: AsyncIterable<Buffer>, decoder: NodeJS.ReadWriteStream & Readable): Readable => {
  // The error reaches the reader of `decoder`; the callback is what keeps it from being unhandled.
  pipeline(Readable.from(source, { objectMode: false, highWaterMark: 64 * 1024 }), decoder, () => {})
  return decoder
}

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

const isGzip = (first: Buffer): boolean => first[0] === 0x1f && first[1] === 0x8b

/** Decides by the first two bytes, not by the header: proxies and stored files make the header wrong both ways. */
async function* gunzipped(
  source: AsyncIterable<Buffer>,
  layersLeft: number,
  onLayer: () => void,
): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  let first: Buffer = Buffer.alloc(0)
  while (first.length < 2) {
    const next = await chunks.next()
    if (next.done) break
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value])
  }
  const body = startingWith(first, chunks)
  if (!isGzip(first) || layersLeft === 0) {
    yield* body
    return
  }
  onLayer()
  const inflated = received(through(body, createGunzip({ chunkSize: inflateChunkBytes })))
  yield* gunzipped(inflated, layersLeft - 1, onLayer)
}

const coding = (headers: HttpHeaders): string =>
  (header(headers, 'content-encoding') ?? '')
    .trim()
    .toLowerCase()
    .replace(/^identity$/, '')

/** True when nothing was done to the bytes on the way: lengths and ranges count what we see. */
export const isIdentity = (headers: HttpHeaders): boolean => coding(headers) === ''

/**
 * The decoded content of a reply. A truncated or broken coding is an error, never a short body. `onGzip` is called
 * before the first bytes when they came compressed, whatever the headers say. Throws `NetworkError` for the
 * transfer, `DecodeError` for the coding.
 */
export async function* decoded(reply: HttpReply, onGzip: () => void = () => {}): AsyncGenerator<Buffer> {
  const codings = coding(reply.headers)
  let source: AsyncIterable<Buffer> = received(reply.body)
  try {
    for (const name of codings.split(/\s*,\s*/).reverse()) {
      if (name === 'br') source = through(source, createBrotliDecompress({ chunkSize: inflateChunkBytes }))
      else if (name === 'deflate') source = through(source, createInflate({ chunkSize: inflateChunkBytes }))
      else if (!['', 'gzip', 'x-gzip'].includes(name))
        throw new DecodeError(`the content coding ${name} is not supported`)
    }
    yield* gunzipped(source, gzipLayersMax, onGzip)
  } catch (error) {
    if (error instanceof NetworkError || error instanceof DecodeError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!/^(Z_|ERR_.*BROTLI|ERR__ERROR|ERR_STREAM_PREMATURE)/.test(code)) throw error
    throw new DecodeError(`the compressed content is broken or cut off (${code})`, { cause: error })
  } finally {
    breakOff(reply)
  }
}

/** A small reply, read whole. */
export interface Answer {
  status: number
  headers: HttpHeaders
  url: string
  /** Text of the body, at most `limitBytes` of it. */
  body: string
  /** The body was longer than the limit. */
  cut: boolean
}

/** Longest answer that is read as JSON, bytes: a manifest of a million files has some 200 MB. */
export const answerLimitBytes = 256 * 1024 * 1024
/** How much of an error's body is looked at, bytes. */
export const errorLimitBytes = 64 * 1024
/** How long a whole answer may take to come, milliseconds, however busily it drips; a long one may take longer. */
export const answerLimitMs = 5 * 60_000
/** Beyond `answerLimitMs` an answer goes on coming only as fast as this on average, bytes a second. */
export const answerSlowestRate = 64 * 1024
/** How often that is looked at, milliseconds. */
const answerCheckMs = 10_000

const tooSlow = (): NetworkError =>
  new NetworkError('timeout', 'the answer drips too slowly to be waited for', { sent: true })

/**
 * Reads a reply to its end, or to `answerLimitBytes`, `errorLimitBytes` of an error. Rejects with `NetworkError` when
 * it breaks off or comes more slowly than `answerLimitMs` and `answerSlowestRate` allow, `DecodeError` when its coding
 * does not hold.
 */
export const readAnswer = async (reply: HttpReply, clock: Clock): Promise<Answer> => {
  const limit = reply.status < 300 ? answerLimitBytes : errorLimitBytes
  const chunks: Buffer[] = []
  let size = 0
  const startedAt = clock.now()
  const stop = clock.every(answerCheckMs, () => {
    const allowedMs = answerLimitMs + (size / answerSlowestRate) * 1000
    if (clock.now() - startedAt > allowedMs) reply.body.destroy(tooSlow())
  })
  try {
    for await (const chunk of decoded(reply)) {
      chunks.push(chunk)
      size += chunk.length
      if (size > limit) break
    }
  } finally {
    stop()
  }
  const body = Buffer.concat(chunks).subarray(0, limit).toString('utf8')
  return { status: reply.status, headers: reply.headers, url: reply.url, body, cut: size > limit }
}
