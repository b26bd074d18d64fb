/** Which entries of the job list lead nowhere for certain, or to nothing: a directory may also be on a disk that is only away. */
import { lstat, readdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readJob, reportName } from '../job/directory.js'
import { exportLogName } from '../job/export-log.js'
import { privateFolder } from '../sink/disk.js'
import { storageError, systemCode } from '../sink/storage-error.js'
import type { Io } from './io.js'
import { entries, isRefused, type JobPointer } from './job-list.js'

export interface Pruned {
  removed: JobPointer[]
  /** Their directories are not there, and may come back. */
  kept: { job: JobPointer; reason: string }[]
}

/** What bulkx writes where not a file has come. */
const own: ReadonlySet<string> = new Set([privateFolder, exportLogName, reportName])

/** Whether its directory holds nothing but what is known of a kick-off that the server refused. */
const holdsNothing = async ({ directory, exportId }: JobPointer): Promise<boolean> => {
  const state = await readJob(directory).catch(() => undefined)
  if (state?.exportId !== exportId || !isRefused(state)) return false
  return (await readdir(directory)).every((name) => own.has(name))
}

/** `there`: nothing to say. */
type Place = 'there' | 'gone' | { reason: string }

const parentOf = async (directory: string): Promise<Place> => {
  try {
    const names = await readdir(dirname(directory))
    // What a disk is mounted on is there, and empty, while the disk is away.
    return names.length > 0 ? 'gone' : { reason: 'the folder that it was in is empty: a disk may be away' }
  } catch (error) {
    return systemCode(error) === 'ENOENT'
      ? { reason: 'the folder that it was in is not there either: a disk may be away' }
      : { reason: 'the folder that it was in cannot be read' }
  }
}

/** Where there is another job, this one is not: its directory was used again. */
const isOtherJob = async ({ directory, exportId }: JobPointer): Promise<boolean> => {
  const state = await readJob(directory).catch(() => undefined)
  return state !== undefined && state.exportId !== exportId
}

const placeOf = async (job: JobPointer): Promise<Place> => {
  try {
    // A link that leads nowhere leads to what is away.
    await lstat(job.directory)
    return (await isOtherJob(job)) || (await holdsNothing(job)) ? 'gone' : 'there'
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return parentOf(job.directory)
    return { reason: code === 'EACCES' ? 'it may not be looked at' : 'it cannot be looked at' }
  }
}

/**
 * Takes jobs off the list whose directories are gone while the folders that they were in are there, with something in
 * them, and those of which there is nothing but a refused kick-off. Throws `BULKX_STORAGE` when the list cannot be written.
 */
export const pruneJobs = async (io: Pick<Io, 'env' | 'home' | 'platform'>): Promise<Pruned> => {
  const pruned: Pruned = { removed: [], kept: [] }
  for await (const { path, pointer } of entries(io)) {
    const place = await placeOf(pointer)
    if (place === 'there') continue
    if (place !== 'gone') {
      pruned.kept.push({ job: pointer, ...place })
      continue
    }
    try {
      await rm(path, { force: true })
    } catch (cause) {
      throw storageError(`Cannot remove ${path}`, cause)
    }
    pruned.removed.push(pointer)
  }
  return pruned
}
