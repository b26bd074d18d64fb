/** How bulkx uses a local disk: modes, our own folder, and making directories durable. */
import { closeSync, constants, fsyncSync, openSync } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, stat, statfs } from 'node:fs/promises'
import { platform } from 'node:os'
import { dirname } from 'node:path'
import { BulkxError } from '../errors.js'
import { systemCode } from './storage-error.js'

/** Only the owner: files hold health data, and the journal may hold signed URLs. */
export const fileMode = 0o600
export const directoryMode = 0o700

/** Our own folder in a job's directory. Nothing in it ends in .ndjson: consumers read folders recursively. */
export const privateFolder = '.bulkx'

/** What file systems say that have no such thing as syncing a directory: some of networks, and of FUSE. */
const cannotSync: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Makes the entries of a directory durable. Windows cannot, and needs not; nor do some file systems. */
export const syncDirectory = async (directory: string): Promise<void> => {
  if (platform() === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!cannotSync.has(systemCode(error))) throw error
  } finally {
    await handle.close()
  }
}

/** The same at once: for where there is no device. */
export const syncDirectoryAtOnce = (directory: string): void => {
  if (platform() === 'win32') return
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } catch (error) {
    if (!cannotSync.has(systemCode(error))) throw error
  } finally {
    closeSync(descriptor)
  }
}

/** tmpfs and ramfs, as Linux numbers them. */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6])

/** Whether there is no device below a directory. Where the system does not say, there is one. */
export const isInMemory = async (directory: string): Promise<boolean> =>
  statfs(directory).then(
    ({ type }) => inMemory.has(type),
    () => false,
  )

/** A directory that may be entered and written to, and not read, cannot be synced by its name. */
const syncParent = (directory: string): Promise<void> =>
  syncDirectory(directory).catch((error) => {
    if (systemCode(error) !== 'EACCES') throw error
  })

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/**
 * Makes a directory, and those above it that are missing. Resolves to the first one that was made; undefined where all
 * of them were there. Rejects with what the system says. The `recursive` of Node tries for ever where the system
 * answers ENOENT although the directory above is there, as it does below /proc.
 */
export const makeDirectories = async (directory: string): Promise<string | undefined> => {
  const make = (): Promise<unknown> => mkdir(directory, { mode: directoryMode })
  try {
    await make()
    return directory
  } catch (error) {
    if (await isDirectory(directory)) return undefined
    const above = dirname(directory)
    if (systemCode(error) !== 'ENOENT' || above === directory) throw error
    const first = await makeDirectories(above)
    if (first === undefined) throw error
    // Another process may have been faster.
    await make().catch(async (again: unknown) => {
      if (!(await isDirectory(directory))) throw again
    })
    return first
  }
}

/** The same, and so that a power failure takes none of their names away. */
export const makeDirectory = async (directory: string): Promise<void> => {
  const first = await makeDirectories(directory)
  if (first === undefined) return
  for (let made = directory; made.length >= first.length; made = dirname(made))
    await syncParent(dirname(made))
}

// Windows has no such flag, and hardly such links.
const noFollow = constants.O_NOFOLLOW ?? 0

/** Flags for files of ours: never through a link that somebody else has left there. */
export const appendOnly = constants.O_WRONLY | constants.O_APPEND | noFollow
export const appendOrCreate = appendOnly | constants.O_CREAT
export const readOrCreate = constants.O_RDWR | constants.O_CREAT | noFollow
export const readOnly = constants.O_RDONLY | noFollow
export const writeAnew = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | noFollow

/** A pipe, a device, a socket stands in a file's place. Its code is none that a system has. */
class NoFile extends Error {
  readonly code: 'ENOTFILE' | 'EISDIR'

  constructor(path: string, code: NoFile['code']) {
    super(`${path} is no file`)
    this.code = code
  }
}

// Windows has no such flag, and no such pipes.
const noWait = constants.O_NONBLOCK ?? 0

/**
 * Opens a file in a directory that may be anybody's. Whoever opens a pipe waits for its other end, for ever and deaf to
 * signals: what is no file is not opened. Rejects with the system's error, or with the code `ENOTFILE` or `EISDIR`.
 */
export const openRegular = async (path: string, flags: number, mode?: number): Promise<FileHandle> => {
  const handle = await open(path, flags | noWait, mode).catch((error: unknown) => {
    // A pipe that nobody reads, a socket, a device that is not there.
    throw systemCode(error) === 'ENXIO' ? new NoFile(path, 'ENOTFILE') : error
  })
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new NoFile(path, found.isDirectory() ? 'EISDIR' : 'ENOTFILE')
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** All of its text. Rejects as `openRegular` does, and where the file is a link. */
export const readRegular = async (path: string): Promise<string> => {
  const handle = await openRegular(path, readOnly)
  try {
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** Made, or there already; a link is followed only where the user himself named it. */
export const ownFolder = async (folder: string, named: boolean): Promise<void> => {
  await makeDirectory(folder)
  if (named || (await lstat(folder)).isDirectory()) return
  const hint = 'somebody has put a link there: choose another directory with --out'
  throw new BulkxError('BULKX_STORAGE', `${folder} is not a directory of its own`, { hint })
}
