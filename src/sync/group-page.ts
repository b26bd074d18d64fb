/** One answer about a group: asked for again where a server is only busy, and never taken from somebody else. */
import type { Clock } from '../clock.js'
import { type Answer, readAnswer } from '../http/body.js'
import { breakOff, type Exchange, header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { retry } from '../http/retry.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { originOf, withoutQuery } from '../http/url.js'
import { serverWords } from '../protocol/operation-outcome.js'

export interface Wire {
  fhir: Exchange
  clock: Clock
  signal?: AbortSignal
  /** Origins that may tell beside that of the base URL, as `--trust-origin` names them. */
  trustedOrigins?: readonly string[]
}

/** Something that keeps the members from being told. */
export class Unknown extends Error {}

/** Bytes of one answer: a group of a million members has some 100 MB. */
const answerMax = 256 * 1024 * 1024
/** Waits before the second and the third attempt: ten seconds in all, as for a kick-off. */
const attemptDelaysMs = [3_000, 7_000]
/** What a server is waited for that asks for it, milliseconds. */
const retryAfterMaxMs = 10_000
const passing: readonly number[] = [408, 425, 429, 500, 502, 503, 504]

/** An answer that another attempt may better. */
class NotNow extends Unknown {
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** Throws `Unknown` for an address at which somebody else could say who is in the group. */
export const assertOwn = (url: string, fhirUrl: string, { trustedOrigins = [] }: Wire): void => {
  const origin = originOf(url)
  if (origin !== undefined && (origin === originOf(fhirUrl) || trustedOrigins.includes(origin))) return
  throw new Unknown(
    `it leads to another server, ${withoutQuery(origin ?? url)}, that --trust-origin does not name`,
  )
}

const ask = async (url: string, fhirUrl: string, wire: Wire): Promise<Answer> => {
  const { fhir, clock, signal } = wire
  const reply = await fhir({ method: 'GET', url, headers: { accept: 'application/fhir+json' }, signal })
  try {
    assertOwn(reply.url, fhirUrl, wire)
  } catch (error) {
    breakOff(reply)
    throw error
  }
  const answer = await readAnswer(reply, clock, answerMax)
  if (answer.status !== 200) {
    const words = serverWords(answer)
    const message = `HTTP ${answer.status}${words === '' ? '' : `: ${words}`}`
    if (!passing.includes(answer.status)) throw new Unknown(message)
    const now = readHttpDate(header(answer.headers, 'date')) ?? clock.now()
    throw new NotNow(message, readRetryAfter(header(answer.headers, 'retry-after'), now) ?? 0)
  }
  if (answer.cut) throw new Unknown('its answer is too long')
  return answer
}

const delayMs = (error: Error, failures: number): number | 'stop' => {
  const own = attemptDelaysMs[failures - 1] ?? 0
  if (error instanceof NotNow)
    return error.retryAfterMs > retryAfterMaxMs ? 'stop' : Math.max(error.retryAfterMs, own)
  const isLasting = error instanceof NetworkError && ['redirect', 'private', 'tls'].includes(error.kind)
  return error instanceof NetworkError && !isLasting ? own : 'stop'
}

/**
 * Asks three times in some ten seconds while a server is busy or cannot be reached. Rejects with `Unknown`, `NetworkError`,
 * `DecodeError`, with what the identity says, and with the signal's reason.
 */
export const readPage = (url: string, fhirUrl: string, wire: Wire): Promise<Answer> =>
  retry(() => ask(url, fhirUrl, wire), {
    clock: wire.clock,
    signal: wire.signal,
    attempts: attemptDelaysMs.length + 1,
    delayMs,
  })
