/** `current`: the link by which readers find the snapshot, switched in one step. */
import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { privateFolder, syncDirectory } from '../sink/disk.js'
import { systemCode } from '../sink/storage-error.js'
import { currentName, type Dataset } from './dataset.js'
import { trouble } from './trouble.js'

/** File systems that have no links, and Windows for whom may not make any. */
const hasNoLinks: ReadonlySet<string | undefined> = new Set([
  ...['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'],
])

/** Durable when it resolves. Where the platform has no links, `current` is left out. Throws `BULKX_STORAGE`. */
export const switchTo = async (directory: string, snapshot: string): Promise<void> => {
  const current = join(directory, currentName)
  const fresh = join(directory, privateFolder, 'current.part')
  try {
    if ((await readlink(current).catch(() => undefined)) === snapshot) return
    await rm(fresh, { force: true })
    // Relative to where it will stand: a data set that is moved stays whole.
    const isMade = await symlink(snapshot, fresh, 'dir').then(
      () => true,
      (cause) => {
        if (hasNoLinks.has(systemCode(cause))) return false
        throw cause
      },
    )
    // One that cannot be switched must not lead to an old generation for ever.
    if (isMade) await rename(fresh, current)
    else await rm(current, { force: true })
    await syncDirectory(directory)
  } catch (cause) {
    throw trouble(`Cannot switch ${current}`, cause)
  }
}

/** A copy that follows links, and an unpacked archive, have a directory in its place, which no link can replace. */
export const isCopied = (directory: string): Promise<boolean> =>
  lstat(join(directory, currentName)).then(
    (found) => found.isDirectory(),
    () => false,
  )

/**
 * A process that was killed before it could write dataset.json has left `current` at a snapshot that is not committed,
 * and may now be written anew, from other exports or with other options: until then readers get the committed one.
 */
export const switchBack = async ({ directory, snapshot }: Dataset): Promise<void> => {
  const target = await readlink(join(directory, currentName)).catch(() => undefined)
  if (snapshot === undefined || target === undefined) return
  if (target.replaceAll('\\', '/') !== snapshot) await switchTo(directory, snapshot)
}
