/** Directories that are data sets, and those that are not: each command works in its own kind. */
import { access } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BulkxError } from '../../errors.js'
import { assertUsable, readJob } from '../../job/directory.js'
import { shellWord } from '../../job/next-command.js'
import { privateFolder } from '../../sink/disk.js'
import { storageError, systemCode } from '../../sink/storage-error.js'
import { isCopied } from '../../sync/current.js'
import { currentName, descriptionName, exportPath, openDataset } from '../../sync/dataset.js'
import type { Io } from '../io.js'
import { shortPath } from '../show.js'

const isThere = async (path: string): Promise<boolean> => {
  try {
    await access(path)
    return true
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '')) return false
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** Also one whose first round is still under way. Throws `BULKX_STORAGE` where the disk does not say. */
export const isDataset = async (directory: string): Promise<boolean> =>
  (await isThere(join(directory, descriptionName))) ||
  (await isThere(join(directory, privateFolder, 'round.json')))

/** Whether an export is a part of a data set, whose time is its own. */
export const isOfDataset = async (directory: string): Promise<boolean> => {
  const folder = dirname(directory)
  return basename(folder) === 'exports' && (await isDataset(dirname(folder)))
}

/** Throws `BULKX_USAGE` where an export would be put into a data set. */
export const assertNoDataset = async (directory: string, io: Pick<Io, 'cwd'>): Promise<void> => {
  if (!(await isDataset(directory))) return
  const shown = shortPath(directory, io.cwd)
  throw new BulkxError('BULKX_USAGE', `${shown} is a data set, not the directory of an export`, {
    hint: `bring it up to date with \`bulkx sync … --out ${shellWord(shown)}\`, or choose another directory with --out`,
  })
}

/** Throws `BULKX_USAGE` where a data set would be put among the files of an export, or of somebody else. */
export const assertNoExport = async (directory: string, io: Pick<Io, 'cwd'>): Promise<void> => {
  if (await isDataset(directory)) return
  if ((await readJob(directory)) === undefined) return assertUsable(directory)
  const shown = shortPath(directory, io.cwd)
  throw new BulkxError('BULKX_USAGE', `${shown} holds an export, not a data set`, {
    hint: 'choose another directory with --out for the data set; `bulkx export` goes on with what is there',
  })
}

/** Throws `BULKX_STORAGE` where `current` could not be switched: before hours of export, not after them. */
export const assertSwitchable = async (directory: string, io: Pick<Io, 'cwd'>): Promise<void> => {
  if (!(await isCopied(directory))) return
  const current = shortPath(join(directory, currentName), io.cwd)
  const away = `mv ${shellWord(current)} ${shellWord(`${current}.copy`)}`
  throw new BulkxError(
    'BULKX_STORAGE',
    `${current} is a directory, and must be a link to a snapshot: a copy may have followed the link`,
    {
      hint: `move it away: \`${away}\`; the same sync command then makes the link anew from the snapshots, which are as they were`,
    },
  )
}

/** The folder of the newest export of a data set; undefined where there is none, or no data set. */
export const newestExport = async (directory: string): Promise<string | undefined> => {
  if (!(await isDataset(directory))) return undefined
  const newest = (await (await openDataset(directory)).exports()).at(-1)
  return newest === undefined ? undefined : exportPath(directory, newest)
}
