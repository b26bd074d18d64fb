/** Where the files of an export are read again: a directory, or an object store. */
import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestName } from '../job/manifest-file.js'
import { privateFolder } from '../sink/disk.js'
import type { OpenSink } from '../sink/open-sink.js'
import { storageError, systemCode } from '../sink/storage-error.js'
import { type OpenFile, openInside, type Refusal } from './inside.js'

/** A name with `/`, and what stands there. `export`: a folder with an export of its own. */
export interface Standing {
  name: string
  kind: 'file' | 'link' | 'other' | 'export'
}

export interface Shelf {
  open(name: string): Promise<OpenFile | Refusal>
  /** All names, in no order. */
  names(): AsyncIterable<Standing>
}

const entriesOf = async (folder: string): Promise<Dirent[]> => {
  const found: Dirent[] = []
  try {
    for await (const entry of await opendir(folder)) found.push(entry)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return found
    throw storageError(`Cannot read ${folder}`, cause)
  }
  return found
}

/** Names below the directory, with `/`; not what is behind links, in our own folder, or of another export. */
async function* namesBelow(directory: string, prefix = ''): AsyncGenerator<Standing> {
  const entries = await entriesOf(join(directory, prefix))
  const isOther = prefix !== '' && entries.some(({ name }) => [privateFolder, manifestName].includes(name))
  if (isOther) {
    yield { name: prefix.slice(0, -1), kind: 'export' }
    return
  }
  for (const entry of entries) {
    const name = `${prefix}${entry.name}`
    if (name === privateFolder) continue
    if (entry.isDirectory()) yield* namesBelow(directory, `${name}/`)
    else if (entry.isSymbolicLink()) yield { name, kind: 'link' }
    else yield { name, kind: entry.isFile() ? 'file' : 'other' }
  }
}

export const directoryShelf = (directory: string): Shelf => ({
  open: (name) => openInside(directory, name),
  names: () => namesBelow(directory),
})

/** What stands in a store now, by one list of it: a store has neither links nor modes. */
export const storeShelf = (sink: OpenSink): Shelf => {
  const list = async (): Promise<Map<string, number>> => {
    const sizes = new Map<string, number>()
    for await (const { name, bytes } of sink.list?.() ?? []) sizes.set(name, bytes)
    return sizes
  }
  let listing: Promise<Map<string, number>> | undefined
  const listed = (): Promise<Map<string, number>> => {
    listing ??= list()
    return listing
  }
  return {
    open: async (name) => {
      const size = (await listed()).get(name)
      if (size === undefined) return { why: 'missing' }
      return { size, mode: 0, chunks: () => sink.read(name), close: async () => {} }
    },
    names: async function* () {
      for (const name of (await listed()).keys()) yield { name, kind: 'file' }
    },
  }
}
