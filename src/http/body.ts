/** Small answers, read into text within limits. */
import type { Clock } from '../clock.js'
import { decoded } from './coding.js'
import type { HttpHeaders, HttpReply } from './exchange.js'
import { NetworkError } from './network-error.js'

export { DecodeError } from './coding.js'

/** A small reply, read whole. */
export interface Answer {
  status: number
  headers: HttpHeaders
  url: string
  /** Text of the body, at most `limitBytes` of it. */
  body: string
  /** The body was longer than the limit. */
  cut: boolean
}

/** Longest answer that is read as JSON, bytes: a manifest of a million files has some 200 MB. */
export const answerLimitBytes = 256 * 1024 * 1024
/** How much of an error's body is looked at, bytes. */
export const errorLimitBytes = 64 * 1024
/** How long a whole answer may take to come, milliseconds, however busily it drips; a long one may take longer. */
export const answerLimitMs = 5 * 60_000
/** Beyond `answerLimitMs` an answer goes on coming only as fast as this on average, bytes a second. */
export const answerSlowestRate = 64 * 1024
/** How often that is looked at, milliseconds. */
const answerCheckMs = 10_000

const tooSlow = (): NetworkError =>
  new NetworkError('timeout', 'the answer drips too slowly to be waited for', { sent: true })

/**
 * Reads a reply to its end, or to `most` bytes, `errorLimitBytes` of an error. Rejects with `NetworkError` when
 * it breaks off or comes more slowly than `answerLimitMs` and `answerSlowestRate` allow, `DecodeError` when its coding
 * does not hold.
 */
export const readAnswer = async (
  reply: HttpReply,
  clock: Clock,
  most: number = answerLimitBytes,
): Promise<Answer> => {
  const limit = reply.status < 300 ? most : errorLimitBytes
  const chunks: Buffer[] = []
  let size = 0
  const startedAt = clock.now()
  const stop = clock.every(answerCheckMs, () => {
    const allowedMs = answerLimitMs + (size / answerSlowestRate) * 1000
    if (clock.now() - startedAt > allowedMs) reply.body.destroy(tooSlow())
  })
  try {
    for await (const chunk of decoded(reply)) {
      chunks.push(chunk)
      size += chunk.length
      if (size > limit) break
    }
  } finally {
    stop()
  }
  const text = Buffer.concat(chunks).subarray(0, limit).toString('utf8')
  const body = reply.hide?.(text) ?? text
  return { status: reply.status, headers: reply.headers, url: reply.url, body, cut: size > limit }
}
