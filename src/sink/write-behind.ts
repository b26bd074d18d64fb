/** Content on its way to the disk: written behind the caller's back, in order, up to a limit. */
import type { FileHandle } from 'node:fs/promises'

/**
 * Bytes taken in before the caller must wait for the disk. Eight files together hold less than comes from one collection
 * of dead chunks to the next: what lives through two of them is memory for much longer. A MiB is no faster, and takes
 * more of it.
 */
const writeBehindBytes = 384 * 1024

/** `writev` may write less than it was given. */
const writeAll = async (handle: FileHandle, chunks: Uint8Array[]): Promise<void> => {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  let { bytesWritten } = await handle.writev(chunks)
  if (bytesWritten === total) return
  const all = Buffer.concat(chunks)
  while (bytesWritten < total) bytesWritten += (await handle.write(all, bytesWritten)).bytesWritten
}

export interface WriteBehind {
  /** Keeps the chunk until it is written. A promise is returned when the caller must wait. */
  append(chunk: Uint8Array): Promise<void> | undefined
  /** Resolves when the file is open, and everything appended is with the operating system. */
  flush(): Promise<void>
  /** Forgets what is not written yet; resolves when nothing is being written any more. */
  drop(): Promise<void>
}

/**
 * The file is opened when there is something to write, or at the first `flush`. Errors of the disk come out of the next
 * `flush`, or of the `append` that has to wait. `first`: what comes before all that is appended.
 */
export const writeBehind = (open: () => Promise<FileHandle>, first: Uint8Array[] = []): WriteBehind => {
  let handle: Promise<FileHandle> | undefined
  let waiting = first
  let waitingBytes = first.reduce((sum, { length }) => sum + length, 0)
  let writing: Promise<void> | undefined
  let failure: unknown

  const opened = (): Promise<FileHandle> => {
    handle ??= open()
    return handle
  }
  const drain = async (): Promise<void> => {
    // In any case later: what ends before it is known to have begun would seem to go on for ever.
    await undefined
    while (waitingBytes > 0 && failure === undefined) {
      const chunks = waiting
      waiting = []
      waitingBytes = 0
      try {
        await writeAll(await opened(), chunks)
      } catch (error) {
        failure = error
      }
    }
    writing = undefined
  }
  const begin = (): void => {
    writing ??= drain()
  }
  const flush = async (): Promise<void> => {
    while (writing) await writing
    if (failure !== undefined) throw failure
    await opened()
  }
  const append = (chunk: Uint8Array): Promise<void> | undefined => {
    waiting.push(chunk)
    waitingBytes += chunk.length
    begin()
    return waitingBytes > writeBehindBytes || failure !== undefined ? flush() : undefined
  }
  const drop = async (): Promise<void> => {
    waiting = []
    waitingBytes = 0
    while (writing) await writing
    await handle?.catch(() => {})
  }
  if (waitingBytes > 0) begin()
  return { append, flush, drop }
}
