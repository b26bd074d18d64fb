/** Content codings, taken off strictly: by what the bytes are as well as by what is announced, and no byte is lost. */
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { Chunks } from './chunks.js'
import { type Body, breakOff, type HttpHeaders, type HttpReply } from './exchange.js'
import { NetworkError, networkError } from './network-error.js'

/** What `decoded` takes off. */
export const acceptEncoding = 'gzip, deflate, br'

/** 256 KiB: 1.8 times as fast as the default of 16 KiB. */
const chunkSize = 256 * 1024

/** A file stored as .gz and compressed again for the transfer has two layers; more is not taken off. */
const gzipLayersMax = 2
/** Announced codings: a chain of proxies may add one each. */
const codingsMax = 4
/** Resources unpack to some ten to fifty times their size; what goes beyond this is there to fill disks. */
const expansionMax = 500
/** Up to here any expansion is taken, bytes. */
const expansionFreeBytes = 64 * 1024 * 1024

/** `broken`: damaged or cut off. `unknown`: nothing that we can take off. `bomb`: it unpacks to more than is believable. */
export type DecodeErrorKind = 'broken' | 'unknown' | 'bomb'

export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly kind: DecodeErrorKind

  constructor(message: string, options: { kind?: DecodeErrorKind; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.kind = options.kind ?? 'broken'
  }
}

/**
 * What the bytes are, told before the first of them: compressed, once for each layer, or not although the headers say
 * so. `gap`, later: something stands between two parts of the compressed bytes, where many readers take it for the end.
 */
export type Noticed = 'gzip' | 'false-gzip' | 'gap'

/** The chunks of a body as they came; its errors are network errors. */
export async function* received(body: Body): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk
  } catch (error) {
    throw networkError(error) ?? error
  }
}

type Decoder = Readable & NodeJS.WritableStream & { readonly bytesWritten: number }

/** One compressed stream from the input; what the input has behind its end stays there. */
async function* unpacked(input: Chunks, decoder: Decoder): AsyncGenerator<Buffer> {
  let last: Buffer = Buffer.alloc(0)
  let taken = 0
  const feed = async (): Promise<void> => {
    for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
      last = chunk
      taken = decoder.bytesWritten
      // A decoder that has come to its end calls back late or never; then its output ends, too, and nobody waits.
      await new Promise((resolve) => decoder.write(last, resolve))
      if (decoder.destroyed || decoder.bytesWritten - taken < last.length) return
    }
    decoder.end()
  }
  feed().catch((error: unknown) => decoder.destroy(error instanceof Error ? error : new Error(String(error))))
  for await (const chunk of decoder) yield chunk as Buffer
  input.giveBack(last.subarray(decoder.bytesWritten - taken))
}

const isGzip = (first: Buffer): boolean => first[0] === 0x1f && (first.length === 1 || first[1] === 0x8b)

/** RFC 1952: members follow one another. Zero bytes, with which tapes and blocks are filled up, may stand between them. */
async function* members(input: Chunks, onGap: () => void = () => {}): AsyncGenerator<Buffer> {
  for (let isFirst = true, zeros = false; isFirst || isGzip(await input.peek(2)); isFirst = false) {
    if (zeros) onGap()
    yield* unpacked(input, createGunzip({ chunkSize }))
    zeros = await input.skipZeros()
  }
  if ((await input.peek(1)).length > 0)
    throw new DecodeError('bytes of no kind follow the compressed content')
}

interface Layers {
  left: number
  onGzip(): void
  onGap(): void
}

/** Goes by the first two bytes, not by the header: proxies and stored files make the header wrong both ways. */
async function* ungzipped(source: AsyncGenerator<Buffer>, layers: Layers): AsyncGenerator<Buffer> {
  const input = new Chunks(source)
  try {
    if (!isGzip(await input.peek(2))) {
      yield* input.all()
      return
    }
    if (layers.left === 0) {
      throw new DecodeError(`it is compressed more than ${gzipLayersMax} times`, { kind: 'unknown' })
    }
    layers.left -= 1
    layers.onGzip()
    yield* ungzipped(members(input, layers.onGap), layers)
  } finally {
    input.close()
  }
}

async function* single(
  source: AsyncGenerator<Buffer>,
  decoderFor: (first: Buffer) => Decoder,
): AsyncGenerator<Buffer> {
  const input = new Chunks(source)
  try {
    const first = await input.peek(2)
    if (first.length === 0) return
    yield* unpacked(input, decoderFor(first))
    if ((await input.peek(1)).length > 0)
      throw new DecodeError('bytes of no kind follow the compressed content')
  } finally {
    input.close()
  }
}

