/** Whether a job's directory is still its own: asked before anything is written, named or deleted there. */
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import type { Journal } from './journal.js'
import type { Lock } from './lock.js'
import { shellWord, shownDirectory } from './next-command.js'
import type { JobState } from './state.js'

/** Nothing on a disk may know of the job any more: its status URL is told as a whole, for some have its id in the query. */
const removedHint = ({ pollingLocation, synchronous }: JobState): string => {
  const moved = 'if it was moved, `bulkx resume <where it is now>` goes on there'
  if (pollingLocation === undefined || synchronous) return `${moved}; if not, run the export again`
  const attach = `\`bulkx resume ${shellWord(pollingLocation)} --out <a new directory>\``
  return `${moved}; if not, ${attach} fetches the job, which is still at the server`
}

/** `rm -rf out`, and somebody's next export there: what was written on would be mixed with theirs. */
export const directoryRemoved = (config: Config, state: JobState): BulkxError => {
  const directory = shownDirectory(config)
  return new BulkxError('BULKX_STORAGE', `${directory} was removed or moved while the job ran`, {
    hint: removedHint(state),
  })
}

/**
 * The question, asked once for all that wait for its answer. Rejects with `BULKX_STORAGE` when the directory was removed
 * or moved, or another stands in its place, with `BULKX_JOB_LOCKED` when another process works in it now.
 */
export const heldBy = (
  config: Config,
  state: JobState,
  lock: Lock,
  journal: () => Journal | undefined,
): (() => Promise<void>) => {
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    if ((await journal()?.isThere()) === false) throw directoryRemoved(config, state)
    await lock.assertHeld()
  }
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
}
