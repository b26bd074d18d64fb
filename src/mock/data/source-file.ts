/** One NDJSON file of a directory: on disk when it is plain, in memory once unpacked when it is gzipped. */
import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { bytesContent } from '../content.js'

export interface SourceFile {
  sizeBytes: number
  /** Changes when the bytes change. */
  version: string
  read(start: number, end: number): AsyncIterable<Uint8Array>
}

const CHUNK_BYTES = 256 * 1024
const LINE_FEED = 10

const nothing = async function* (): AsyncGenerator<Uint8Array> {}

const unpack = promisify(gunzip)

/** Opens `*.ndjson` or `*.ndjson.gz`. Rejects with the error of the file system, or of gunzip. */
export const openSourceFile = async (path: string): Promise<SourceFile> => {
  if (path.endsWith('.gz')) {
    const content = bytesContent(await unpack(await readFile(path)), 0)
    return { ...(await content.open()), version: content.tag }
  }
  const { size, mtimeMs } = await stat(path)
  await (await open(path)).close()
  return {
    sizeBytes: size,
    version: `${size}-${mtimeMs}`,
    read: (start, end) =>
      start >= end ? nothing() : createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK_BYTES }),
  }
}

/** A run of whole lines: byte offsets, and how many of the lines are not blank. */
export interface LineRun {
  start: number
  end: number
  count: number
}

/** Cuts a file into runs of at most `pageSize` lines, without looking into the lines. */
export const lineRuns = async (file: SourceFile, pageSize: number): Promise<LineRun[]> => {
  const runs: LineRun[] = []
  let run: LineRun = { start: 0, end: 0, count: 0 }
  let lineStart = 0
  let chunkStart = 0
  const endLine = (end: number) => {
    // A lone line feed, or carriage return and line feed, is a blank line and no resource.
    if (end - lineStart > 2) run.count += 1
    lineStart = end
    run.end = end
    if (run.count < pageSize) return
    runs.push(run)
    run = { start: end, end, count: 0 }
  }
  for await (const chunk of file.read(0, file.sizeBytes)) {
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1))
      endLine(chunkStart + at + 1)
    chunkStart += chunk.length
  }
  if (lineStart < chunkStart) endLine(chunkStart)
  if (run.end > run.start) runs.push(run)
  return runs
}

/** The lines that are not blank, as text. */
export async function* linesOf(file: SourceFile): AsyncGenerator<string> {
  let rest: Buffer[] = []
  for await (const chunk of file.read(0, file.sizeBytes)) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let start = 0
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, start)) {
      const line = Buffer.concat([...rest, bytes.subarray(start, at)]).toString()
      rest = []
      start = at + 1
      if (line.trim() !== '') yield line
    }
    if (start < bytes.length) rest.push(bytes.subarray(start))
  }
  const last = Buffer.concat(rest).toString()
  if (last.trim() !== '') yield last
}
