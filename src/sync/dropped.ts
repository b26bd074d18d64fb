/** Folders that nobody needs any more: gone at once for all who look, whatever ends the removal of what is in them. */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ownFolder, privateFolder, syncDirectory } from '../sink/disk.js'
import { systemCode } from '../sink/storage-error.js'
import { trouble } from './trouble.js'

const droppedPath = (directory: string): string => join(directory, privateFolder, 'dropped')

/** `folder`: relative to the data set. Moved into our own folder whole, there to be removed. Throws `BULKX_STORAGE`. */
export const drop = async (directory: string, folder: string): Promise<void> => {
  const from = join(directory, folder)
  const to = join(droppedPath(directory), folder.replaceAll('/', '-'))
  try {
    await ownFolder(join(directory, privateFolder), false)
    await ownFolder(droppedPath(directory), false)
    await rm(to, { recursive: true, force: true })
    await rename(from, to).catch((cause: unknown) => {
      if (systemCode(cause) !== 'ENOENT') throw cause
    })
    await syncDirectory(join(from, '..'))
  } catch (cause) {
    throw trouble(`Cannot remove ${from}`, cause)
  }
}

/** Removes what was dropped, by this run or by one that was killed over it. Throws `BULKX_STORAGE`. */
export const removeDropped = async (directory: string): Promise<void> => {
  const path = droppedPath(directory)
  try {
    await rm(path, { recursive: true, force: true })
  } catch (cause) {
    throw trouble(`Cannot remove ${path}`, cause)
  }
}
