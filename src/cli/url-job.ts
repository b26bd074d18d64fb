/** A job of which only the status URL is known: the directory that holds it here, or one for the moment. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import { readJob } from '../job/directory.js'
import { makeDirectories } from '../sink/disk.js'
import { storageError } from '../sink/storage-error.js'
import type { Io } from './io.js'
import { listJobs, stateDirectory } from './job-list.js'
import type { Place } from './place.js'

/** The directory, among those of the job list, whose job has this status URL. */
export const directoryOfUrl = async (
  url: string,
  io: Io,
): Promise<Extract<Place, { kind: 'directory' }> | undefined> => {
  for (const { directory, phase } of await listJobs(io)) {
    if (phase === undefined) continue
    const state = await readJob(directory)
    if (state?.pollingLocation === url) return { kind: 'directory', directory, state }
  }
  return undefined
}

/** Gives `use` a directory below the user's state directory, and removes it afterwards. */
export const withPassingDirectory = async <T>(io: Io, use: (directory: string) => Promise<T>): Promise<T> => {
  const folder = join(stateDirectory(io), 'passing')
  const directory = await makeDirectories(folder)
    .then(() => mkdtemp(join(folder, 'job-')))
    .catch((cause: unknown) => {
      const { code, message } = storageError(`Cannot use ${folder}`, cause)
      throw new BulkxError(code, message, { cause, hint: 'mend it, or name another with BULKX_STATE_DIR' })
    })
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
