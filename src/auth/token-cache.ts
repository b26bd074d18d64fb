/** One token for all: had when first wanted, renewed before it ends, asked for once by however many were refused. */
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { NetworkError } from '../http/network-error.js'
import { backoffMs, retry } from '../http/retry.js'
import type { AccessToken } from './access-token.js'
import type { Credentials } from './credentials.js'

/** Whoever gives tokens is there, but gives none now. Unsent: the request that wants the token did not go out. */
export class TokenUnavailable extends NetworkError {
  readonly retryAfterMs?: number

  constructor(message: string, retryAfterMs?: number) {
    super('broken', message, { sent: false })
    this.retryAfterMs = retryAfterMs
  }
}

export interface TokenCacheOptions {
  clock: Clock
  random: () => number
  /** Ends waits. */
  signal?: AbortSignal
  /** Asks once. Rejects with `BULKX_TOKEN` for a refusal, `TokenUnavailable`, or what cannot be mended by asking again. */
  obtain: () => Promise<AccessToken>
}

/** Before the end of a token's life, milliseconds. */
const leadMs = 60_000
/** A token is renewed after this part of its life, the latest. */
const latestPart = 0.8
/** A very short one not before this part. */
const earliestPart = 0.5
/** Requests for one renewal: Epic answers a bare 400 now and then, and takes the next one. */
const renewalAttempts = 5
/** Waits of one request for a token that is told to come back later. */
const firstAttempts = 3
/** The longest `Retry-After` that is waited for here; with a longer one, whoever wants the token decides. */
const longestPauseMs = 60_000
/** After a renewal that failed while the present token is still good. */
const earlyPauseMs = 30_000
/** Renewals because of refusals: a server that refuses every token must not be asked for one by each of its files. */
const refusals = { max: 5, withinMs: 60_000 }

/** When a token that lives `lifetimeMs` is renewed, milliseconds from its request. */
export const renewAfterMs = (lifetimeMs: number): number =>
  Math.max(earliestPart * lifetimeMs, Math.min(latestPart * lifetimeMs, lifetimeMs - leadMs))

interface Held {
  authorization: string
  renewAt: number
  endsAt: number
}

/** `first`: there was none yet. `needed`: the last one has ended or was refused. `early`: the last one is still good. */
type Occasion = 'first' | 'needed' | 'early'

const delayFor =
  (occasion: Occasion, random: () => number) =>
  (error: Error, failures: number): number | 'stop' => {
    if (error instanceof TokenUnavailable && error.retryAfterMs !== undefined) {
      return error.retryAfterMs <= longestPauseMs ? error.retryAfterMs : 'stop'
    }
    const refused = error instanceof BulkxError && error.code === 'BULKX_TOKEN'
    const again = refused || error instanceof TokenUnavailable
    return occasion === 'needed' && again ? backoffMs(failures, random) : 'stop'
  }

const attempts: Record<Occasion, number> = { first: firstAttempts, needed: renewalAttempts, early: 1 }

/** A server that said when to come back is not asked before. */
const notBefore = (clock: Clock, obtain: () => Promise<AccessToken>): (() => Promise<AccessToken>) => {
  let pause: { until: number; error: TokenUnavailable } | undefined
  return async () => {
    if (pause && clock.now() < pause.until) throw pause.error
    try {
      return await obtain()
    } catch (error) {
      if (error instanceof TokenUnavailable && error.retryAfterMs !== undefined) {
        pause = { until: clock.now() + error.retryAfterMs, error }
      }
      throw error
    }
  }
}

const refusalBudget = (clock: Clock): (() => boolean) => {
  let times: number[] = []
  return () => {
    const now = clock.now()
    times = times.filter((at) => now - at < refusals.withinMs)
    if (times.length >= refusals.max) return false
    times.push(now)
    return true
  }
}

/**
 * Credentials that are an access token. A first token that is refused is final; a renewal is tried again, whatever
 * the answer was, and does no harm while the present token is good.
 */
export const tokenCache = ({ clock, random, signal, obtain }: TokenCacheOptions): Credentials => {
  let present: Held | undefined
  let flight: Promise<Held> | undefined
  const ask = notBefore(clock, obtain)
  const mayRenewRefused = refusalBudget(clock)

  const request = async (): Promise<Held> => {
    const startedAt = clock.now()
    const { text, lifetimeMs } = await ask()
    return {
      authorization: `Bearer ${text}`,
      renewAt: startedAt + renewAfterMs(lifetimeMs),
      endsAt: startedAt + lifetimeMs,
    }
  }
  const renew = (occasion: Occasion): Promise<Held> => {
    const delayMs = delayFor(occasion, random)
    flight ??= retry(request, { clock, signal, attempts: attempts[occasion], delayMs })
      .catch((error: unknown) => {
        signal?.throwIfAborted()
        if (occasion !== 'early' || !present) throw error
        return { ...present, renewAt: clock.now() + earlyPauseMs }
      })
      .then((held) => {
        present = held
        return held
      })
      .finally(() => {
        flight = undefined
      })
    return flight
  }
  const current = (): Held | Promise<Held> => {
    if (flight) return flight
    if (!present) return renew('first')
    const now = clock.now()
    if (now >= present.endsAt) return renew('needed')
    return now >= present.renewAt ? renew('early') : present
  }
  const token = async (refused: string | undefined): Promise<Held> => {
    const now = current()
    // Without an await where none is needed: who comes next already sees that this one was refused.
    const held = now instanceof Promise ? await now : now
    if (refused === undefined || refused !== held.authorization) return held
    if (flight) return flight
    // Somebody else may have had it renewed in the meantime.
    if (present && present.authorization !== refused) return present
    return mayRenewRefused() ? renew('needed') : held
  }
  return {
    renewable: true,
    headers: async (refused) => ({ authorization: (await token(refused?.authorization)).authorization }),
  }
}
