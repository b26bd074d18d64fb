/** Lines of a stored file as text, where somebody wants to read them. */
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import split2 from 'split2'

export interface LinesOptions {
  /** The file is stored compressed. */
  gzip: boolean
  /** A longer line is an error. */
  maxLineBytes: number
}

/** The lines that are not blank, without their ends. Rejects when the file cannot be read or a line is too long. */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  options: LinesOptions,
): AsyncGenerator<string> {
  const lines = split2({ maxLength: options.maxLineBytes })
  const bytes = Readable.from(source, { objectMode: false })
  // The error reaches the reader of `lines`; the callback is what keeps it from being unhandled.
  if (options.gzip) pipeline(bytes, createGunzip(), lines, () => {})
  else pipeline(bytes, lines, () => {})
  for await (const line of lines) if (line !== '') yield line
}
