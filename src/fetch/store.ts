/** Where the bytes of a content go: into the part as they are, or compressed on the way. */
import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import type { Part } from '../sink/sink.js'

export interface Store {
  write(chunk: Uint8Array): Promise<void> | undefined
  /** Bytes stored, when they are not the bytes written. */
  end(): Promise<number | undefined>
  /** After a break: nothing reaches the part any more. */
  drop(): Promise<void>
}

export const plainStore = (part: Part): Store => ({
  write: (chunk) => part.append(chunk),
  end: async () => undefined,
  drop: async () => {},
})

/** Compressed in the thread pool. */
export const gzipStore = (part: Part): Store => {
  const gzip = createGzip()
  let storedBytes = 0
  const stored = (async () => {
    for await (const chunk of gzip) {
      storedBytes += (chunk as Buffer).length
      await part.append(chunk as Buffer)
    }
  })()
  // A disk error ends the stream, and comes out of `end`.
  stored.catch((error) => gzip.destroy(error))
  return {
    write: (chunk) => {
      if (gzip.write(chunk)) return undefined
      return Promise.race([once(gzip, 'drain'), stored]).then(() => {})
    },
    end: async () => {
      gzip.end()
      await stored
      return storedBytes
    },
    drop: async () => {
      gzip.destroy()
      await stored.catch(() => {})
    },
  }
}
