/** A directory as a sink: part file, fsync, rename, fsync of the directory; then, and only then, the name exists. */
import { createReadStream } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { appendOnly, fileMode, ownFolder, privateFolder } from './disk.js'
import { type Publication, publisher } from './publish.js'
import type { Kept, Part, Sink, Validators } from './sink.js'
import { storageError, systemCode } from './storage-error.js'
import { type WriteBehind, writeBehind } from './write-behind.js'

type Publish = (publication: Publication) => Promise<void>

const missing = (error: unknown): undefined => {
  if (systemCode(error) === 'ENOENT') return undefined
  throw error
}

interface Paths {
  name: string
  part: string
  note: string
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

/** What is found at a path; undefined where there is nothing. */
const lookedAt = async <T>(path: string, found: Promise<T>): Promise<T | undefined> => {
  try {
    return await found.catch(missing)
  } catch (cause) {
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** The first `bytes` of a file; all of it by default. */
async function* reading(path: string, bytes = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  if (bytes === 0) return
  try {
    yield* createReadStream(path, { end: bytes - 1, highWaterMark: 256 * 1024 })
  } catch (cause) {
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** What stands in the folder of parts, as far as this process knows: what is not there needs not be looked for. */
type Left = Set<string>

class LocalPart implements Part {
  private readonly paths: Paths
  private readonly left: Left
  private readonly publishTo: Publish
  /** Which running system wrote the bytes: after a power failure unsynced ones may be missing or zero. */
  private readonly system: string
  private readonly assertHeld: () => Promise<void>
  private handle: FileHandle | undefined
  private writer: WriteBehind | undefined
  private keptNow: Kept = { bytes: 0 }
  /** All bytes are known: nobody will go on from a part of them. */
  private isWhole = false

  constructor(paths: Paths, left: Left, publishTo: Publish, { system, assertHeld }: LocalSinkOptions) {
    this.paths = paths
    this.left = left
    this.publishTo = publishTo
    this.system = system
    this.assertHeld = assertHeld ?? (async () => {})
  }

  async load(): Promise<this> {
    if (!this.left.has(this.paths.part)) return this
    const found = await lstat(this.paths.part).catch(missing)
    // A link may lead anywhere: somebody else has put it there.
    const size = found?.isFile() ? found.size : 0
    const note = size > 0 ? await readFile(this.paths.note, 'utf8').catch(missing) : undefined
    const known = note === undefined ? undefined : readNote(note)
    if (known?.system === this.system) this.keptNow = { bytes: size, validators: known.validators }
    return this
  }

  kept(): Kept {
    return this.keptNow
  }

  read(): AsyncIterable<Uint8Array> {
    return reading(this.paths.part, this.keptNow.bytes)
  }

  async restart(validators?: Validators): Promise<void> {
    await this.guard(async () => {
      await this.close()
      this.writer = writeBehind(() => this.open())
      this.keptNow = { bytes: 0, validators }
    })
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    this.keptNow.bytes += chunk.length
    this.writer ??= writeBehind(() => this.reopen())
    return this.guarded(this.writer.append(chunk))
  }

  async suspend(): Promise<void> {
    try {
      await this.guarded(this.writer?.flush())
    } finally {
      await this.close()
    }
  }

  async publish(): Promise<void> {
    this.isWhole = true
    await this.guard(async () => {
      try {
        await this.assertHeld()
        await this.publishTo({ seal: () => this.seal(), from: this.paths.part, to: this.paths.name })
      } finally {
        await this.close()
      }
      this.left.delete(this.paths.part)
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

  private async remove(path: string): Promise<void> {
    if (!this.left.has(path)) return
    await rm(path, { force: true })
    this.left.delete(path)
  }

  /** A file of its own: whoever may still hold the old one open, after a lock was taken over, writes into nothing. */
  private async open(): Promise<FileHandle> {
    await this.assertHeld()
    await this.remove(this.paths.part)
    await this.remove(this.paths.note)
    this.left.add(this.paths.part)
    this.handle = await create(this.paths.part)
    if (this.keptNow.validators && !this.isWhole) await this.writeNote(this.keptNow.validators)
    return this.handle
  }

  private async reopen(): Promise<FileHandle> {
    this.handle = await open(this.paths.part, appendOnly, fileMode)
    return this.handle
  }

  private async writeNote(validators: Validators): Promise<void> {
    this.left.add(this.paths.note)
    const handle = await create(this.paths.note)
    try {
      await handle.writeFile(JSON.stringify({ system: this.system, validators }))
    } finally {
      await handle.close()
    }
  }

  private async seal(): Promise<void> {
    await this.writer?.flush()
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

const readNote = (text: string): { system?: unknown; validators?: Validators } | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface LocalSinkOptions {
  directory: string
  /** Changes when the machine restarts: unsynced bytes of an earlier system are not gone on from. */
  system: string
  /** Rejects when another process has taken the job over. */
  assertHeld?: () => Promise<void>
}

const pieceLength = 64 * 1024

/** Small pieces gathered, each about `pieceLength` long. */
function* piecesOf(text: string | Iterable<string>): Generator<string> {
  let gathered = ''
  for (const piece of typeof text === 'string' ? [text] : text) {
    gathered += piece
    if (gathered.length < pieceLength) continue
    yield gathered
    gathered = ''
  }
  yield gathered
}

/** Part files stand in `.bulkx/parts`, on the same file system as the names they will get. */
export const localSink = (options: LocalSinkOptions): Sink => {
  const { directory } = options
  const parts = join(directory, privateFolder, 'parts')
  const publish = publisher()
  const made = new Map<string, Promise<unknown>>()
  const ensure = (folder: string): Promise<unknown> => {
    const making = made.get(folder) ?? ownFolder(folder, folder === directory)
    made.set(folder, making)
    return making
  }
  let listing: Promise<Left> | undefined
  const listed = async (): Promise<Left> => {
    await ensure(parts)
    return new Set((await readdir(parts)).map((name) => join(parts, name)))
  }
  const part = async (name: string): Promise<LocalPart> => {
    const path = join(directory, name)
    const flat = join(parts, name.replaceAll('/', '-'))
    try {
      listing ??= listed()
      const [left] = await Promise.all([listing, ensure(dirname(path))])
      const paths = { name: path, part: `${flat}.part`, note: `${flat}.note` }
      return await new LocalPart(paths, left, publish, options).load()
    } catch (cause) {
      throw storageError(`Cannot write ${path}`, cause)
    }
  }
  const unfinished = async (): Promise<{ files: number; bytes: number }> => {
    const names = await lookedAt(parts, readdir(parts))
    let files = 0
    let bytes = 0
    for (const name of names ?? []) {
      if (!name.endsWith('.part')) continue
      const kept = (await part(name.slice(0, -'.part'.length))).kept()
      if (kept.bytes > 0) files += 1
      bytes += kept.bytes
    }
    return { files, bytes }
  }
  return {
    part,
    unfinished,
    write: async (name, text) => {
      const whole = await part(name)
      await whole.restart()
      for (const piece of piecesOf(text)) await whole.append(Buffer.from(piece))
      await whole.publish()
    },
    read: (name) => reading(join(directory, name)),
    size: async (name) => {
      const path = join(directory, name)
      const found = await lookedAt(path, lstat(path))
      return found?.isFile() ? found.size : undefined
    },
  }
}