/**
 * The content of a file that is stored compressed, all of its members. Throws `DecodeError` where it is not compressed,
 * damaged or cut off, and what `source` throws.
 */
export async function* gunzipped(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const input = new Chunks(source)
  try {
    if (!isGzip(await input.peek(2))) throw new DecodeError('it is not compressed')
    yield* members(input)
  } catch (error) {
    throw decodeError(error)
  } finally {
    input.close()
  }
}

/** RFC 9110, 8.4.1.2: `deflate` has a zlib header. Servers that leave it away are as old as the word. */
const inflateFor = (first: Buffer): Decoder => {
  const [method = 0, flags = 0] = first
  const hasHeader = first.length === 2 && (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0
  return hasHeader ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize })
}

/** What stands in the header where nothing was done; some servers take it for that of a charset. */
const noCoding = /^(identity|none|utf-?8|)$/

/** The codings that are announced, the last one that was put on first. */
const codingsOf = ({ 'content-encoding': announced }: HttpHeaders): string[] =>
  announced === undefined ? [] : namesIn(announced)

const namesIn = (announced: string | string[]): string[] =>
  [announced]
    .flat()
    .join(',')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => !noCoding.test(name))
    .reverse()

/** True when nothing was done to the bytes on the way: lengths and ranges count what we see. */
export const isIdentity = (headers: HttpHeaders): boolean => codingsOf(headers).length === 0

/** True when the coding itself tells its end: another member may always follow one of gzip. */
export const endsItself = (headers: HttpHeaders): boolean =>
  codingsOf(headers).some((name) => name === 'br' || name === 'deflate')

const shown = (name: string): string => name.replace(/[^\x21-\x7e]/g, '?').slice(0, 40)

const withoutCoding = (
  name: string,
  source: AsyncGenerator<Buffer>,
  layers: Layers,
): AsyncGenerator<Buffer> => {
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return ungzipped(source, layers)
    case 'deflate':
      return single(source, inflateFor)
    case 'br':
      return single(source, () => createBrotliDecompress({ chunkSize }))
    default:
      throw new DecodeError(`its content coding ${shown(name)} is none that was asked for`, {
        kind: 'unknown',
      })
  }
}

const decodeError = (error: unknown): unknown => {
  if (error instanceof NetworkError || error instanceof DecodeError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!/^(Z_|ERR_.*BROTLI|ERR__ERROR|ERR_STREAM_PREMATURE)/.test(code)) return error
  return new DecodeError(`the compressed content is broken or cut off (${code})`, { cause: error })
}

/**
 * The decoded content of a reply. A truncated or broken coding is an error, never a short body, and so are bytes that
 * belong to none. `wire`: the body's chunks, where somebody looks at them on their way. Throws `NetworkError` for the
 * transfer, `DecodeError` for the coding, and what `wire` throws.
 */
export async function* decoded(
  reply: HttpReply,
  notice: (what: Noticed) => void = () => {},
  wire: AsyncIterable<Buffer> = received(reply.body),
): AsyncGenerator<Buffer> {
  const codings = codingsOf(reply.headers)
  const layers: Layers = {
    left: gzipLayersMax,
    onGzip: () => notice('gzip'),
    onGap: () => notice('gap'),
  }
  const announced = codings.some((name) => name === 'gzip' || name === 'x-gzip')
  let cameBytes = 0
  let gaveBytes = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of wire) {
      cameBytes += chunk.length
      yield chunk
    }
  }
  try {
    if (codings.length > codingsMax)
      throw new DecodeError('it has too many content codings', { kind: 'unknown' })
    const source = codings.reduce((inner, name) => withoutCoding(name, inner, layers), counted())
    for await (const chunk of ungzipped(source, layers)) {
      if (gaveBytes === 0 && announced && layers.left === gzipLayersMax) notice('false-gzip')
      gaveBytes += chunk.length
      if (gaveBytes > expansionFreeBytes && gaveBytes > cameBytes * expansionMax) {
        throw new DecodeError(`it unpacks to more than ${expansionMax} times its size`, { kind: 'bomb' })
      }
      yield chunk
    }
  } catch (error) {
    throw decodeError(error)
  } finally {
    breakOff(reply)
  }
}
