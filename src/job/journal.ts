/** The truth about a job: an append-only file, one fact a line, synced before anybody acts upon it. */
import type { BigIntStats } from 'node:fs'
import { type FileHandle, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BulkxError } from '../errors.js'
import { fileMode, openRegular, readOnly, readOrCreate, syncDirectory } from '../sink/disk.js'
import { isFull, storageError, systemCode } from '../sink/storage-error.js'
import type { JobEvent } from './facts.js'
import { readFact } from './journal-line.js'
import { isAnswered, type Reserve, reserveOf } from './reserve.js'

export interface Journal {
  /** Resolves when all of them are durable; given in one call, they are made so together. */
  append(events: readonly JobEvent[]): Promise<void>
  /** Whether the file at its path is still the one that is written: nobody has removed, moved or replaced it. */
  isThere(): Promise<boolean>
  close(): Promise<void>
}

/** Sees each fact, in order, as it is read. */
export type Replay = (event: JobEvent) => void | Promise<void>

const newline = 10
/** Read at once, bytes. */
const readBytes = 256 * 1024

/** The whole lines of a file, and what stands behind the last one; never more of it in memory than its longest line. */
async function* linesOf(handle: FileHandle): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(readBytes), 0, readBytes, position)
    if (bytesRead === 0) break
    position += bytesRead
    let start = 0
    for (
      let end = buffer.indexOf(newline);
      end !== -1 && end < bytesRead;
      end = buffer.indexOf(newline, start)
    ) {
      rest.push(buffer.subarray(start, end + 1))
      yield rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest)
      rest = []
      start = end + 1
    }
    if (start < bytesRead) rest.push(buffer.subarray(start, bytesRead))
  }
  if (rest.length > 0) yield Buffer.concat(rest)
}

const damaged = (path: string, line: number): BulkxError =>
  new BulkxError('BULKX_STORAGE', `The journal ${path} is damaged at line ${line}`, {
    hint: 'a newer bulkx may have written it; else start anew with --again, or restore the file from a backup',
  })

/**
 * Replays a journal line by line; the bytes up to the end of its last whole line. A torn last line never happened; a
 * torn line before others is damage.
 */
const replay = async (handle: FileHandle, path: string, take: Replay): Promise<number> => {
  let goodBytes = 0
  let goodLines = 0
  let torn = false
  for await (const line of linesOf(handle)) {
    const isWhole = line.at(-1) === newline
    const event: ReturnType<typeof readFact> = isWhole || torn ? readFact(line.toString('utf8')) : 'torn'
    if (event === 'damaged' || (torn && event !== 'torn')) throw damaged(path, goodLines + 1)
    torn = event === 'torn'
    if (event === 'torn') continue
    goodBytes += line.length
    goodLines += 1
    const taken = take(event)
    if (taken) await taken
  }
  return goodBytes
}

/** Replays a journal that somebody else may be writing; false when there is none. */
export const readJournal = async (path: string, take: Replay): Promise<boolean> => {
  try {
    const handle = await openRegular(path, readOnly)
    try {
      await replay(handle, path, take)
    } finally {
      await handle.close()
    }
    return true
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return false
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** Two looks at a file, by its handle and by its path; undefined where the path leads nowhere. */
const seen = async (handle: FileHandle, path: string) => {
  const [held, named] = await Promise.all([
    handle.stat({ bigint: true }),
    stat(path, { bigint: true }).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    }),
  ])
  return { held, named }
}

const isSame = (one: BigIntStats, other: BigIntStats): boolean =>
  one.dev === other.dev && one.ino === other.ino

/** Whether the numbers of files can be relied on here: not every disk of a network keeps them. */
const hasNumbers = async (handle: FileHandle, path: string): Promise<boolean> => {
  try {
    const { held, named } = await seen(handle, path)
    return named !== undefined && isSame(held, named)
  } catch {
    return false
  }
}

class JournalFile implements Journal {
  private readonly path: string
  private readonly handle: FileHandle
  private readonly reserve: Reserve
  private readonly hasNumbers: boolean
  private bytes: number
  private last: Promise<void> = Promise.resolve()

  constructor(path: string, handle: FileHandle, bytes: number, numbered: boolean) {
    this.path = path
    this.handle = handle
    this.hasNumbers = numbered
    this.bytes = bytes
    this.reserve = reserveOf(path)
  }

  append(events: readonly JobEvent[]): Promise<void> {
    const lines = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    const appended = this.last.then(async () => {
      if (events.some(({ type }) => type === 'kick-off-requested')) await this.reserve.keep()
      await this.write(lines)
      if (events.some(isAnswered)) await this.reserve.give().catch(() => {})
    })
    this.last = appended.catch(() => {})
    return appended
  }

  async isThere(): Promise<boolean> {
    try {
      const { held, named } = await seen(this.handle, this.path)
      if (!named || held.nlink === 0n) return false
      return !this.hasNumbers || isSame(held, named)
    } catch {
      // What cannot be looked at now is told by the next write.
      return true
    }
  }

  async close(): Promise<void> {
    await this.last
    // What was appended is durable: closing can lose nothing any more.
    await this.handle.close().catch(() => {})
  }

  private async write(lines: Buffer): Promise<void> {
    try {
      await this.put(lines).catch(async (error) => {
        if (!isFull(error)) throw error
        await this.reserve.give()
        await this.put(lines)
      })
    } catch (cause) {
      // What was half written must not stand before the facts of a later run.
      await this.handle.truncate(this.bytes).catch(() => {})
      throw storageError(`Cannot write ${this.path}`, cause)
    }
  }

  private async put(lines: Buffer): Promise<void> {
    for (let done = 0; done < lines.length; ) {
      done += (await this.handle.write(lines, done, lines.length - done, this.bytes + done)).bytesWritten
    }
    await this.handle.datasync()
    this.bytes += lines.length
  }
}

/** Opens or creates a journal, replays it, and cuts a torn tail off. The caller holds the job's lock. */
export const openJournal = async (path: string, take: Replay): Promise<Journal> => {
  let handle: FileHandle | undefined
  try {
    handle = await openRegular(path, readOrCreate, fileMode)
    const goodBytes = await replay(handle, path, take)
    await handle.truncate(goodBytes)
    // Until there is a fact in it, nobody knows whether its name would survive a power failure.
    if (goodBytes === 0) await syncDirectory(dirname(path))
    await reserveOf(path).give()
    return new JournalFile(path, handle, goodBytes, await hasNumbers(handle, path))
  } catch (cause) {
    await handle?.close().catch(() => {})
    throw storageError(`Cannot use the journal ${path}`, cause)
  }
}
