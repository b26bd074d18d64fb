/** Whether a directory has a journal of its own: a link in its place could lead to anybody's file. */
import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { journalPath } from '../job/directory.js'
import { storageError, systemCode } from '../sink/storage-error.js'

const lookAt = async (path: string): Promise<Stats | undefined> => {
  try {
    return await lstat(path)
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '')) return undefined
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** `no-file`: it, or the folder that it is in, is a link, or no file. Throws `BULKX_STORAGE`. */
export const lookAtJournal = async (directory: string): Promise<'file' | 'none' | 'no-file'> => {
  const path = journalPath(directory)
  const folder = await lookAt(dirname(path))
  if (!folder) return 'none'
  if (!folder.isDirectory()) return 'no-file'
  const journal = await lookAt(path)
  if (!journal) return 'none'
  return journal.isFile() ? 'file' : 'no-file'
}
