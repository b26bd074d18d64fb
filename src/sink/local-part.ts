/** The unfinished content of a name in a directory: in memory while it is small, then a file beside those with names. */
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, rm } from 'node:fs/promises'
import { appendOnly, fileMode, openRegular, readRegular } from './disk.js'
import { Gathered, type Room, syncAndClose, syncAndCloseAtOnce, writeAtOnce } from './gathered.js'
import type { Publish } from './publish.js'
import type { Kept, Part, Validators } from './sink.js'
import { storageError, systemCode } from './storage-error.js'
import type { Swiftness } from './swiftness.js'
import { type WriteBehind, writeBehind } from './write-behind.js'

export interface Paths {
  name: string
  part: string
  note: string
}

/** What the parts of one directory share. */
export interface Workplace {
  /** What stands in the folder of parts, as far as this process knows: what is not there needs not be looked for. */
  left: Set<string>
  room: Room
  swiftness: Swiftness
  /** No device has to be waited for. */
  isInMemory: boolean
  publish: Publish
  /** Which running system wrote the bytes: after a power failure unsynced ones may be missing or zero. */
  system: string
  /** Rejects when the directory is no longer this process's to write to. */
  assertHeld: () => Promise<void>
}

const missing = (error: unknown): undefined => {
  if (systemCode(error) === 'ENOENT') return undefined
  throw error
}

