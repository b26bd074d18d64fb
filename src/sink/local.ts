/** A directory as a sink: part file, fsync, rename, fsync of the directory; then, and only then, the name exists. */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isInMemory, ownFolder, privateFolder } from './disk.js'
import { Room } from './gathered.js'
import { LocalPart, lookedAt, reading, type Workplace } from './local-part.js'
import { publisher } from './publish.js'
import type { Sink } from './sink.js'
import { sizesOf } from './sizes.js'
import { storageError } from './storage-error.js'
import { Swiftness } from './swiftness.js'
import { writeWhole } from './write-whole.js'

export interface LocalSinkOptions {
  directory: string
  /** Changes when the machine restarts: unsynced bytes of an earlier system are not gone on from. */
  system: string
  /** One of several processes that write there at once, by name. */
  worker?: string
  /** Rejects when the directory is no longer this process's to write to. */
  assertHeld?: () => Promise<void>
}

/** In our own folder: unfinished files of workers, each in a folder of its own. */
export const workersFolder = 'workers'

/** Part files stand in `.bulkx/parts`, on the same file system as the names they will get. */
export const localSink = ({
  directory,
  system,
  worker,
  assertHeld = async () => {},
}: LocalSinkOptions): Sink => {
  const own = join(directory, privateFolder)
  const parts = worker === undefined ? join(own, 'parts') : join(own, workersFolder, worker)
  const swiftness = new Swiftness()
  const shared = { room: new Room(), swiftness, system, assertHeld }
  let workplace: Promise<Workplace> | undefined
  const made = new Map<string, Promise<unknown>>()
  const ensure = (folder: string): Promise<unknown> => {
    const making = made.get(folder) ?? ownFolder(folder, folder === directory)
    made.set(folder, making)
    return making
  }
  const opened = async (): Promise<Workplace> => {
    await ensure(parts)
    const left = new Set((await readdir(parts)).map((name) => join(parts, name)))
    const hasNoDevice = await isInMemory(parts)
    const publish = publisher({ swiftness, isInMemory: hasNoDevice, assertHeld })
    return { ...shared, left, isInMemory: hasNoDevice, publish }
  }
  const part = async (name: string): Promise<LocalPart> => {
    const path = join(directory, name)
    const flat = join(parts, name.replaceAll('/', '-'))
    const paths = { name: path, part: `${flat}.part`, note: `${flat}.note` }
    try {
      workplace ??= opened()
      const place = await workplace
      await ensure(dirname(path))
      const fresh = new LocalPart(paths, place)
      return place.left.has(paths.part) ? await fresh.load() : fresh
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
    write: async (name, text) => writeWhole(await part(name), text),
    read: (name) => reading(join(directory, name)),
    sizes: (names) =>
      sizesOf(
        names.map((name) => join(directory, name)),
        swiftness,
      ),
  }
}
