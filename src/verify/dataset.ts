/** A data set, read again: its snapshot, each of its exports, and whether they belong together. Nothing is changed. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import { type CheckOptions, checkDataset, type DatasetCheck, type DatasetProblem } from '../sync/check.js'
import {
  currentName,
  type Dataset,
  descriptionName,
  exportPath,
  openDataset,
  setAsideIn,
} from '../sync/dataset.js'
import { isThere, roundName } from './dataset-there.js'
import { type Verified, type VerifyOptions, verifyExport } from './export.js'
import type { Note, Problem, Report } from './record.js'
import { remediesFor } from './remedies.js'

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

/** Where less than everything anew will do. */
const remedyOf: Readonly<Partial<Record<DatasetProblem['kind'], string>>> = {
  unexpected: 'move it out of the directory',
  switch: `move it away; the next \`bulkx sync\` makes the link anew, and until then dataset.json names the snapshot`,
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

/** The gauges of what is read, as those of a file of an export. */
const watching =
  ({ progress, counts, onBegin }: VerifyOptions): NonNullable<CheckOptions['watch']> =>
  (what, totalBytes) => {
    const active = { bytes: 0, totalBytes, attempt: 1 }
    progress.active.set(what, active)
    counts.total += 1
    onBegin?.()
    return {
      read: (bytes) => {
        active.bytes += bytes
        progress.bytes += bytes
      },
      end: () => {
        progress.active.delete(what)
        counts.done += 1
      },
    }
  }

const checkSnapshot = async (
  snapshot: string | undefined,
  options: VerifyOptions,
): Promise<VerifiedDataset['snapshot']> => {
  const { directory, report, signal } = options
  const remedies = remediesFor(
    { ...options, dataset: options.shownAs },
    { finished: true, hasJournal: false },
  )
  const checked = await checkDataset(directory, { signal, watch: watching(options) }).catch(
    (error: unknown) => {
      if (!(error instanceof BulkxError) || error.code !== 'BULKX_STORAGE') throw error
      // The exports are read all the same. What the disk says of it has a cause.
      const code = error.cause === undefined ? 'broken' : 'unreadable'
      const message = `it cannot be checked: ${error.message}`
      report.problem({ code, file: snapshot, message, remedy: error.hint ?? remedies.file })
      return undefined
    },
  )
  if (!checked) return undefined
  const { problems, ...read } = checked
  for (const { kind, path, message, resources = [] } of problems) {
    const some = resources.length === 0 ? '' : `: ${resources.slice(0, 5).join(', ')}`
    const remedy = remedyOf[kind] ?? remedies.file
    report.problem({ code: codes[kind], file: path, message: `${message}${some}`, remedy })
  }
  if (!(await isThere(join(directory, currentName))))
    report.note({
      code: 'no-current',
      file: currentName,
      message: 'it is not there: readers must go by dataset.json',
    })
  if (!read.mergedAgain)
    report.note({
      code: 'not-merged-again',
      message:
        'not all exports that the snapshot was made of are kept: it was compared with dataset.json alone',
    })
  return read
}

/** `--keep` drops the oldest ones, and never those of the last round. */
const checkKept = (dataset: Dataset, onDisk: readonly number[], options: VerifyOptions): void => {
  const { directory, shownAs, report } = options
  const remedy = remediesFor({ ...options, dataset: shownAs }, { finished: true, hasJournal: false }).file
  const numbers = (rounds: Dataset['rounds']): number[] =>
    rounds.flatMap(({ exports }) => exports.map(({ number }) => number))
  const oldest = Math.min(...onDisk)
  const mustBeThere = new Set([
    ...numbers(dataset.rounds.slice(-1)),
    ...numbers(dataset.rounds).filter((number) => number > oldest),
  ])
  for (const number of mustBeThere) {
    if (onDisk.includes(number)) continue
    const file = exportPath(directory, number).slice(directory.length + 1)
    report.problem({
      code: 'missing',
      file,
      message: 'the snapshot was made of it, and it is not there',
      remedy,
    })
  }
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
  } else if (verified?.heldBack) {
    const message = `it is held back, and no part of the snapshot yet: ${verified.heldBack.message}`
    report.note({ code: 'held-back', message })
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
  const snapshot = generation === 0 ? undefined : await checkSnapshot(dataset.snapshot, options)
  if (snapshot) add(snapshot)
  const onDisk = await dataset.exports()
  checkKept(dataset, onDisk, options)
  for (const number of onDisk) {
    const verified = await checkOne(dataset, number, options)
    if (!verified) continue
    exports.push(verified)
    add(verified)
  }
  for (const { folder } of await setAsideIn(directory))
    report.note({
      code: 'set-aside',
      file: folder,
      message:
        'it was given up, and its data are kept: remove it when nobody needs it, or let --keep drop it',
    })
  await assertStill(dataset, options)
  const isUnderWay = await isThere(join(directory, roundName))
  if (generation === 0 && !isUnderWay) {
    const remedy = remediesFor({ ...options, dataset: shownAs }, { finished: true, hasJournal: false }).file
    report.problem({ code: 'missing', file: descriptionName, message: 'it is not there', remedy })
  }
  const unfinished = generation === 0 && isUnderWay ? notYet(shownAs) : undefined
  return { ...sum, generation, transactionTime, snapshot, exports, unfinished }
}
