/** `--again`: what stands in the output directory is moved aside, and the job list told of it. */
import { readJob } from '../job/directory.js'
import { moveAside as moveOnDisk } from '../job/move-aside.js'
import type { Io } from './io.js'
import { rememberJob } from './job-list.js'

/**
 * Moves the directory to `<directory>.1`, or the next free number, and resolves to that path; undefined when there
 * is nothing to move. Throws `BULKX_JOB_LOCKED` when another process works there.
 */
export const moveAside = async (directory: string, io: Io): Promise<string | undefined> => {
  const aside = await moveOnDisk(directory, { clock: io.clock, self: io.process })
  if (aside === undefined) return undefined
  // It is moved, whatever stands in it: a damaged journal may be why.
  const state = await readJob(aside).catch(() => undefined)
  // The list is a convenience: a job that it loses is still where it was moved.
  if (state) await rememberJob(state, aside, io).catch(() => {})
  return aside
}
