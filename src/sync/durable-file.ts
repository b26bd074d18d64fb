/** Small files of a data set that are whole or as they were before, also after a power failure. */
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileMode, syncDirectory } from '../sink/disk.js'
import { trouble } from './trouble.js'

/**
 * Writes beside it, to a name that nobody else uses, then renames. By default the caller holds the data set's lock.
 * Throws `BULKX_STORAGE`, `BULKX_DISK_FULL`.
 */
export const writeDurably = async (path: string, text: string, fresh = `${path}.part`): Promise<void> => {
  try {
    // What a killed process has left there, or a link that somebody else has, is nothing to write through.
    await rm(fresh, { force: true })
    const handle = await open(fresh, 'wx', fileMode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => {})
    throw trouble(`Cannot write ${path}`, cause)
  }
}

/** Removes it, if it is there. */
export const removeDurably = async (path: string): Promise<void> => {
  try {
    await rm(path, { force: true })
    await syncDirectory(dirname(path))
  } catch (cause) {
    throw trouble(`Cannot remove ${path}`, cause)
  }
}
