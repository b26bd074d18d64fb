/** A data set, read again: its snapshot, each of its exports, and whether they belong together. Nothing is changed. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import { checkDataset, type DatasetCheck, type DatasetProblem } from '../sync/check.js'
import { type Dataset, descriptionName, exportPath, openDataset } from '../sync/dataset.js'
import { type Verified, type VerifyOptions, verifyExport } from './export.js'
import type { Note, Problem, Report } from './record.js'
import { remediesFor } from './remedies.js'

const isThere = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined)) !== undefined

/** Whether a directory is a data set's; one whose dataset.json is gone still has its exports. */
export const isDataset = async (directory: string): Promise<boolean> =>
  (await isThere(join(directory, descriptionName))) ||
  ((await isThere(exportPath(directory, 1))) && !(await isThere(join(directory, 'manifest.json'))))

export interface VerifiedExport extends Verified {
  /** Relative to the data set. */
  directory: string
}

export interface VerifiedDataset extends Verified {
  generation: number
  snapshot?: Pick<DatasetCheck, 'files' | 'resources' | 'bytes' | 'mergedAgain'>
  exports: VerifiedExport[]
}

const codes: Readonly<Record<DatasetProblem['kind'], string>> = {
  missing: 'missing',
  changed: 'content',
  unexpected: 'unlisted',
  switch: 'switch',
  merge: 'merge',
}

/** The same report, about a part of the data set. */
const within = (report: Report, folder: string): Report => {
  const place = <T extends Problem | Note>(told: T): T => ({
    ...told,
    file: told.file === undefined ? folder : `${folder}/${told.file}`,
  })
  return {
    problem: (problem) => report.problem(place(problem)),
    note: (note) => report.note(place(note)),
  }
}

const checkSnapshot = async (options: VerifyOptions): Promise<VerifiedDataset['snapshot']> => {
  const { directory, report, signal } = options
  const { problems, ...read } = await checkDataset(directory, { signal })
  const remedies = remediesFor(
    { ...options, dataset: options.shownAs },
    { finished: true, hasJournal: false },
  )
  for (const { kind, path, message, resources = [] } of problems) {
    const some = resources.length === 0 ? '' : `: ${resources.slice(0, 5).join(', ')}`
    const remedy = kind === 'unexpected' ? 'move it out of the directory' : remedies.file
    report.problem({ code: codes[kind], file: path, message: `${message}${some}`, remedy })
  }
  if (!read.mergedAgain)
    report.note({
      code: 'not-merged-again',
      message:
        'not all exports that the snapshot was made of are kept: it was compared with dataset.json alone',
    })
  return read
}

const isCommitted = ({ rounds }: Dataset, number: number): boolean =>
  rounds.some(({ exports }) => exports.some((one) => one.number === number))

const checkOne = async (
  dataset: Dataset,
  number: number,
  options: VerifyOptions,
): Promise<VerifiedExport | undefined> => {
  const { directory, shownAs } = options
  const path = exportPath(directory, number)
  const folder = path.slice(directory.length + 1)
  const remedies = remediesFor({ ...options, dataset: shownAs }, { finished: true, hasJournal: false })
  const report = within(options.report, folder)
  if (!(await lstat(path)).isDirectory()) {
    const message = 'a link, or something that is no directory, stands in its place, and was not followed'
    report.problem({ code: 'link', message, remedy: remedies.file })
    return undefined
  }
  const inside = { ...options, directory: path, shownAs: join(shownAs, folder), dataset: shownAs, report }
  const verified = await verifyExport(inside).catch((error: unknown) => {
    if (!(error instanceof BulkxError) || error.code !== 'BULKX_NO_JOB') throw error
    return undefined
  })
  if (isCommitted(dataset, number)) {
    if (verified && !verified.unfinished) return { ...verified, directory: folder }
    const message = verified?.unfinished?.message ?? 'there is no export in it'
    report.problem({ code: 'unfinished', message, remedy: remedies.file })
  } else if (verified?.unfinished) {
    const message = `it is not finished, and no part of the snapshot yet: ${verified.unfinished.message}`
    report.note({ code: 'unfinished', message })
  }
  return verified && { ...verified, directory: folder }
}

const notYet = (shownAs: string): BulkxError =>
  new BulkxError('BULKX_STILL_RUNNING', `The first round of the data set ${shownAs} is not finished`, {
    hint: 'run the same `bulkx sync` again',
  })

const changed = (shownAs: string): BulkxError =>
  new BulkxError(
    'BULKX_JOB_LOCKED',
    `${shownAs} has changed while it was read: another process works there`,
    {
      hint: 'wait for it to end, then run `bulkx verify` again',
    },
  )

/** Only a problem that stays is one: exports are dropped, and `current` is switched, while a round is committed. */
const assertStill = async ({ generation }: Dataset, { directory, shownAs }: VerifyOptions): Promise<void> => {
  if ((await openDataset(directory)).generation !== generation) throw changed(shownAs)
}

/**
 * Reads every byte of a data set again. Throws as `verifyExport`, `BULKX_CONFIG` for a dataset.json that is none, and
 * `BULKX_JOB_LOCKED` when a round was committed meanwhile.
 */
export const verifyDataset = async (options: VerifyOptions): Promise<VerifiedDataset> => {
  const { directory, shownAs, report } = options
  const dataset = await openDataset(directory)
  const { generation, transactionTime } = dataset
  const exports: VerifiedExport[] = []
  const sum = { files: 0, resources: 0, bytes: 0 }
  const add = (part: typeof sum): void => {
    sum.files += part.files
    sum.resources += part.resources
    sum.bytes += part.bytes
  }
  const snapshot = generation === 0 ? undefined : await checkSnapshot(options)
  if (snapshot) add(snapshot)
  for (const number of await dataset.exports()) {
    const verified = await checkOne(dataset, number, options)
    if (!verified) continue
    exports.push(verified)
    add(verified)
  }
  await assertStill(dataset, options)
  const isUnderWay = await isThere(join(directory, '.bulkx/round.json'))
  if (generation === 0 && !isUnderWay) {
    const remedy = remediesFor({ ...options, dataset: shownAs }, { finished: true, hasJournal: false }).file
    report.problem({ code: 'missing', file: descriptionName, message: 'it is not there', remedy })
  }
  const unfinished = generation === 0 && isUnderWay ? notYet(shownAs) : undefined
  return { ...sum, generation, transactionTime, snapshot, exports, unfinished }
}
