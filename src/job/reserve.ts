/** Room on the disk that is held free for what nobody can ask for again: the answer to a kick-off. */
import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileMode } from '../sink/disk.js'
import { storageError } from '../sink/storage-error.js'
import type { Fact } from './facts.js'

/** An answer with its headers and the server's words takes less. */
const reservedBytes = 64 * 1024

/**
 * A file of its own, given up when the disk is full. A tail of zeros in the journal itself would not do: where files are
 * copied when they are written to, as in btrfs and ZFS, writing over it takes new room.
 */
export interface Reserve {
  /** Before the request goes out. Rejects with `BULKX_DISK_FULL` or `BULKX_STORAGE` when there is no room even for it. */
  keep(): Promise<void>
  /** Leaves nothing of it. */
  give(): Promise<void>
}

/** A fact that says what became of a kick-off: once it is written, nothing is held free any more. */
export const isAnswered = ({ type }: Fact): boolean =>
  type === 'kick-off-accepted' || type === 'kick-off-refused' || type === 'kick-off-unsent'

/** The reserve of the journal at this path. */
export const reserveOf = (journal: string): Reserve => {
  const path = join(dirname(journal), 'reserve')
  const give = (): Promise<void> => rm(path, { force: true })
  return {
    keep: async () => {
      try {
        // Whatever stands there is removed, never written through.
        await give()
        const handle = await open(path, 'wx', fileMode)
        try {
          // Not zeros: a file system that compresses would hold nothing free for them.
          await handle.writeFile(randomBytes(reservedBytes))
          await handle.datasync()
        } finally {
          await handle.close()
        }
      } catch (cause) {
        await give().catch(() => {})
        throw storageError(`Cannot write ${path}`, cause)
      }
    },
    give,
  }
}
