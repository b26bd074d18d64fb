/** An export's directory, read again and compared with its journal and its manifest. Nothing is changed. */
import { BulkxError } from '../errors.js'
import type { Progress } from '../fetch/progress.js'
import { journalPath, readJob } from '../job/directory.js'
import type { Phase } from '../job/facts.js'
import { storedName } from '../job/files.js'
import { manifestName } from '../job/manifest-file.js'
import { phaseError } from '../job/outcome.js'
import { type JobState, phaseOf } from '../job/state.js'
import { privateFolder } from '../sink/disk.js'
import { storageError } from '../sink/storage-error.js'
import { duplicates } from './duplicates.js'
import { checkExportLog } from './export-log-check.js'
import { checkFiles, type Reading, type Totals } from './files.js'
import { lookAtJournal } from './journal-there.js'
import { type Listed, listedByEntry, listedInJournal } from './listed.js'
import { checkManifest, isEntryInside } from './manifest-check.js'
import type { Remedies, Report } from './record.js'
import { remediesFor } from './remedies.js'
import { directoryShelf, type Shelf } from './shelf.js'
import { readStoredManifest, type StoredManifest } from './stored-manifest.js'
import { checkUnlisted, noteParts, readableByOthers } from './surroundings.js'

export interface VerifyOptions {
  directory: string
  /** Where the files are, when it is not the directory. */
  store?: Shelf
  /** As a person would type it. */
  shownAs: string
  /** Files that are read at a time. */
  parallel: number
  progress: Progress
  /** How many files of how many are read; for whoever shows it. */
  counts: { done: number; total: number }
  /** Before files are read: their number is in `counts`. */
  onBegin?: () => void
  report: Report
  /** The data set that the export belongs to, as a person would type it. */
  dataset?: string
  signal?: AbortSignal
}

export interface Verified extends Totals {
  phase?: Phase
  transactionTime?: string
  /** Why the export is not finished, with what `bulkx status` would end with; undefined when it is. */
  unfinished?: BulkxError
  /** What was found in it, and nobody has accepted. */
  heldBack?: BulkxError
}

/** What there is to compare with. */
interface Standing {
  state?: JobState
  manifest?: StoredManifest
  finished: boolean
  remedies: Remedies
}

const shelfOf = ({ directory, store }: VerifyOptions): Shelf => store ?? directoryShelf(directory)

const nothing = (directory: string): BulkxError =>
  new BulkxError('BULKX_NO_JOB', `There is nothing to verify in ${directory}`, {
    hint: 'name the directory of an export, with its manifest.json or its .bulkx, or a data set; `bulkx jobs` lists what was started here',
  })

/** The journal's state; undefined when there is none, or none that can be believed: that is told of. */
const readState = async ({ directory, report, ...options }: VerifyOptions): Promise<JobState | undefined> => {
  const there = await lookAtJournal(directory)
  if (there === 'none') return undefined
  const remedies = remediesFor(options, { finished: true, hasJournal: false })
  const file = `${privateFolder}/journal`
  if (there === 'no-file') {
    const message = 'a link, or something that is no file, stands in its place, and was not followed'
    report.problem({ code: 'journal-damaged', file, message, remedy: remedies.journal })
    return undefined
  }
  try {
    return await readJob(directory)
  } catch (error) {
    // What the disk says of it has a cause; damage is in what it says itself.
    if (!(error instanceof BulkxError) || error.cause !== undefined) throw error
    const message = error.message.replace(journalPath(directory), 'it').replace(/^The journal it/, 'it')
    report.problem({ code: 'journal-damaged', file, message, remedy: remedies.journal })
    return undefined
  }
}

const readManifest = async (
  options: VerifyOptions,
  state: JobState | undefined,
  remedies: Remedies,
): Promise<StoredManifest | undefined> => {
  const { report } = options
  const manifest = await readStoredManifest(shelfOf(options))
  if (!('why' in manifest)) return manifest
  if (manifest.why === 'unreadable') throw storageError(`Cannot read ${manifestName}`, manifest.cause)
  if (manifest.why === 'missing') {
    if (state?.findings === undefined) return undefined
    const message = 'it is not there, and the export was finished'
    report.problem({ code: 'manifest-missing', file: manifestName, message, remedy: remedies.manifest })
    return undefined
  }
  const message =
    manifest.why === 'broken'
      ? 'it is no manifest'
      : 'a link, or something that is no file, stands in its place, and was not followed'
  report.problem({ code: 'manifest-broken', file: manifestName, message, remedy: remedies.manifest })
  return undefined
}

const standing = async (options: VerifyOptions): Promise<Standing> => {
  const state = await readState(options)
  const finished = state === undefined || state.findings !== undefined
  const remedies = remediesFor(options, { finished, hasJournal: state !== undefined })
  const manifest = await readManifest(options, state, remedies)
  if (state && manifest && finished) checkManifest(state, manifest, { remedies, report: options.report })
  return { state, manifest, finished, remedies }
}

