/** The local disk, as far as the checks look at it. */
import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface Disk {
  /** `directory` itself, or the directory above it that exists. Rejects when that is no directory. */
  nearest(directory: string): Promise<string>
  /** Rejects when nothing can be created in an existing directory. */
  assertWritable(directory: string): Promise<void>
  /** Bytes that this user may still write there. */
  freeBytes(directory: string): Promise<number>
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

const nearest = async (directory: string): Promise<string> => {
  try {
    await stat(directory)
    return directory
  } catch (error) {
    const above = dirname(directory)
    if (!isMissing(error) || above === directory) throw error
    return nearest(above)
  }
}

export const localDisk: Disk = {
  nearest,
  assertWritable: async (directory) => {
    if (!(await stat(directory)).isDirectory()) {
      throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
    }
    await access(directory, constants.W_OK | constants.X_OK)
  },
  freeBytes: async (directory) => {
    const { bavail, bsize } = await statfs(directory)
    return bavail * bsize
  },
}
