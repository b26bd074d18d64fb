/** Where the bytes of a content go: into the part as they are, as they were sent, or compressed on the way. */
import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import type { Part } from '../sink/sink.js'

export interface Store {
  /** A chunk as it was sent, before its content is written. */
  sent(chunk: Buffer): Promise<void> | undefined
  write(chunk: Uint8Array): Promise<void> | undefined
  /** Bytes stored, when they are not the bytes written. */
  end(): Promise<number | undefined>
  /** After a break: nothing reaches the part any more. */
  drop(): Promise<void>
}

export const plainStore = (part: Part): Store => ({
  sent: () => undefined,
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
    sent: () => undefined,
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

const sentStore = (part: Part): Store => {
  let storedBytes = 0
  return {
    sent: (chunk) => {
      storedBytes += chunk.length
      return part.append(chunk)
    },
    write: () => undefined,
    end: async () => storedBytes,
    drop: async () => {},
  }
}

/** What comes before the content tells what it is: more than this is no beginning of a compressed file, bytes. */
const beginningMax = 1024 * 1024

/** Decides, when the first content comes, whether what was sent is what is to be stored. */
class GzipOrAsSent implements Store {
  private readonly part: Part
  private readonly isOneGzip: () => boolean
  private beginning: Buffer[] = []
  private bytes = 0
  private chosen: Store | undefined
  /** When the disk has to be waited for. */
  private taken: Promise<void> | undefined

  constructor(part: Part, isOneGzip: () => boolean) {
    this.part = part
    this.isOneGzip = isOneGzip
  }

  sent(chunk: Buffer): Promise<void> | undefined {
    if (this.chosen) return this.chosen.sent(chunk)
    this.beginning.push(chunk)
    this.bytes += chunk.length
    if (this.bytes > beginningMax) this.choose(gzipStore(this.part))
    return undefined
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.chosen) return this.chosen.write(chunk)
    const store = this.decide()
    return this.taken ? this.taken.then(() => store.write(chunk)) : store.write(chunk)
  }

  async end(): Promise<number | undefined> {
    const store = this.chosen ?? this.decide()
    await this.taken
    return store.end()
  }

  async drop(): Promise<void> {
    await this.chosen?.drop()
  }

  private decide(): Store {
    return this.choose(this.isOneGzip() ? sentStore(this.part) : gzipStore(this.part))
  }

  private choose(store: Store): Store {
    this.chosen = store
    const waits = this.beginning.map((chunk) => store.sent(chunk)).filter((wait) => wait !== undefined)
    if (waits.length > 0) this.taken = Promise.all(waits).then(() => {})
    this.beginning = []
    return store
  }
}

/** `isOneGzip`: asked before the first content, whether what was sent is exactly that content, compressed once. */
export const gzipOrAsSent = (part: Part, isOneGzip: () => boolean): Store => new GzipOrAsSent(part, isOneGzip)
