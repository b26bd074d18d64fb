/** To start anew: what stands in the output directory is moved aside, never removed. */
import { lstat, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises'
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { directoryMode, makeDirectories, privateFolder } from '../sink/disk.js'
import { lockPath } from './directory.js'
import { type ProcessIdentity, takeLock } from './lock.js'

/** Generations that are counted at most. */
const maxNumber = 100_000

const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

const freeName = async (directory: string): Promise<string> => {
  for (let number = 1; number <= maxNumber; number += 1) {
    const name = `${directory}.${number}`
    if (!(await exists(name))) return name
  }
  throw new BulkxError('BULKX_USAGE', `There are too many old exports beside ${directory}`, {
    hint: 'remove some of them, or choose another directory with --out',
  })
}

/** Who moves it. */
export interface Mover {
  clock: Clock
  self: ProcessIdentity
}

/** Moves it under its lock, lest a running export lose its directory. */
const move = async (directory: string, { clock, self }: Mover): Promise<string> => {
  await makeDirectories(`${directory}/${privateFolder}`)
  const lock = await takeLock(lockPath(directory), { directory, self, clock })
  try {
    const aside = await freeName(directory)
    await rename(directory, aside)
    await rm(lockPath(aside), { force: true })
    return aside
  } catch (cause) {
    throw new BulkxError('BULKX_STORAGE', `Cannot move ${directory} aside: ${String(cause)}`, {
      cause,
      hint: 'choose another directory with --out',
    })
  } finally {
    await lock.release()
  }
}

/**
 * Moves the directory to `<directory>.1`, or the next free number, and resolves to that path; undefined when there
 * is nothing to move. Throws `BULKX_JOB_LOCKED` when another process works there.
 */
export const moveAside = async (directory: string, mover: Mover): Promise<string | undefined> => {
  const names = await readdir(directory).catch((): string[] => [])
  if (names.length === 0) return undefined
  // Behind a link the data stay on their disk.
  const real = await realpath(directory)
  const aside = await move(real, mover)
  if (real !== directory) await mkdir(real, { mode: directoryMode })
  return aside
}
