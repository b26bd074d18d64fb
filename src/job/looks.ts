/** What the looks at the status have taught: when the next one is due, what the server says, how it fails. */
import type { Fact, JobEvent } from './facts.js'

export interface Looks {
  /** When the last answer came, and our own next look, epoch milliseconds. */
  lookedAt: number
  notBefore: number
  /** What the server asked for: nobody looks earlier. */
  askableAt: number
  progress?: string
  heartbeat?: string
  /** Since when the server says these two, epoch milliseconds; and whether it was said that this is long. */
  unchangedSince?: number
  stallSaid: boolean
  /** Start and number of the present run of failures. */
  failingSince?: number
  failures: number
  /** What the last answer was, where it was none of a job that goes on. */
  failing?: string
  doubts: number
  retryAfterCut: boolean
  /** The server did not stand for a shortened Retry-After. */
  cutRefused: boolean
}

export const newLooks = (): Looks => ({
  lookedAt: 0,
  notBefore: 0,
  askableAt: 0,
  stallSaid: false,
  failures: 0,
  doubts: 0,
  retryAfterCut: false,
  cutRefused: false,
})

/** How long after an accepted kick-off the first status request goes out, milliseconds. */
const firstLookMs = 200

type Of<T extends Fact['type']> = Extract<JobEvent, { type: T }>

export const lookFirst = (looks: Looks, { at, attached }: Of<'kick-off-accepted'>): void => {
  looks.lookedAt = at
  looks.notBefore = attached ? 0 : at + firstLookMs
}

/** Whatever went wrong before is over. */
export const settle = (looks: Looks): void => {
  looks.failingSince = undefined
  looks.failures = 0
  looks.failing = undefined
  looks.doubts = 0
}

const waitUntil = (
  looks: Looks,
  wait: { at: number; notBefore: number; retryAfterMs?: number; cut?: boolean },
): void => {
  looks.lookedAt = wait.at
  looks.notBefore = wait.notBefore
  looks.askableAt = wait.retryAfterMs === undefined ? 0 : wait.notBefore
  looks.retryAfterCut = wait.cut === true
}

export const takeProgress = (looks: Looks, event: Of<'status-in-progress'>): void => {
  settle(looks)
  const isSame = event.progress === looks.progress && event.heartbeat === looks.heartbeat
  if (!isSame || looks.unchangedSince === undefined) {
    looks.unchangedSince = event.at
    looks.stallSaid = false
  }
  looks.stallSaid ||= event.unchangedMs !== undefined
  looks.progress = event.progress
  looks.heartbeat = event.heartbeat
  waitUntil(looks, event)
}

export const takeFailure = (looks: Looks, event: Of<'status-transient'>): void => {
  looks.failingSince ??= event.at
  looks.failures += 1
  looks.failing = event.reason
  if (event.status === 429 && looks.retryAfterCut) looks.cutRefused = true
  waitUntil(looks, event)
}

export const takeDoubt = (looks: Looks, event: Of<'status-doubted'>): void => {
  looks.doubts += 1
  looks.failing = event.reason
  waitUntil(looks, event)
}

/** A manifest is here: there is nothing to wait for, and the words of before say nothing any more. */
export const takeEnd = (looks: Looks, { at }: { at: number }): void => {
  settle(looks)
  looks.progress = undefined
  looks.unchangedSince = undefined
  waitUntil(looks, { at, notBefore: 0 })
}

/** Whether the server may be asked; where a clock was set back meanwhile, nobody knows better. Epoch milliseconds. */
export const isAskable = ({ askableAt, lookedAt }: Looks, now: number): boolean =>
  askableAt <= now || now < lookedAt

/** Milliseconds from `now` to `until`; a clock that was set back makes no wait longer than it was to be. */
export const waitLeftMs = ({ lookedAt }: Looks, until: number, now: number): number =>
  until - Math.max(now, Math.min(lookedAt, until))
