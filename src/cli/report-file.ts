/** The file that a report is written to: never one that is somebody else's, or that other things are read from. */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { BulkxError } from '../errors.js'
import { isOurName } from '../job/directory.js'
import { generator } from '../report/page.js'
import { openRegular, privateFolder } from '../sink/disk.js'
import { storageError, systemCode } from '../sink/storage-error.js'
import { descriptionName } from '../sync/dataset.js'
import { writeDurably } from '../sync/durable-file.js'
import type { Io } from './io.js'
import { shortPath } from './show.js'

/** Where the mark of our pages is, bytes. */
const headBytes = 400

/** What programs look for by its name, and our own folder: a page there would be taken for something else. */
const isTaken = async (path: string): Promise<boolean> => {
  const name = basename(path)
  if (isOurName(name) || name === descriptionName) return true
  const folder = await realpath(dirname(path)).catch(() => dirname(path))
  return join(folder, name).split(sep).includes(privateFolder)
}

const isPage = async (handle: FileHandle): Promise<boolean> => {
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return buffer.toString('utf8', 0, bytesRead).includes(`content="${generator} `)
  } finally {
    await handle.close()
  }
}

const isReplaceable = async (path: string): Promise<boolean> => {
  try {
    return await isPage(await openRegular(path, constants.O_RDONLY))
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return true
    if (systemCode(cause) === 'ENOTFILE' || systemCode(cause) === 'EISDIR') return false
    throw cause
  }
}

/** Nothing but the page is missing: no export and no data set has anything to do with it. */
const ownTrouble = (cause: unknown, shown: string): BulkxError => {
  const own = cause instanceof BulkxError ? (cause.cause ?? cause) : cause
  const { code, message } = storageError(`Cannot write ${shown}`, own)
  const hint =
    code === 'BULKX_DISK_FULL'
      ? 'make room, or name a file on another disk with --out; `--out -` writes the page to stdout'
      : 'name a file in a directory that is there and can be written with --out; `--out -` writes the page to stdout'
  return new BulkxError(code, message, { hint, cause: own })
}

/** Throws `BULKX_USAGE` where something else than an older page would be written over, `BULKX_STORAGE`, `BULKX_DISK_FULL`. */
export const writeReport = async (path: string, page: string, io: Pick<Io, 'cwd'>): Promise<void> => {
  const shown = shortPath(path, io.cwd)
  if (await isTaken(path))
    throw new BulkxError(
      'BULKX_USAGE',
      `${shown} has a name that bulkx, or whoever reads the export, looks for`,
      {
        hint: 'name a file that ends in .html with --out, outside of .bulkx',
      },
    )
  const mayReplace = await isReplaceable(path).catch((cause: unknown) => {
    throw ownTrouble(cause, shown)
  })
  if (!mayReplace)
    throw new BulkxError('BULKX_USAGE', `${shown} is there, and is no report of bulkx`, {
      hint: 'name another file with --out; nothing is written over but an older report',
    })
  await writeDurably(path, page, `${path}.${randomUUID()}.part`).catch((cause: unknown) => {
    throw ownTrouble(cause, shown)
  })
}
