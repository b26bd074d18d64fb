/** The lock of a data set: two syncs never work in one, and the second may wait for the first. */
import { join } from 'node:path'
import { BulkxError } from '../../errors.js'
import { lockPath } from '../../job/directory.js'
import { type Lock, takeLock } from '../../job/lock.js'
import { makeDirectory, ownFolder, privateFolder } from '../../sink/disk.js'
import { storageError } from '../../sink/storage-error.js'
import type { Io } from '../io.js'
import { shortPath } from '../show.js'
import { duration } from '../text.js'
import { asPlaceError } from './endings.js'

/** How often a waiting run looks, milliseconds: from the first to the longest pause. */
const firstPauseMs = 1_000
const longestPauseMs = 15_000

const prepare = async (directory: string): Promise<void> => {
  try {
    await makeDirectory(directory)
    await ownFolder(join(directory, privateFolder), false)
  } catch (cause) {
    throw asPlaceError(storageError(`Cannot use the directory ${directory}`, cause))
  }
}

const isTaken = (error: unknown): error is BulkxError =>
  error instanceof BulkxError && error.code === 'BULKX_JOB_LOCKED'

const given = (error: BulkxError, waitMs: number): BulkxError => {
  const waited = waitMs === 0 ? '' : `, also after ${duration(waitMs)}`
  return new BulkxError(error.code, `${error.message}${waited}`, {
    hint: 'nothing was done; let it end, or wait for it with --wait-for-lock 10m',
  })
}

/**
 * Takes the lock, or waits up to `waitMs` for its holder to end. `onWait` is told once who that is. Throws
 * `BULKX_JOB_LOCKED` (11), `BULKX_STORAGE`; rejects with the signal's reason.
 */
export const lockDataset = async (
  directory: string,
  { waitMs, io, onWait }: { waitMs: number; io: Io; onWait: (text: string) => void },
): Promise<Lock> => {
  await prepare(directory)
  const end = io.clock.now() + waitMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await takeLock(lockPath(directory), {
        directory: shortPath(directory, io.cwd),
        self: io.process,
        clock: io.clock,
      })
    } catch (error) {
      const left = end - io.clock.now()
      if (!isTaken(error)) throw asPlaceError(error)
      if (left <= 0) throw given(error, waitMs)
      if (pauseMs === firstPauseMs) onWait(`${error.message}; waiting for it up to ${duration(waitMs)}`)
      await io.clock.sleep(Math.min(pauseMs, left), io.signal)
    }
  }
}
