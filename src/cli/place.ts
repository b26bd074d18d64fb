/** Which job a command is about: a directory, a status URL, or the only one that it can be. */
import { readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BulkxError } from '../errors.js'
import { readJob } from '../job/directory.js'
import { shellWord } from '../job/next-command.js'
import type { JobState } from '../job/state.js'
import { parseUrl } from '../options/values.js'
import { isStoreUrl } from '../sink/object/store-url.js'
import type { Io } from './io.js'
import { isUnfinished, type ListedJob, listJobs } from './job-list.js'
import { jobDirectoriesOf, readStoreUrl } from './out-place.js'
import { shortPath } from './show.js'
import { grouped } from './text.js'

export type Place =
  /** `dataset`: the data set that was named, of which it is the newest export. */
  { kind: 'directory'; directory: string; state: JobState; dataset?: string } | { kind: 'url'; url: string }

const noJob = (directory: string, hint: string): BulkxError =>
  new BulkxError('BULKX_NO_JOB', `There is no job in ${directory}`, { hint })

const describe = async (directory: string): Promise<string> => {
  const info = await stat(directory).catch(() => undefined)
  if (!info) return 'the directory does not exist; `bulkx jobs` lists what was started here'
  if (!info.isDirectory()) return 'name the directory of the job, not a file'
  const names = await readdir(directory).catch((): string[] => [])
  return names.length === 0
    ? 'the directory is empty; `bulkx export` starts a job'
    : '`bulkx jobs` lists what was started here'
}

/** A data set is looked at by its newest export. */
const inDataset = async (dataset: string, io: Io): Promise<Place | undefined> => {
  const { isDataset, newestExport } = await import('./sync/place.js')
  if (!(await isDataset(dataset))) return undefined
  const directory = await newestExport(dataset)
  const state = directory === undefined ? undefined : await readJob(directory)
  if (directory !== undefined && state) return { kind: 'directory', directory, state, dataset }
  const message = `The data set ${shortPath(dataset, io.cwd)} has no export yet`
  throw new BulkxError('BULKX_NO_JOB', message, { hint: 'the same sync command goes on' })
}

const namedDirectory = async (name: string, io: Io): Promise<Place> => {
  const directory = resolve(io.cwd, name)
  const state = await readJob(directory)
  if (state) return { kind: 'directory', directory, state }
  const place = await inDataset(directory, io)
  if (place) return place
  throw noJob(directory, await describe(directory))
}

/** By the directory that the job of a store stands in by itself, else by the list. */
export const jobOfStore = async (
  store: string,
  io: Io,
): Promise<Extract<Place, { kind: 'directory' }> | undefined> => {
  for await (const directory of jobDirectoriesOf(store, io)) {
    const state = await readJob(directory).catch(() => undefined)
    if (state?.store === store) return { kind: 'directory', directory, state }
  }
  return undefined
}

const namedStore = async (argument: string, io: Io): Promise<Place> => {
  const store = readStoreUrl(argument)
  const place = await jobOfStore(store, io)
  if (place) return place
  throw new BulkxError('BULKX_NO_JOB', `No job of yours has stored files in ${store}`, {
    hint: 'name the directory that the job stands in, which `bulkx export` has printed; `bulkx jobs` lists what was started here',
  })
}

/** Said where a data set was named, and one of its exports is meant. */
export const datasetText = (place: Place, io: Pick<Io, 'cwd'>): string | undefined =>
  place.kind === 'directory' && place.dataset !== undefined
    ? `${shortPath(place.dataset, io.cwd)} is a data set: its newest export is ${shortPath(place.directory, io.cwd)}`
    : undefined

const maxListed = 20

/** One a line; who reads the result of `--json` finds them there. */
const choose = (jobs: readonly ListedJob[], command: string, io: Io): BulkxError => {
  const items = jobs
    .slice(0, maxListed)
    .map(
      ({ directory, store, phase, target }) =>
        `${shellWord(store ?? shortPath(directory, io.cwd))}  ${phase}, ${target}`,
    )
  const more = jobs.length > maxListed ? [`and ${grouped(jobs.length - maxListed)} more`] : []
  return new BulkxError('BULKX_USAGE', `Several jobs are unfinished (${grouped(jobs.length)})`, {
    items: [...items, ...more],
    hint: `name one: \`bulkx ${command} <dir>\`; \`bulkx jobs\` lists all of them`,
  })
}

const onlyJob = async (command: string, io: Io): Promise<Place> => {
  const here = await readJob(io.cwd)
  if (here) return { kind: 'directory', directory: io.cwd, state: here }
  const unfinished = (await listJobs(io)).filter(isUnfinished)
  const [only, ...others] = unfinished
  if (only === undefined) {
    throw noJob(io.cwd, `name a job directory: \`bulkx ${command} <dir>\`; \`bulkx jobs\` lists them`)
  }
  if (others.length > 0) throw choose(unfinished, command, io)
  return namedDirectory(only.directory, io)
}

/**
 * Finds the job. Without an argument: the current directory if it holds one, else the only unfinished job of the
 * list. Throws `BULKX_NO_JOB` or `BULKX_USAGE`, both with what there is.
 */
export const findJob = async (argument: string | undefined, command: string, io: Io): Promise<Place> => {
  if (argument === undefined) return onlyJob(command, io)
  if (/^https?:\/\//i.test(argument)) {
    const url = parseUrl(argument)
    if (url !== undefined) return { kind: 'url', url }
    throw new BulkxError('BULKX_USAGE', 'The status URL cannot be read', {
      hint: 'put it in quotes, as the server gave it',
    })
  }
  return isStoreUrl(argument) ? namedStore(argument, io) : namedDirectory(argument, io)
}
