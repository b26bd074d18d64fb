/** Content on its way to the disk: written behind the caller's back, in order, up to a limit. */
import type { FileHandle } from 'node:fs/promises'

/** Bytes taken in before the caller must wait for the disk. */
const writeBehindBytes = 1024 * 1024

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
  /** Resolves when everything appended is with the operating system. */
  flush(): Promise<void>
}

/** Errors of the disk come out of the next `flush`, or of the `append` that has to wait. */
export const writeBehind = (handle: FileHandle): WriteBehind => {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let writing: Promise<void> | undefined
  let failure: unknown

  const drain = async (): Promise<void> => {
    while (waitingBytes > 0 && failure === undefined) {
      const chunks = waiting
      waiting = []
      waitingBytes = 0
      await writeAll(handle, chunks).catch((error) => {
        failure = error
      })
    }
    writing = undefined
  }
  const flush = async (): Promise<void> => {
    while (writing) await writing
    if (failure !== undefined) throw failure
  }
  const append = (chunk: Uint8Array): Promise<void> | undefined => {
    waiting.push(chunk)
    waitingBytes += chunk.length
    writing ??= drain()
    return waitingBytes > writeBehindBytes || failure !== undefined ? flush() : undefined
  }
  return { append, flush }
}
