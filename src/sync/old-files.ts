/** The files of the snapshot that a merge begins with. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import type { Dataset } from './dataset.js'
import { hasOwnFolder } from './own-files.js'
import type { OldFile } from './selection.js'

/** An export since the last time is merged into what is damaged: only a base takes its place. */
const mendedBy = '`bulkx sync --again --full` exports everything'

const sizeOf = (path: string): Promise<number | undefined> =>
  lstat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  )

const listed = async (dataset: Dataset): Promise<(OldFile & { isWhole: boolean })[]> => {
  const { directory, snapshot } = dataset
  if (snapshot === undefined) return []
  const isThere =
    (await hasOwnFolder(join(directory, 'snapshots'))) && (await hasOwnFolder(join(directory, snapshot)))
  const files: (OldFile & { isWhole: boolean })[] = []
  for (const [name, { bytes, sha256 }] of Object.entries(dataset.files)) {
    const path = join(directory, snapshot, name)
    const isWhole = isThere && (await sizeOf(path)) === bytes
    files.push({ path, name, bytes, sha256, gzip: false, mendedBy, isWhole })
  }
  return files
}

/** Those that are as long as dataset.json says. */
export const oldFiles = async (dataset: Dataset): Promise<OldFile[]> =>
  (await listed(dataset)).filter(({ isWhole }) => isWhole)

/** All of them. Throws `BULKX_STORAGE` when one is not there, or has another length. */
export const wholeOldFiles = async (dataset: Dataset): Promise<OldFile[]> => {
  const files = await listed(dataset)
  const broken = files.find(({ isWhole }) => !isWhole)
  if (!broken) return files
  throw new BulkxError('BULKX_STORAGE', `${broken.path} is not the file that dataset.json says`, {
    hint: `\`bulkx verify\` says what differs; ${mendedBy} anew`,
  })
}
