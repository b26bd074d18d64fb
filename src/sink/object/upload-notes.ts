/**
 * Which uploads this process has begun, written down beside the job: what a killed process leaves in the store costs
 * money and is seen by nobody, until the next process aborts it.
 */
import { randomUUID } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject } from '../../json.js'
import { fileMode, makeDirectories, readRegular } from '../disk.js'

export interface UploadNotes {
  /** Notes it; what is returned takes the note away. */
  add(key: string, id: string): Promise<() => Promise<void>>
  /** What earlier processes have left. */
  left(): Promise<{ key: string; id: string; remove: () => Promise<void> }[]>
}

/** Where nobody keeps notes, a rule of the store's own has to clean up. */
export const noNotes: UploadNotes = {
  add: async () => async () => {},
  left: async () => [],
}

const read = async (path: string): Promise<{ key: string; id: string } | undefined> => {
  try {
    const value: unknown = JSON.parse(await readRegular(path))
    if (!isObject(value) || typeof value.key !== 'string' || typeof value.id !== 'string') return undefined
    return { key: value.key, id: value.id }
  } catch {
    // Half a note, or one that has just gone.
    return undefined
  }
}

const remover = (path: string) => (): Promise<void> => rm(path, { force: true })

/** A note that cannot be written is none: the upload goes on. `folder`: absolute path. */
export const uploadNotes = (folder: string): UploadNotes => ({
  add: async (key, id) => {
    const path = join(folder, `${randomUUID()}.upload`)
    const write = async (): Promise<void> => {
      await makeDirectories(folder)
      await writeFile(path, JSON.stringify({ key, id }), { mode: fileMode, flag: 'wx' })
    }
    await write().catch(() => {})
    return () => remover(path)().catch(() => {})
  },
  left: async () => {
    const names = await readdir(folder).catch((): string[] => [])
    const paths = names.filter((name) => name.endsWith('.upload')).map((name) => join(folder, name))
    const notes = await Promise.all(
      paths.map(async (path) => ({ found: await read(path), remove: remover(path) })),
    )
    return notes.flatMap(({ found, remove }) => (found ? [{ ...found, remove }] : []))
  },
})
