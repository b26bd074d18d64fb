/** The user's job list: one small pointer file a job, so that parallel runs lose nothing. */
import { readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withoutEndSlashes } from '../http/url.js'
import { readJob } from '../job/directory.js'
import type { Phase } from '../job/facts.js'
import { type JobState, phaseOf } from '../job/state.js'
import { isObject } from '../json.js'
import { targetText } from '../options/target.js'
import type { Target } from '../protocol/types.js'
import { fleetOf } from '../queue/fleet-note.js'
import { makeDirectories } from '../sink/disk.js'
import type { Io } from './io.js'

/** Where a job is, and what it is: everything else is read from its directory. */
export interface JobPointer {
  version: 1
  exportId: string
  directory: string
  server: string
  target: string
  /** The object store that the files go to; the directory itself when absent. */
  store?: string
  /** Epoch milliseconds. */
  startedAt: number
}

/** A pointer with what its directory says now; no phase when the directory is gone or holds another job. */
export interface ListedJob extends JobPointer {
  phase?: Phase
  /** The server took no kick-off: nothing runs. */
  refused?: boolean
  /** That fetch files for it now; undefined where nobody coordinates any. */
  workers?: number
}

const fileMode = 0o600

/** Where bulkx keeps what belongs to the user and to no directory. `BULKX_STATE_DIR` moves it. */
export const stateDirectory = (place: Pick<Io, 'env' | 'home' | 'platform'>): string => {
  const { env, platform } = place
  if (env.BULKX_STATE_DIR) return env.BULKX_STATE_DIR
  if (env.XDG_STATE_HOME) return join(env.XDG_STATE_HOME, 'bulkx')
  if (platform === 'darwin') return join(place.home, 'Library', 'Application Support', 'bulkx')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(place.home, 'AppData', 'Local'), 'bulkx')
  return join(place.home, '.local', 'state', 'bulkx')
}

type StateIo = Pick<Io, 'env' | 'home' | 'platform' | 'clock' | 'process'>

const jobsDirectory = (io: Pick<Io, 'env' | 'home' | 'platform'>): string => join(stateDirectory(io), 'jobs')

const isPointer = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { exportId, directory, server, target, startedAt, store = '' } = value
  const isText = [exportId, directory, server, target, store].every((text) => typeof text === 'string')
  return isText && typeof startedAt === 'number' && Math.abs(startedAt) <= 8.64e15
}

const readPointer = async (path: string): Promise<JobPointer | undefined> => {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isPointer(value) ? (value as JobPointer) : undefined
  } catch {
    // Half a file, or one that another process has just removed.
    return undefined
  }
}

/** Pointers that are read at most: the newest ones, by file name. */
const maxPointers = 2_000

const pointerNames = async (io: Pick<Io, 'env' | 'home' | 'platform'>): Promise<string[]> => {
  const names = await readdir(jobsDirectory(io)).catch((): string[] => [])
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .reverse()
}

/** Nothing runs, and nothing has: the server took no kick-off. */
export const isRefused = (state: JobState): boolean => phaseOf(state) === 'new' && state.refusal !== undefined

const day = 24 * 60 * 60 * 1000
/** A pointer is dropped when it is this old and its directory is gone: a disk may only be away. */
const forgetAfterMs = 90 * day

const forgetOld = async (io: StateIo): Promise<void> => {
  const limit = new Date(io.clock.now() - forgetAfterMs).toISOString()
  for (const name of (await pointerNames(io)).filter((name) => name < limit)) {
    const path = join(jobsDirectory(io), name)
    const pointer = await readPointer(path)
    const there = pointer && (await stat(pointer.directory).catch(() => undefined))
    if (!there) await rm(path, { force: true })
  }
}

/** The name sorts by time, and is the same for one job whatever happens to it. */
const pointerPath = ({ startedAt, exportId }: JobState, io: StateIo): string => {
  const started = new Date(startedAt).toISOString().replaceAll(':', '')
  return join(jobsDirectory(io), `${started}-${exportId}.json`)
}

/** Takes a job off the list: one of which nothing is left. */
export const forgetJob = (state: JobState, io: StateIo): Promise<void> =>
  rm(pointerPath(state, io), { force: true })

