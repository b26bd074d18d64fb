/** The files of a new snapshot while they are written: parts in a folder of ours, named when all are whole. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileMode, syncDirectory } from '../sink/disk.js'
import type { SnapshotFile } from './dataset.js'
import { trouble } from './trouble.js'

/** Where merged lines go, in their order. */
export interface Outputs {
  /** Some whole lines for a file; borrowed until the next `settle`. */
  put(name: string, bytes: Buffer, lines: number): void
  settle(): Promise<void>
}

/** One file. What was put since the last time is written at once. */
class Growing {
  readonly path: string
  private readonly hash = createHash('sha256')
  private handle: FileHandle | undefined
  private waiting: Buffer[] = []
  private bytes = 0
  private resources = 0

  constructor(path: string) {
    this.path = path
  }

  put(bytes: Buffer, lines: number): void {
    this.waiting.push(bytes)
    this.resources += lines
  }

  async write(): Promise<void> {
    const [first = Buffer.alloc(0), ...others] = this.waiting
    const all = others.length === 0 ? first : Buffer.concat(this.waiting)
    this.waiting = []
    this.handle ??= await open(this.path, 'wx', fileMode)
    const position = this.bytes
    this.bytes += all.length
    const written = writeAll(this.handle, all, position)
    // While the disk works. Its error is the caller's, a moment later.
    written.catch(() => {})
    this.hash.update(all)
    await written
  }

  async end(): Promise<SnapshotFile> {
    await this.handle?.sync()
    await this.close()
    return { sha256: this.hash.digest('hex'), resources: this.resources, bytes: this.bytes }
  }

  async close(): Promise<void> {
    const { handle } = this
    this.handle = undefined
    await handle?.close()
  }
}

const writeAll = async (handle: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten
}

export class SnapshotFiles implements Outputs {
  private readonly folder: string
  private readonly files = new Map<string, Growing>()
  private readonly waiting = new Set<Growing>()

  /** `folder` is there, and empty. */
  constructor(folder: string) {
    this.folder = folder
  }

  put(name: string, bytes: Buffer, lines: number): void {
    let file = this.files.get(name)
    if (!file) {
      // Nothing in our own folder has a name that readers of folders look for.
      file = new Growing(join(this.folder, `${name}.part`))
      this.files.set(name, file)
    }
    file.put(bytes, lines)
    this.waiting.add(file)
  }

  async settle(): Promise<void> {
    for (const file of this.waiting) {
      await file.write().catch((cause) => {
        throw trouble(`Cannot write ${file.path}`, cause)
      })
    }
    this.waiting.clear()
  }

  /** All of them durable, then under their names in `target`, which is there, and nothing else in it. */
  async publish(target: string): Promise<Record<string, SnapshotFile>> {
    try {
      const files = [...this.files].sort(([one], [other]) => (one < other ? -1 : 1))
      const ended: [string, SnapshotFile][] = []
      for (const [name, file] of files) ended.push([name, await file.end()])
      // Of a merge that was broken off: the same bytes, or none of this generation's.
      for (const name of await readdir(target))
        if (!this.files.has(name)) await rm(join(target, name), { recursive: true, force: true })
      for (const [name, file] of files) await rename(file.path, join(target, name))
      await syncDirectory(target)
      return Object.fromEntries(ended)
    } catch (cause) {
      throw trouble(`Cannot write ${target}`, cause)
    }
  }

  /** Lets go of what is open. */
  async close(): Promise<void> {
    for (const file of this.files.values()) await file.close().catch(() => {})
  }
}
