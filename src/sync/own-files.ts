/** Files and folders of a data set as they must be: its own, never links that lead out of it. */
import { type FileHandle, lstat, readdir } from 'node:fs/promises'
import { BulkxError } from '../errors.js'
import { openRegular, readOnly } from '../sink/disk.js'
import { systemCode } from '../sink/storage-error.js'
import { trouble } from './trouble.js'

/** A link, a pipe, a directory. */
const noFile: ReadonlySet<string | undefined> = new Set(['ELOOP', 'ENOTFILE', 'EISDIR'])

const foreign = (path: string, what: string): BulkxError =>
  new BulkxError('BULKX_STORAGE', `${path} is not ${what} of its own`, {
    hint: 'somebody has put something else there: put it back, or begin a new data set with --out',
  })

const tooLarge = (path: string, bytesMax: number): BulkxError =>
  new BulkxError('BULKX_STORAGE', `${path} is larger than ${bytesMax} bytes, the most that is read of it`, {
    hint: 'bulkx has not written it: put the right one back, or begin a new data set with --out',
  })

/** Opens a file for reading. Throws `BULKX_STORAGE`: not there, a link, no plain file. */
export const openOwn = (path: string): Promise<FileHandle> =>
  openRegular(path, readOnly).catch((cause) => {
    if (noFile.has(systemCode(cause))) throw foreign(path, 'a file')
    throw trouble(`Cannot read ${path}`, cause)
  })

/** Whether there is a folder. Throws `BULKX_STORAGE` when it is a link or something else. */
export const hasOwnFolder = async (path: string): Promise<boolean> => {
  const found = await lstat(path).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw trouble(`Cannot read ${path}`, cause)
  })
  if (found && !found.isDirectory()) throw foreign(path, 'a directory')
  return found !== undefined
}

/** The names in a folder, sorted; none where there is no folder. */
export const namesIn = async (path: string): Promise<string[]> => {
  if (!(await hasOwnFolder(path))) return []
  try {
    return (await readdir(path)).sort()
  } catch (cause) {
    throw trouble(`Cannot read ${path}`, cause)
  }
}

/** The text of a file of at most so many bytes; undefined where there is none. Throws as `openOwn` does. */
export const readOwn = async (path: string, bytesMax: number): Promise<string | undefined> => {
  const isThere = await lstat(path).then(
    () => true,
    (cause) => {
      if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return false
      throw trouble(`Cannot read ${path}`, cause)
    },
  )
  if (!isThere) return undefined
  const handle = await openOwn(path)
  try {
    if ((await handle.stat()).size > bytesMax) throw tooLarge(path, bytesMax)
    return await handle.readFile('utf8')
  } catch (cause) {
    throw trouble(`Cannot read ${path}`, cause)
  } finally {
    await handle.close()
  }
}
