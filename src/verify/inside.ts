/** Files of a directory that may be anybody's: opened by relative names, never through a link, never outside of it. */
import type { Stats } from 'node:fs'
import { type FileHandle, lstat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { openRegular, privateFolder, readOnly } from '../sink/disk.js'
import { systemCode } from '../sink/storage-error.js'

/** Why there is no reading it. `link`, `not-a-file`: it, or a folder on the way to it. */
export type Refusal = { why: 'missing' | 'link' | 'not-a-file' } | { why: 'unreadable'; cause: unknown }

export interface OpenFile {
  size: number
  /** Of a file on a disk; elsewhere 0. */
  mode: number
  /** All of it, from the first byte. */
  chunks(): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/** One on a disk. */
export interface OpenLocalFile extends OpenFile {
  handle: FileHandle
}

/** Read at once, bytes. */
const readBytes = 256 * 1024

const opened = (handle: FileHandle, { size, mode }: Stats): OpenLocalFile => ({
  handle,
  size,
  mode,
  chunks: () => handle.createReadStream({ start: 0, highWaterMark: readBytes, autoClose: false }),
  close: () => handle.close(),
})

/** No file system has longer names. */
const longest = 4096

/** Whether a name leads to a place in the directory that holds data, by its text alone. */
export const isInside = (name: string): boolean => {
  if (name.length > longest) return false
  const parts = name.split('/')
  if (/[\\\0]/.test(name) || isAbsolute(name) || /^[A-Za-z][\w+.-]*:/.test(name)) return false
  return parts[0] !== privateFolder && parts.every((part) => !['', '.', '..'].includes(part))
}

const missing: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

const refusalOf = (cause: unknown): Refusal => {
  const code = systemCode(cause)
  if (missing.has(code)) return { why: 'missing' }
  if (code === 'ENOTFILE' || code === 'EISDIR') return { why: 'not-a-file' }
  return code === 'ELOOP' ? { why: 'link' } : { why: 'unreadable', cause }
}

/** The folders on the way, and then the file itself. */
const lookAt = async (directory: string, parts: readonly string[]): Promise<Stats | Refusal> => {
  let path = directory
  for (const [index, part] of parts.entries()) {
    path = join(path, part)
    const found = await lstat(path)
    if (found.isSymbolicLink()) return { why: 'link' }
    if (index === parts.length - 1) return found.isFile() ? found : { why: 'not-a-file' }
    if (!found.isDirectory()) return { why: 'not-a-file' }
  }
  return { why: 'missing' }
}

/** Opens a file below the directory, by a name with `/`. The directory itself is as the user named it. */
export const openInside = async (directory: string, name: string): Promise<OpenLocalFile | Refusal> => {
  try {
    const looked = await lookAt(directory, name.split('/'))
    if ('why' in looked) return looked
    const handle = await openRegular(join(directory, name), readOnly)
    return opened(handle, looked)
  } catch (cause) {
    return refusalOf(cause)
  }
}
