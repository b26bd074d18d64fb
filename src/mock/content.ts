/** The bytes of one output file: counted, measured, and readable from any place without holding all of them. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

export interface OpenContent {
  sizeBytes: number
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>
}

export interface Content {
  /** Resources, that is lines. */
  count: number
  /** Opaque text for a strong ETag: equal text, equal bytes. */
  tag: string
  open(): Promise<OpenContent>
}

const CHUNK_BYTES = 256 * 1024
/** Larger generated files are measured first, then made again while they are sent. */
const IN_MEMORY_BYTES = 16 * 1024 * 1024
const CHECKPOINT_LINES = 1024

/** A short digest of texts that determine some bytes. */
export const tagOf = (...parts: (string | number | Uint8Array)[]): string => {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(typeof part === 'number' ? String(part) : part).update('\0')
  return digest.digest('hex').slice(0, 32)
}

async function* chunksOf(bytes: Uint8Array, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += CHUNK_BYTES) yield bytes.subarray(at, Math.min(at + CHUNK_BYTES, end))
}

const openBytes = (bytes: Uint8Array): OpenContent => ({
  sizeBytes: bytes.length,
  read: (start, end) => chunksOf(bytes, start, end),
})

/** Content that is in memory already. */
export const bytesContent = (bytes: Uint8Array, count: number): Content => ({
  count,
  tag: tagOf(bytes),
  open: async () => openBytes(bytes),
})

/** Lines that are in memory, in files of at most `pageSize` of them. */
export const linePages = (lines: readonly string[], pageSize: number): Content[] =>
  Array.from({ length: Math.ceil(lines.length / pageSize) }, (_, page) => {
    const some = lines.slice(page * pageSize, (page + 1) * pageSize)
    return bytesContent(Buffer.from(`${some.join('\n')}\n`), some.length)
  })

export interface LinesOptions {
  count: number
  tag: string
  /** Line number `index`, from 0, without its line feed; always the same text. */
  line(index: number): string
}

interface Measure {
  sizeBytes: number
  /** The offset of every `CHECKPOINT_LINES`th line. */
  checkpoints: number[]
}

/** Lines from `first` on, in chunks of about `CHUNK_BYTES`, giving way to other work between two chunks. */
async function* batches(
  options: LinesOptions,
  first: number,
): AsyncGenerator<{ bytes: Buffer; next: number }> {
  let index = first
  while (index < options.count) {
    const lines: string[] = []
    let length = 0
    // A batch ends at every checkpoint, so that the offset of the checkpoint is the end of a batch.
    do {
      const line = options.line(index)
      lines.push(line, '\n')
      length += line.length
      index += 1
    } while (index < options.count && length < CHUNK_BYTES && index % CHECKPOINT_LINES !== 0)
    yield { bytes: Buffer.from(lines.join('')), next: index }
    await setImmediate()
  }
}

const openMeasured = (options: LinesOptions, measure: Measure): OpenContent => ({
  sizeBytes: measure.sizeBytes,
  async *read(start, end) {
    let checkpoint = 0
    while ((measure.checkpoints[checkpoint + 1] ?? Number.POSITIVE_INFINITY) <= start) checkpoint += 1
    let offset = measure.checkpoints[checkpoint] ?? 0
    for await (const { bytes } of batches(options, checkpoint * CHECKPOINT_LINES)) {
      if (offset >= end) return
      const piece = bytes.subarray(Math.max(start - offset, 0), Math.min(end - offset, bytes.length))
      if (piece.length > 0) yield piece
      offset += bytes.length
    }
  },
})

/** Content whose lines are made when they are wanted. */
export const linesContent = (options: LinesOptions): Content => {
  let known: Measure | undefined
  return {
    count: options.count,
    tag: options.tag,
    open: async () => {
      if (known !== undefined) return openMeasured(options, known)
      const measure: Measure = { sizeBytes: 0, checkpoints: [0] }
      let kept: Buffer[] | undefined = []
      for await (const { bytes, next } of batches(options, 0)) {
        measure.sizeBytes += bytes.length
        if (next % CHECKPOINT_LINES === 0) measure.checkpoints.push(measure.sizeBytes)
        if (measure.sizeBytes > IN_MEMORY_BYTES) kept = undefined
        kept?.push(bytes)
      }
      if (kept !== undefined) return openBytes(Buffer.concat(kept))
      known = measure
      return openMeasured(options, measure)
    },
  }
}

/** The same content compressed, as it is stored: whoever reads it has to know. */
export const gzipContent = (content: Content): Content => ({
  count: content.count,
  tag: tagOf(content.tag, 'gzip'),
  open: async () => {
    const { sizeBytes, read } = await content.open()
    const chunks: Uint8Array[] = []
    for await (const chunk of read(0, sizeBytes)) chunks.push(chunk)
    return openBytes(gzipSync(Buffer.concat(chunks)))
  },
})

/** The lines of a content, in memory. */
export const linesIn = async (content: Content): Promise<string[]> => {
  const { sizeBytes, read } = await content.open()
  const chunks: Uint8Array[] = []
  for await (const chunk of read(0, sizeBytes)) chunks.push(chunk)
  return Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
}
