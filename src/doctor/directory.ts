/** Checks: the output directory, what stands in it, and the room on its disk. */
import { storageError, systemCode } from '../sink/storage-error.js'
import { failed, failedBy, ok, skipped, type Verdict, warning } from './check.js'
import type { Doctor, StandingJob } from './doctor.js'

const unfinished = new Set(['new', 'in-progress', 'downloading', 'incomplete'])

const standingText = ({ phase, question }: StandingJob, shown: string): Verdict => {
  const other = 'choose another directory with --out, or move this one aside with --again'
  if (phase === 'complete') return warning(`${shown} holds a finished export of ${question}`, other)
  if (unfinished.has(phase)) {
    const message = `${shown} holds an unfinished export of ${question} (${phase})`
    return warning(
      message,
      `the same \`bulkx export\`, or \`bulkx resume\`, goes on with it; for something else ${other}`,
    )
  }
  return warning(`${shown} holds an export of ${question} that ended (${phase})`, other)
}

export const directory = async ({ config, disk, standing }: Doctor): Promise<Verdict> => {
  const shown = config.shownAs ?? config.directory
  const job = await standing()
  try {
    const nearest = await disk.nearest(config.directory)
    await disk.assertWritable(nearest)
    if (job) return standingText(job, shown)
    return ok(nearest === config.directory ? `${shown} is writable` : `${shown} can be made`)
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return failedBy(storageError(`Cannot use the directory ${shown}`, error))
  }
}

/** Less room than this gets a warning; how large an export will be nobody knows. */
const littleBytes = 1024 ** 3
/** Less is as good as none. */
const noBytes = 1024 ** 2

const gigabytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toPrecision(3)} GB` : `${Math.floor(bytes / 1e6)} MB`

export const space = async ({ config, disk }: Doctor): Promise<Verdict> => {
  const shown = config.shownAs ?? config.directory
  let free: number
  try {
    free = await disk.freeBytes(await disk.nearest(config.directory))
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return skipped(`the disk of ${shown} does not say`)
  }
  const message = `${gigabytes(free)} free for ${shown}`
  const remedy = 'make room, or choose another disk with --out'
  if (free < noBytes) return failed('BULKX_DISK_FULL', message, remedy)
  return free < littleBytes ? warning(message, remedy) : ok(message)
}
