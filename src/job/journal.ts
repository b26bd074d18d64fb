/** The truth about a job: an append-only file, one fact a line, synced before anybody acts upon it. */
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BulkxError } from '../errors.js'
import { fileMode, readAndWrite, syncDirectory } from '../sink/disk.js'
import { storageError, systemCode } from '../sink/storage-error.js'
import type { JobEvent } from './facts.js'

export interface Journal {
  /** Resolves when all of them are durable; given in one call, they are made so together. */
  append(events: readonly JobEvent[]): Promise<void>
  close(): Promise<void>
}

interface Replayed {
  events: JobEvent[]
  /** Bytes up to the end of the last whole line. */
  goodBytes: number
}

const parseLine = (line: string): JobEvent | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    const isEvent = typeof value === 'object' && value !== null && 'type' in value && 'at' in value
    return isEvent ? (value as JobEvent) : undefined
  } catch {
    return undefined
  }
}

/** The facts of a journal's text. A torn last line never happened; a torn line before others is damage. */
export const replay = (text: string, path: string): Replayed => {
  const events: JobEvent[] = []
  let goodChars = 0
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', goodChars)) {
    const event = parseLine(text.slice(goodChars, end))
    if (!event) break
    events.push(event)
    goodChars = end + 1
  }
  const rest = text.slice(goodChars).split('\n').slice(1)
  if (rest.some((line) => parseLine(line) !== undefined)) {
    const hint = 'start anew with --again, or restore the file from a backup'
    throw new BulkxError('BULKX_STORAGE', `The journal ${path} is damaged at line ${events.length + 1}`, {
      hint,
    })
  }
  return { events, goodBytes: Buffer.byteLength(text.slice(0, goodChars)) }
}

/** The events of a journal that somebody else may be writing; empty when there is none. */
export const readJournal = async (path: string): Promise<JobEvent[]> => {
  try {
    return replay(await readFile(path, 'utf8'), path).events
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return []
    throw storageError(`Cannot read ${path}`, cause)
  }
}

class JournalFile implements Journal {
  private readonly path: string
  private readonly handle: FileHandle
  private bytes: number
  private last: Promise<void> = Promise.resolve()

  constructor(path: string, handle: FileHandle, bytes: number) {
    this.path = path
    this.handle = handle
    this.bytes = bytes
  }

  append(events: readonly JobEvent[]): Promise<void> {
    const lines = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    const appended = this.last.then(() => this.write(lines))
    this.last = appended.catch(() => {})
    return appended
  }

  async close(): Promise<void> {
    await this.last
    await this.handle.close()
  }

  private async write(lines: Buffer): Promise<void> {
    try {
      for (let done = 0; done < lines.length; ) {
        done += (await this.handle.write(lines, done, lines.length - done, this.bytes + done)).bytesWritten
      }
      await this.handle.datasync()
      this.bytes += lines.length
    } catch (cause) {
      // What was half written must not stand before the facts of a later run.
      await this.handle.truncate(this.bytes).catch(() => {})
      throw storageError(`Cannot write ${this.path}`, cause)
    }
  }
}

/** Opens or creates a journal, cuts a torn tail off, and replays it. The caller holds the job's lock. */
export const openJournal = async (path: string): Promise<{ journal: Journal; events: JobEvent[] }> => {
  try {
    const text = await readFile(path, 'utf8').catch((error) => {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    })
    const { events, goodBytes } = replay(text ?? '', path)
    const handle = await open(path, text === undefined ? 'wx' : readAndWrite, fileMode)
    await handle.truncate(goodBytes)
    if (text === undefined) await syncDirectory(dirname(path))
    return { journal: new JournalFile(path, handle, goodBytes), events }
  } catch (cause) {
    throw storageError(`Cannot use the journal ${path}`, cause)
  }
}
