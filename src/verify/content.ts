/** The content of one stored file, read again: its bytes, its lines, its digest, as the download looked at them. */
import { DecodeError, gunzipped } from '../http/coding.js'
import { type Inspection, type Inspector, inspector, LineTooLong } from '../ndjson/inspect.js'
import type { OpenFile } from './inside.js'

/** What is there. `broken`: why it cannot be read to its end. */
export interface Content {
  /** Bytes on disk. */
  storedBytes: number
  inspection?: Inspection
  broken?: string
}

export interface ReadOptions {
  gzip: boolean
  /** As the download expected it; empty: any. */
  expectedType: string
  /** Sees each piece of the decoded content. */
  onContent?: (chunk: Buffer) => void
  /** Told of bytes on disk. */
  onBytes?: (bytes: number) => void
  signal?: AbortSignal
}

async function* chunksOf(file: OpenFile, { onBytes, signal }: ReadOptions): AsyncGenerator<Buffer> {
  for await (const chunk of file.chunks()) {
    signal?.throwIfAborted()
    onBytes?.(chunk.length)
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }
}

const inspectAll = async (
  chunks: AsyncGenerator<Buffer>,
  inspect: Inspector,
  onContent: ReadOptions['onContent'],
): Promise<Inspection> => {
  for await (const chunk of chunks) {
    inspect.push(chunk)
    onContent?.(chunk)
  }
  return inspect.end()
}

/** Reads the file to its end. Rejects with what the system says of the disk, and when `signal` aborts. */
export const readContent = async (file: OpenFile, options: ReadOptions): Promise<Content> => {
  let storedBytes = 0
  const count = (bytes: number): void => {
    storedBytes += bytes
    options.onBytes?.(bytes)
  }
  const stored = chunksOf(file, { ...options, onBytes: count })
  // Whatever line was taken when it was stored is taken now.
  const inspect = inspector({
    expectedType: options.expectedType,
    maxLineBytes: Number.POSITIVE_INFINITY,
  })
  try {
    const chunks = options.gzip ? gunzipped(stored) : stored
    const inspection = await inspectAll(chunks, inspect, options.onContent)
    return { storedBytes, inspection }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof LineTooLong)
      return { storedBytes, broken: error.message }
    throw error
  }
}