/** By the journal where there is one, else by the manifest: entries that lead outside, or to a server, are no files. */
const listedIn = ({ state, manifest, remedies }: Standing, { report }: VerifyOptions): Listed[] => {
  if (state) return [...listedInJournal(state)]
  if (!manifest) return []
  if (manifest.ours)
    report.note({
      code: 'no-journal',
      message: 'there is no journal: manifest.json alone says what was stored',
    })
  const elsewhere = manifest.ours ? [] : manifest.entries.filter(({ name }) => /^https?:/i.test(name))
  if (elsewhere.length > 0)
    report.note({
      code: 'elsewhere',
      message: `${elsewhere.length} of ${manifest.entries.length} entries of manifest.json are URLs of a server: which files they became, it does not say`,
    })
  const others = new Set(elsewhere)
  const names = new Set<string>()
  return manifest.entries
    .filter((entry) => !others.has(entry) && isEntryInside(entry, { remedies, report }))
    .filter(({ name }) => !names.has(name) && names.add(name))
    .map(listedByEntry)
}

/** All names that may stand in the directory: those of files that are on their way too. */
const allNames = ({ state, finished }: Standing, listed: readonly Listed[]): Set<string> => {
  const names = new Set(listed.map(({ name }) => name))
  if (!state || finished) return names
  for (const file of state.files.values()) {
    names.add(file.name)
    names.add(`${file.name}.gz`)
    names.add(storedName(file))
  }
  return names
}

const noteDuplicates = ({ duplicates: seen, report }: Reading): void => {
  const { number, example } = seen.found()
  if (number > 0) {
    const what = number === 1 ? '1 resource comes' : `${number} resources come`
    report.note({ code: 'duplicates', message: `${what} more than once, such as ${example}` })
  }
  if (seen.full) {
    const message = 'there are too many resources to look for all that come more than once'
    report.note({ code: 'duplicates-unknown', message })
  }
}

const checkAround = async (
  options: VerifyOptions,
  here: Standing,
  listed: readonly Listed[],
): Promise<void> => {
  const { directory, report } = options
  const { state, manifest, finished } = here
  const names = allNames(here, listed)
  const isForeign = !state && manifest?.ours !== true
  await checkUnlisted({
    shelf: shelfOf(options),
    isListed: (name) => names.has(name),
    mayHaveMore: isForeign ? 'which another tool may have put there' : undefined,
    report,
  })
  await noteParts(directory, finished, report)
}

const logFacts = ({ state, manifest }: Standing, listed: readonly Listed[]) => {
  const exportId = state?.exportId ?? manifest?.exportId
  if (exportId === undefined || (state === undefined && !manifest?.ours)) return undefined
  const sum = (of: (file: Listed) => number | undefined): number =>
    listed.reduce((total, file) => total + (of(file) ?? 0), 0)
  return {
    exportId,
    files: listed.length,
    resources: sum(({ resources }) => resources),
    bytes: sum(({ bytes }) => bytes),
  }
}

const namesByContent = (listed: readonly Listed[]): Map<string, string> =>
  new Map(listed.flatMap(({ name, sha256 }) => (sha256 === undefined ? [] : [[sha256, name] as const])))

/** Why it is not finished; what was found in a finished one was known when it was stored. */
const unfinishedError = (state: JobState | undefined, shownAs: string): BulkxError | undefined =>
  state === undefined || state.findings !== undefined ? undefined : phaseError(state, shownAs, 'never')

const assertThere = async ({ state, manifest }: Standing, options: VerifyOptions, told: boolean) => {
  if (!state && !manifest && !told) throw nothing(options.store ? options.shownAs : options.directory)
}

/**
 * Reads every byte of an export again and tells `report` of what is not as it was stored. Throws `BULKX_NO_JOB` when
 * there is nothing to verify, `BULKX_STORAGE` when the disk cannot be read.
 */
export const verifyExport = async (options: VerifyOptions): Promise<Verified> => {
  const { directory, report, counts, parallel, progress, signal, shownAs } = options
  let told = false
  const noticing: Report = {
    ...report,
    problem: (problem) => {
      told = true
      report.problem(problem)
    },
  }
  const watched = { ...options, report: noticing }
  const here = await standing(watched)
  await assertThere(here, options, told)
  const listed = listedIn(here, watched)
  const byContent = namesByContent(listed)
  const access = await readableByOthers(directory, report)
  const shelf = shelfOf(options)
  const reading: Reading = {
    shelf,
    parallel,
    progress,
    report,
    remedies: here.remedies,
    duplicates: duplicates(),
    otherName: (sha256) => byContent.get(sha256),
    onFile: access.look,
    signal,
  }
  counts.total += listed.length
  if (listed.length > 0) options.onBegin?.()
  const totals = await checkFiles(listed, reading, (number) => {
    counts.done += number
  })
  noteDuplicates(reading)
  await checkAround(options, here, listed)
  const facts = here.finished ? logFacts(here, listed) : undefined
  if (facts) await checkExportLog(shelf, facts, { remedies: here.remedies, report, isOptional: !here.state })
  access.end()
  const { state, manifest } = here
  const time = state?.transactionTime ?? manifest?.value.transactionTime
  return {
    ...totals,
    phase: state ? phaseOf(state) : undefined,
    transactionTime: typeof time === 'string' ? time : undefined,
    unfinished: unfinishedError(state, shownAs),
    heldBack: state?.findings && phaseError(state, shownAs, state.failOn),
  }
}