/** Writes, or moves, the pointer of a job. Rejects when the state directory cannot be used. */
export const rememberJob = async (state: JobState, directory: string, io: StateIo): Promise<void> => {
  const pointer: JobPointer = {
    version: 1,
    exportId: state.exportId,
    directory,
    server: state.server,
    target: state.kickOff ? targetText(state.kickOff.target) : 'attached',
    startedAt: state.startedAt,
    store: state.store,
  }
  await makeDirectories(jobsDirectory(io))
  const path = pointerPath(state, io)
  const fresh = `${path}.${io.process.pid}.tmp`
  await writeFile(fresh, `${JSON.stringify(pointer)}\n`, { mode: fileMode })
  await rename(fresh, path)
  await forgetOld(io)
}

/** Every entry of the list with the file that it stands in, newest first. */
export async function* entries(
  io: Pick<Io, 'env' | 'home' | 'platform'>,
): AsyncGenerator<{ path: string; pointer: JobPointer }> {
  for (const name of await pointerNames(io)) {
    const path = join(jobsDirectory(io), name)
    const pointer = await readPointer(path)
    if (pointer) yield { path, pointer }
  }
}

const look = async (pointer: JobPointer, now: number): Promise<ListedJob> => {
  const state = await readJob(pointer.directory).catch(() => undefined)
  if (state?.exportId !== pointer.exportId) return pointer
  const phase = phaseOf(state)
  const refused = isRefused(state) || undefined
  return { ...pointer, phase, refused, workers: await fleetOf(pointer.directory, now) }
}

/** The jobs that this user has started, newest first. */
export const listJobs = async (io: Pick<Io, 'env' | 'home' | 'platform' | 'clock'>): Promise<ListedJob[]> => {
  const names = (await pointerNames(io)).slice(0, maxPointers)
  const jobs: ListedJob[] = []
  for (const name of names) {
    const pointer = await readPointer(join(jobsDirectory(io), name))
    if (pointer) jobs.push(await look(pointer, io.clock.now()))
  }
  return jobs
}

/**
 * The jobs of this user at this server and target, newest first, each as its directory says; without a state where
 * the directory is gone or holds another job.
 */
export async function* jobsAt(
  server: string,
  target: Target,
  io: Pick<Io, 'env' | 'home' | 'platform'>,
): AsyncGenerator<{ directory: string; state?: JobState }> {
  const text = targetText(target)
  for (const name of (await pointerNames(io)).slice(0, maxPointers)) {
    const pointer = await readPointer(join(jobsDirectory(io), name))
    if (
      !pointer ||
      withoutEndSlashes(pointer.server) !== withoutEndSlashes(server) ||
      pointer.target !== text
    )
      continue
    const { directory, exportId } = pointer
    const state = await readJob(directory).catch(() => undefined)
    yield { directory, state: state?.exportId === exportId ? state : undefined }
  }
}

const exportIdText = /^[\w-]{8,64}$/

const realPath = (path: string): Promise<string> => realpath(path).catch(() => path)

/**
 * Whether this user has started this very job: in this directory, at this server. What a directory says of itself
 * proves nothing, the list does.
 */
export const isOwnJob = async (
  { exportId, server }: Pick<JobState, 'exportId' | 'server'>,
  directory: string,
  io: Pick<Io, 'env' | 'home' | 'platform'>,
): Promise<boolean> => {
  if (!exportIdText.test(exportId)) return false
  const names = (await pointerNames(io)).filter((name) => name.endsWith(`-${exportId}.json`))
  for (const name of names) {
    const pointer = await readPointer(join(jobsDirectory(io), name))
    if (pointer?.exportId !== exportId || pointer.server !== server) continue
    if ((await realPath(pointer.directory)) === (await realPath(directory))) return true
  }
  return false
}

const unfinishedPhases: ReadonlySet<Phase> = new Set(['new', 'in-progress', 'downloading', 'incomplete'])

/** Whether `bulkx resume` could go on with it. */
export const isUnfinished = ({ phase, refused }: ListedJob): boolean =>
  phase !== undefined && unfinishedPhases.has(phase) && !refused
