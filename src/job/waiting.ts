/** When to look again: what the server asks is obeyed, otherwise our own backoff. Pure. */
import type { WaitingConfig } from '../config.js'

export interface NextLook {
  /** Epoch milliseconds. */
  notBefore: number
  /** What the server asked for, where that counts. */
  retryAfterMs?: number
  /** It was cut by `--retry-after-max`. */
  cut?: boolean
}

interface Situation {
  now: number
  /** Of the kick-off, epoch milliseconds. */
  startedAt: number
  retryAfterMs?: number
  /** The server answered 429 to a look that came earlier than it had asked. */
  cutRefused: boolean
}

const clamp = (value: number, { pollMinMs, pollMaxMs }: WaitingConfig): number =>
  Math.max(pollMinMs, Math.min(value, pollMaxMs))

/** A tenth of the wait at most, downwards only: never later than promised. */
const jittered = (delayMs: number, waiting: WaitingConfig, random: () => number): number =>
  Math.max(waiting.pollMinMs, Math.round(delayMs * (1 - 0.1 * random())))

/** Whatever a server asks for, milliseconds: each look is written down. */
const shortestWaitMs = 200

/** A `Retry-After` beyond the deadline is as if absent. */
const asked = (
  { now, startedAt, retryAfterMs, cutRefused }: Situation,
  waiting: WaitingConfig,
): NextLook | undefined => {
  if (retryAfterMs === undefined || now + retryAfterMs > startedAt + waiting.deadlineMs) return undefined
  const limit = waiting.retryAfterMaxMs
  if (limit === undefined || cutRefused || retryAfterMs <= limit)
    return { notBefore: now + Math.max(retryAfterMs, shortestWaitMs), retryAfterMs }
  return { notBefore: now + limit, retryAfterMs, cut: true }
}

/** The deadline brings the last look of a run; behind it, the next run looks at once. Epoch milliseconds. */
export const byDeadline = (
  notBefore: number,
  { now, startedAt }: Pick<Situation, 'now' | 'startedAt'>,
  { deadlineMs }: WaitingConfig,
): number => Math.min(notBefore, Math.max(now, startedAt + deadlineMs))

/**
 * The look at which `--patience` ends is the last one of a run: what is announced comes. What the server asks for is waited
 * for in any case. Epoch milliseconds.
 */
const byPatience = (
  notBefore: number,
  { now, failingSince }: { now: number; failingSince: number },
  { patienceMs }: WaitingConfig,
): number => {
  const end = failingSince + patienceMs
  return end > now ? Math.min(notBefore, end) : notBefore
}

const ownLook = (
  own: number,
  situation: Situation,
  waiting: WaitingConfig,
  random: () => number,
): NextLook => ({
  notBefore: byDeadline(situation.now + jittered(own, waiting, random), situation, waiting),
})

/** After "in progress": a tenth of the job's age, between `--poll-min` and `--poll-max`. */
export const nextLook = (situation: Situation, waiting: WaitingConfig, random: () => number): NextLook => {
  const own = clamp((situation.now - situation.startedAt) / 10, waiting)
  return asked(situation, waiting) ?? ownLook(own, situation, waiting, random)
}

/**
 * After a failure that may pass: doubling from `--poll-min`. `failures`: in a row, this one included; `failingSince`: when the
 * first of them came, epoch milliseconds.
 */
export const nextLookAfterFailure = (
  situation: Situation & { failures: number; failingSince: number },
  waiting: WaitingConfig,
  random: () => number,
): NextLook => {
  const own = clamp(waiting.pollMinMs * 2 ** Math.min(30, situation.failures - 1), waiting)
  const asks = asked(situation, waiting)
  if (asks) return asks
  const { notBefore } = ownLook(own, situation, waiting, random)
  return { notBefore: byPatience(notBefore, situation, waiting) }
}

/**
 * A server that has said nothing new for so long may be stuck, milliseconds: some answer 202 for ever to a job that
 * has failed (HAPI, Medplum).
 */
export const stallMs = 6 * 3_600_000

/** An answer that ends the job is looked at again so often before it is believed. */
export const confirmationsMax = 3
const confirmationWindowMs = 120_000
const confirmationShares = [1 / 12, 3 / 12, 8 / 12]

/** Growing waits between confirmations, within two minutes, `--patience` and `--poll-max`. */
export const confirmationDelayMs = (doubts: number, waiting: WaitingConfig): number => {
  const window = Math.min(confirmationWindowMs, waiting.patienceMs)
  return Math.min(waiting.pollMaxMs, Math.round(window * (confirmationShares[doubts] ?? 0)))
}
