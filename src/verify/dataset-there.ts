/** Whether a directory is a data set's, by what stands in it. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestName } from '../job/manifest-file.js'
import { descriptionName, exportPath } from '../sync/dataset.js'

export const roundName = '.bulkx/round.json'

export const isThere = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined)) !== undefined

/** Whether a directory is a data set's; one whose dataset.json is gone still has its exports. */
export const isDataset = async (directory: string): Promise<boolean> =>
  (await isThere(join(directory, descriptionName))) ||
  (await isThere(join(directory, roundName))) ||
  ((await isThere(exportPath(directory, 1))) && !(await isThere(join(directory, manifestName))))
