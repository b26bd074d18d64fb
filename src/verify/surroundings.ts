/** What else stands in the directory of an export: files that nobody listed, links, and who may read all of it. */
import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { reportName } from '../job/directory.js'
import { exportLogName } from '../job/export-log.js'
import { manifestName } from '../job/manifest-file.js'
import { privateFolder } from '../sink/disk.js'
import { storageError } from '../sink/storage-error.js'
import type { Report } from './record.js'
import type { Shelf } from './shelf.js'

/** What readers of a folder take for data. */
const isData = (name: string): boolean => /\.(ndjson|jsonl)(\.gz)?$/i.test(name)

export interface Known {
  shelf: Shelf
  /** Whether a name is one of the export's files. */
  isListed: (name: string) => boolean
  /** Why more files may be there without harm; undefined where there may be none. */
  mayHaveMore?: string
  report: Report
}

/** Data files that nobody listed are problems, for whoever reads the folder takes them for data; other files are not. */
export const checkUnlisted = async ({ shelf, isListed, mayHaveMore, report }: Known): Promise<void> => {
  let others = 0
  let example: string | undefined
  for await (const { name, kind } of shelf.names()) {
    if ([manifestName, exportLogName, reportName].includes(name) || isListed(name)) continue
    if (kind !== 'export' && isData(name) && mayHaveMore === undefined) {
      report.problem({
        code: 'unlisted',
        file: name,
        message: `nobody has listed it${kind === 'link' ? ', and it is a link' : ''}, and readers of the folder take it for data`,
        remedy: 'move it out of the directory',
      })
    } else {
      others += 1
      example ??= name
    }
  }
  if (others === 0) return
  const number = others === 1 ? '1 more thing is' : `${others} more things are`
  const why = mayHaveMore === undefined ? '' : `, ${mayHaveMore}`
  report.note({ code: 'others', message: `${number} in the directory, such as ${example}${why}` })
}

const partsIn = async (folder: string): Promise<Dirent[]> => {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    throw storageError(`Cannot read ${folder}`, cause)
  }
}

/** Parts of files in our own folder: of downloads that stopped, or left over. */
export const noteParts = async (directory: string, finished: boolean, report: Report): Promise<void> => {
  const folder = join(directory, privateFolder, 'parts')
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return
  const parts = (await partsIn(folder)).filter((entry) => entry.isFile() && entry.name.endsWith('.part'))
  if (parts.length === 0) return
  const sizes = await Promise.all(parts.map(({ name }) => lstat(join(folder, name)).catch(() => undefined)))
  const bytes = sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0)
  const what = finished ? 'left over, and of no use any more' : '`bulkx resume` goes on from what can be used'
  const number = parts.length === 1 ? '1 part of a file' : `${parts.length} parts of files`
  report.note({ code: 'parts', message: `${number} in .bulkx/parts (${bytes} bytes): ${what}` })
}

const others = 0o077
const enter = 0o011

/** Counts files that others may read: those of a directory that others may enter. */
export const readableByOthers = async (directory: string, report: Report) => {
  const mode = platform() === 'win32' ? 0 : ((await stat(directory).catch(() => undefined))?.mode ?? 0)
  let files = 0
  return {
    look: (file: Pick<Stats, 'mode'>): void => {
      if ((mode & enter) !== 0 && (file.mode & others) !== 0) files += 1
    },
    end: (): void => {
      if (files === 0) return
      const what = files === 1 ? '1 file' : `${files} files`
      const message = `${what} can be read or changed by other users of this machine: \`chmod -R go= <dir>\` ends that`
      report.note({ code: 'readable-by-others', message })
    },
  }
}
