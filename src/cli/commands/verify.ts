/** `bulkx verify`: reads a finished export, or a data set, again, and says what is not as it was stored. */
import { lstat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { defaults } from '../../config.js'
import { BulkxError } from '../../errors.js'
import type { Progress } from '../../fetch/progress.js'
import { lockPath, readJob } from '../../job/directory.js'
import { liveHolder } from '../../job/lock.js'
import { manifestName } from '../../job/manifest-file.js'
import { isStoreUrl } from '../../sink/object/store-url.js'
import type { OpenSink } from '../../sink/open-sink.js'
import { type VerifiedDataset, verifyDataset } from '../../verify/dataset.js'
import { isDataset } from '../../verify/dataset-there.js'
import { type Verified, type VerifyOptions, verifyExport } from '../../verify/export.js'
import type { Totals } from '../../verify/files.js'
import type { Note, Problem } from '../../verify/record.js'
import { storeShelf } from '../../verify/shelf.js'
import type { Ending, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { defaultJobDirectory, readStoreUrl } from '../out-place.js'
import { jobOfStore } from '../place.js'
import type { Bars } from '../reporter/bars.js'
import { talkFor, wantsMotion } from '../reporter/index.js'
import type { Settings } from '../settings.js'
import { shortPath } from '../show.js'
import { isOfDataset } from '../sync/place.js'
import { count, grouped, harmless, size } from '../text.js'

/** Problems, and notes, that are told one by one; the others are counted. */
const toldMax = 1000
const itemsMax = 20

/** The first ones, and how many there are. */
class Told<T> {
  readonly first: T[] = []
  number = 0

  add(one: T): void {
    this.number += 1
    if (this.first.length < toldMax) this.first.push(one)
  }

  get more(): number {
    return this.number - this.first.length
  }
}

const lineOf = ({ file, message }: Problem | Note): string =>
  harmless(file === undefined ? message : `${file}: ${message}`)

const linesOf = (told: Told<Problem | Note>, max = toldMax): string[] => {
  const lines = told.first.slice(0, max).map(lineOf)
  const more = told.number - lines.length
  return more === 0 ? lines : [...lines, `and ${grouped(more)} more`]
}

const remediesMax = 3

/** Each remedy once; where there are several, with the first file that needs it. */
const hintFor = (problems: readonly Problem[]): string => {
  const first = new Map<string, string | undefined>()
  for (const { remedy, file } of problems) if (!first.has(remedy)) first.set(remedy, file)
  const told = [...first].slice(0, remediesMax)
  return told
    .map(([remedy, file]) => (told.length === 1 || file === undefined ? remedy : `${file}: ${remedy}`))
    .join('; ')
}

const errorFor = (
  problems: Told<Problem>,
  { shownAs, unseen }: { shownAs: string; unseen: boolean },
): BulkxError | undefined => {
  if (problems.number === 0) return undefined
  const onlyUnreadable = problems.more === 0 && problems.first.every(({ code }) => code === 'unreadable')
  const what = count(problems.number, 'problem')
  const message = onlyUnreadable
    ? `Not everything in ${shownAs} can be read: ${what}`
    : `${shownAs} is not as it was stored: ${what}`
  return new BulkxError(onlyUnreadable ? 'BULKX_STORAGE' : 'BULKX_DIFFERS', message, {
    hint: hintFor(problems.first),
    items: unseen ? linesOf(problems, itemsMax) : undefined,
  })
}

const totalOf = (parts: readonly Totals[]): Totals => {
  const sum = (of: keyof Totals): number => parts.reduce((all, one) => all + one[of], 0)
  return { files: sum('files'), resources: sum('resources'), bytes: sum('bytes') }
}

const figures = ({ files, resources, bytes }: Totals): string =>
  `${count(files, 'file')}, ${count(resources, 'resource')}, ${size(bytes)}`

/** What was read, in one line; of a data set each part: the same resource is in an export and in the snapshot. */
const summary = (verified: Verified | VerifiedDataset, shownAs: string): string => {
  if (!('exports' in verified)) return `verified ${shownAs}: ${figures(verified)}`
  const { snapshot, exports } = verified
  const parts = [
    ...(snapshot ? [`the snapshot (${figures(snapshot)})`] : []),
    ...(exports.length > 0 ? [`${count(exports.length, 'export')} (${figures(totalOf(exports))})`] : []),
  ]
  return `verified ${shownAs}: ${parts.length === 0 ? figures(verified) : parts.join(' and ')}`
}

/** Bars for a person who waits: from the first file that is read. */
const barsFor = async (
  settings: Settings,
  io: Io,
  { progress, counts }: Pick<VerifyOptions, 'progress' | 'counts'>,
) => {
  const { terminal } = io.stderr
  if (!terminal || !wantsMotion(settings, io)) return { begin: () => {}, stop: () => {} }
  const { startBars } = await import('../reporter/bars.js')
  const { createLook } = await import('../reporter/look.js')
  const look = createLook(io, (await talkFor(settings, io)).paint)
  let bars: Bars | undefined
  return {
    begin: () => {
      bars ??= startBars(terminal, { clock: io.clock, progress, counts: () => counts, look })
    },
    stop: () => bars?.stop(),
  }
}

const busyNote = async (directory: string, io: Io): Promise<Note[]> => {
  const path = lockPath(directory)
  if (!(await lstat(path).catch(() => undefined))?.isFile()) return []
  const pid = await liveHolder(path, { self: io.process, clock: io.clock })
  if (pid === undefined) return []
  const message = `another process works here (process ${pid}): what it writes meanwhile is not verified`
  return [{ code: 'busy', message }]
}

/** `current`, and a folder of the snapshots, are no data set: the one that they belong to is named. */
const withDataset = async (error: unknown, directory: string, io: Io): Promise<unknown> => {
  if (!(error instanceof BulkxError) || error.code !== 'BULKX_NO_JOB') return error
  for (const above of [dirname(directory), dirname(dirname(directory))]) {
    if (!(await lstat(join(above, 'dataset.json')).catch(() => undefined))) continue
    const hint = `it belongs to a data set: \`bulkx verify ${shortPath(above, io.cwd)}\``
    return new BulkxError(error.code, error.message, { hint })
  }
  return error
}

const fieldsOf = (verified: Verified | VerifiedDataset) => {
  const withoutErrors = <T extends Verified>({
    unfinished: _unfinished,
    heldBack: _heldBack,
    ...fields
  }: T) => fields
  if (!('exports' in verified)) return withoutErrors(verified)
  return { ...withoutErrors(verified), exports: verified.exports.map(withoutErrors) }
}

/** Names, times and the like may be anybody's words. */
const allHarmless = (fields: object): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(fields, (_key, value: unknown) => (typeof value === 'string' ? harmless(value) : value)),
  )

/** The only problems of a data set that somebody works in may be what he has done so far. */
const endingError = (
  verified: Verified | VerifiedDataset,
  problems: Told<Problem>,
  busy: readonly Note[],
  shown: { shownAs: string; unseen: boolean },
): BulkxError | undefined => {
  if ('exports' in verified && busy.length > 0 && problems.number > 0) {
    const message = `Another process works in ${shown.shownAs}, and ${count(problems.number, 'thing')} there are not as they should be now`
    return new BulkxError('BULKX_JOB_LOCKED', message, {
      hint: 'wait for it to end, then run `bulkx verify` again',
      items: shown.unseen ? linesOf(problems, itemsMax) : undefined,
    })
  }
  return errorFor(problems, shown) ?? verified.unfinished
}

const verified = async (options: VerifyOptions, io: Io): Promise<Verified | VerifiedDataset> => {
  try {
    if (options.store) return await verifyExport(options)
    if (await isDataset(options.directory)) return await verifyDataset(options)
    const above = dirname(dirname(options.directory))
    const isPart = await isOfDataset(options.directory)
    return await verifyExport(isPart ? { ...options, dataset: shortPath(above, io.cwd) } : options)
  } catch (error) {
    throw await withDataset(error, options.directory, io)
  }
}

/** What is to be read: a directory, or a store, whose job is in a directory if it is known here at all. */
interface Stored {
  directory: string
  shownAs: string
  store?: string
}

const storedAt = async (argument: string | undefined, io: Io): Promise<Stored> => {
  if (argument !== undefined && isStoreUrl(argument)) {
    const store = readStoreUrl(argument)
    const directory = (await jobOfStore(store, io))?.directory ?? defaultJobDirectory(store, io)
    return { directory, shownAs: store, store }
  }
  const directory = resolve(io.cwd, argument ?? '.')
  // Where the manifest is, the files are: nothing is read twice.
  const isHere = await lstat(join(directory, manifestName)).catch(() => undefined)
  const state = isHere ? undefined : await readJob(directory).catch(() => undefined)
  return { directory, shownAs: state?.store ?? shortPath(directory, io.cwd), store: state?.store }
}

const sinkOf = async (store: string, { env, clock, random, process: self }: Io): Promise<OpenSink> => {
  const { openSink } = await import('../../sink/open-sink.js')
  return openSink({ target: store, env, clock, random, system: self.host })
}

export const run: Run = async ({ args, settings }, io): Promise<Ending> => {
  const { directory, shownAs, store } = await storedAt(args[0], io)
  const sink = store === undefined ? undefined : await sinkOf(store, io)
  const talk = await talkFor(settings, io)
  const problems = new Told<Problem>()
  const notes = new Told<Note>()
  const progress: Progress = { bytes: 0, active: new Map(), paused: new Map() }
  const gauges = { progress, counts: { done: 0, total: 0 } }
  const busy = await busyNote(directory, io)
  for (const note of busy) notes.add(note)
  const bars = await barsFor(settings, io, gauges)
  const parallel = settings.get('parallel') ?? defaults.files.parallel
  const report = {
    problem: (problem: Problem) => problems.add(problem),
    note: (note: Note) => notes.add(note),
  }
  const options: VerifyOptions = {
    directory,
    store: sink && storeShelf(sink),
    shownAs,
    parallel,
    ...gauges,
    report,
    onBegin: bars.begin,
    signal: io.signal,
  }
  const found = await verified(options, io)
    .finally(bars.stop)
    .finally(() => sink?.close())
  const unseen = settings.get('json') === true || settings.get('quiet') === true
  if (!unseen) for (const line of linesOf(problems)) io.stdout.write(`${line}\n`)
  for (const line of linesOf(notes)) talk.line(line)
  const error = endingError(found, problems, busy, { shownAs, unseen })
  if (!error) talk.line(summary(found, shownAs))
  const fields = { ...fieldsOf(found), problems: problems.first, notes: notes.first }
  const more = { moreProblems: problems.more || undefined, moreNotes: notes.more || undefined }
  return { error, result: { ...allHarmless(fields), directory, store, ...more } }
}
