/** The bytes of a file as they come over the wire, before any decoding: their pace, and their digest. */
import { createHash } from 'node:crypto'
import type { Clock } from '../clock.js'

/** A transfer that is slower than this, bytes a second, for as long as `slowForMs`, is a broken one. */
const slowestRate = 1024
const slowForMs = 10 * 60_000
/** A longer wait counts as no more: the machine may have been asleep. */
const longestWaitMs = 5 * 60_000

/** The file comes, but would take for ever. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow'
}

/**
 * The same chunks. Throws `TooSlow`. Only waiting for the network counts: what `--max-rate` and the disk take is no
 * fault of the server's.
 */
export async function* atPace(source: AsyncIterable<Buffer>, clock: Clock): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  let waitedMs = 0
  let bytes = 0
  try {
    for (;;) {
      const askedAt = clock.now()
      const next = await chunks.next()
      if (next.done) return
      waitedMs += Math.min(Math.max(clock.now() - askedAt, 0), longestWaitMs)
      bytes += next.value.length
      if (waitedMs >= slowForMs) {
        if (bytes * 1000 < slowestRate * waitedMs)
          throw new TooSlow(
            `for ${Math.round(waitedMs / 60_000)} minutes less than ${slowestRate} bytes a second came`,
          )
        waitedMs = 0
        bytes = 0
      }
      yield next.value
    }
  } finally {
    await chunks.return?.()
  }
}

/** The same chunks; their sha256 is to be had when the last one has been taken. */
export const digested = (
  source: AsyncIterable<Buffer>,
): { chunks: AsyncGenerator<Buffer>; sha256(): string } => {
  const hash = createHash('sha256')
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk)
      yield chunk
    }
  }
  return { chunks: chunks(), sha256: () => hash.digest('hex') }
}