/** What is found at a path; undefined where there is nothing. */
export const lookedAt = async <T>(path: string, found: Promise<T>): Promise<T | undefined> => {
  try {
    return await found.catch(missing)
  } catch (cause) {
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** The first `bytes` of a file; all of it by default. */
export async function* reading(path: string, bytes = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  if (bytes === 0) return
  try {
    const handle = await openRegular(path, constants.O_RDONLY)
    yield* handle.createReadStream({ start: 0, end: bytes - 1, highWaterMark: 256 * 1024 })
  } catch (cause) {
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** Creates what is not there: whatever stands in its way is removed, never followed. */
const create = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, 'wx', fileMode)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    await rm(path, { force: true })
    return open(path, 'wx', fileMode)
  }
}

const readNote = (text: string): { system?: unknown; validators?: Validators } | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Where the bytes of an attempt are. A content is gathered until it is whole; one that is large, or that another
 * attempt may go on from, is written.
 */
export class LocalPart implements Part {
  private readonly paths: Paths
  private readonly workplace: Workplace
  private gathered: Gathered | undefined
  private handle: FileHandle | undefined
  private writer: WriteBehind | undefined
  /** Of a content that was written at once. */
  private descriptor: number | undefined
  private keptNow: Kept = { bytes: 0 }
  /** All bytes are known: nobody will go on from a part of them. */
  private isWhole = false

  constructor(paths: Paths, workplace: Workplace) {
    this.paths = paths
    this.workplace = workplace
  }

  /** Looks for what an earlier process has left. */
  async load(): Promise<this> {
    const found = await lstat(this.paths.part).catch(missing)
    // A link may lead anywhere: somebody else has put it there.
    const size = found?.isFile() ? found.size : 0
    const note = size > 0 ? await readRegular(this.paths.note).catch(missing) : undefined
    const known = note === undefined ? undefined : readNote(note)
    if (known?.system === this.workplace.system) this.keptNow = { bytes: size, validators: known.validators }
    return this
  }

  kept(): Kept {
    return this.keptNow
  }

  /** Of what was suspended: what is still gathered has come in this very attempt. */
  read(): AsyncIterable<Uint8Array> {
    return reading(this.paths.part, this.keptNow.bytes)
  }

  async restart(validators?: Validators): Promise<void> {
    if (this.writer || this.handle) await this.guard(() => this.close())
    this.gathered?.take()
    this.gathered = new Gathered(this.workplace.room)
    this.keptNow = { bytes: 0, validators }
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    this.keptNow.bytes += chunk.length
    if (this.gathered?.add(chunk)) return undefined
    return this.guarded(this.behind().append(chunk))
  }

  async suspend(): Promise<void> {
    if (this.gathered && !this.isWorthKeeping()) {
      this.gathered.take()
      this.keptNow = { bytes: 0 }
      return
    }
    try {
      if (this.gathered || this.writer) await this.guard(() => this.behind().flush())
    } finally {
      await this.close()
    }
  }

  async publish(mayName?: () => Promise<void>): Promise<void> {
    this.isWhole = true
    const { publish, swiftness, left } = this.workplace
    await this.guard(async () => {
      try {
        if (this.gathered && swiftness.isSwift) await this.writeAtOnce(this.gathered)
        await publish({
          seal: () => this.seal(),
          from: this.paths.part,
          to: this.paths.name,
          mayName,
        })
      } finally {
        await this.close()
      }
      left.delete(this.paths.part)
      await this.remove(this.paths.note)
    })
  }

  async discard(): Promise<void> {
    await this.guard(async () => {
      await this.close()
      this.keptNow = { bytes: 0 }
      await this.remove(this.paths.part)
      await this.remove(this.paths.note)
    })
  }

  /** Something that the server can later be shown to have still. */
  private isWorthKeeping(): boolean {
    return this.keptNow.bytes > 0 && this.keptNow.validators !== undefined
  }

  /** From now on to the disk, what was gathered first. */
  private behind(): WriteBehind {
    if (this.gathered) this.writer = writeBehind(() => this.open(), this.gathered.take())
    this.gathered = undefined
    this.writer ??= writeBehind(() => this.reopen())
    return this.writer
  }

  private async writeAtOnce(gathered: Gathered): Promise<void> {
    await this.workplace.assertHeld()
    await this.clear()
    const { left, swiftness } = this.workplace
    const { part } = this.paths
    left.add(part)
    this.gathered = undefined
    this.descriptor = swiftness.atOnce(() => writeAtOnce(part, gathered.take()))
  }

  private async remove(path: string): Promise<void> {
    if (!this.workplace.left.has(path)) return
    await rm(path, { force: true })
    this.workplace.left.delete(path)
  }

  private async clear(): Promise<void> {
    await this.remove(this.paths.part)
    await this.remove(this.paths.note)
  }

  /** A file of its own: whoever may still hold the old one open, after a lock was taken over, writes into nothing. */
  private async open(): Promise<FileHandle> {
    await this.workplace.assertHeld()
    await this.clear()
    this.workplace.left.add(this.paths.part)
    this.handle = await create(this.paths.part)
    if (this.keptNow.validators && !this.isWhole) await this.writeNote(this.keptNow.validators)
    return this.handle
  }

  private async reopen(): Promise<FileHandle> {
    this.handle = await openRegular(this.paths.part, appendOnly, fileMode)
    return this.handle
  }

  private async writeNote(validators: Validators): Promise<void> {
    this.workplace.left.add(this.paths.note)
    const handle = await create(this.paths.note)
    try {
      await handle.writeFile(JSON.stringify({ system: this.workplace.system, validators }))
    } finally {
      await handle.close()
    }
  }

  private async seal(): Promise<void> {
    const { descriptor } = this
    this.descriptor = undefined
    if (descriptor !== undefined)
      return this.workplace.isInMemory ? syncAndCloseAtOnce(descriptor) : syncAndClose(descriptor)
    if (this.gathered || this.writer) await this.behind().flush()
    const handle = this.handle ?? (await this.reopen())
    this.handle = undefined
    this.writer = undefined
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  private async close(): Promise<void> {
    this.gathered?.take()
    this.gathered = undefined
    const { writer } = this
    this.writer = undefined
    await writer?.drop()
    const { handle } = this
    this.handle = undefined
    await handle?.close()
  }

  private guarded(work: Promise<void> | undefined): Promise<void> | undefined {
    return work && this.guard(() => work)
  }

  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      throw storageError(`Cannot write ${this.paths.name}`, cause)
    }
  }
}
