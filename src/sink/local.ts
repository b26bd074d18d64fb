/** A directory as a sink: part file, fsync, rename, fsync of the directory; then, and only then, the name exists. */
import { createReadStream } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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

class LocalPart implements Part {
  private readonly paths: Paths
  private readonly publishTo: Publish
  /** Which running system wrote the bytes: after a power failure unsynced ones may be missing or zero. */
  private readonly system: string
  private readonly assertHeld: () => Promise<void>
  private handle: FileHandle | undefined
  private writer: WriteBehind | undefined
  private keptNow: Kept = { bytes: 0 }

  constructor(paths: Paths, publishTo: Publish, { system, assertHeld }: LocalSinkOptions) {
    this.paths = paths
    this.publishTo = publishTo
    this.system = system
    this.assertHeld = assertHeld ?? (async () => {})
  }

  async load(): Promise<this> {
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
    return createReadStream(this.paths.part, {
      end: Math.max(0, this.keptNow.bytes - 1),
      highWaterMark: 256 * 1024,
    })
  }

  async restart(validators?: Validators): Promise<void> {
    await this.guard(async () => {
      await this.handle?.close()
      await this.assertHeld()
      // A file of its own: whoever may still hold the old one open, after a lock was taken over, writes into nothing.
      await rm(this.paths.part, { force: true })
      this.handle = await open(this.paths.part, 'wx', fileMode)
      this.writer = writeBehind(this.handle)
      this.keptNow = { bytes: 0, validators }
      const note = JSON.stringify({ system: this.system, validators })
      await rm(this.paths.note, { force: true })
      if (validators) await writeFile(this.paths.note, note, { mode: fileMode, flag: 'wx' })
    })
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    this.keptNow.bytes += chunk.length
    if (this.writer) return this.guarded(this.writer.append(chunk))
    return this.guard(async () => {
      this.handle = await open(this.paths.part, appendOnly, fileMode)
      this.writer = writeBehind(this.handle)
      await this.writer.append(chunk)
    })
  }

  async suspend(): Promise<void> {
    const { handle, writer } = this
    this.handle = undefined
    this.writer = undefined
    try {
      await this.guarded(writer?.flush())
    } finally {
      await handle?.close()
    }
  }

  async publish(): Promise<void> {
    await this.guard(async () => {
      await this.assertHeld()
      await this.publishTo({ seal: () => this.seal(), from: this.paths.part, to: this.paths.name })
      await rm(this.paths.note, { force: true })
    })
  }

  async discard(): Promise<void> {
    await this.handle?.close()
    this.handle = undefined
    this.writer = undefined
    this.keptNow = { bytes: 0 }
    await rm(this.paths.part, { force: true })
    await rm(this.paths.note, { force: true })
  }

  private async seal(): Promise<void> {
    await this.writer?.flush()
    const handle = this.handle ?? (await open(this.paths.part, appendOnly, fileMode))
    this.handle = undefined
    this.writer = undefined
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
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
  const part = async (name: string): Promise<LocalPart> => {
    const path = join(directory, name)
    const flat = join(parts, name.replaceAll('/', '-'))
    try {
      await Promise.all([ensure(parts), ensure(dirname(path))])
      return await new LocalPart(
        { name: path, part: `${flat}.part`, note: `${flat}.note` },
        publish,
        options,
      ).load()
    } catch (cause) {
      throw storageError(`Cannot write ${path}`, cause)
    }
  }
  const unfinished = async (): Promise<{ files: number; bytes: number }> => {
    const names = await readdir(parts).catch(missing)
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
      await whole.append(Buffer.from(text))
      await whole.publish()
    },
    read: (name) => createReadStream(join(directory, name), { highWaterMark: 256 * 1024 }),
    size: async (name) => {
      const found = await lstat(join(directory, name)).catch(missing)
      return found?.isFile() ? found.size : undefined
    },
  }
}
