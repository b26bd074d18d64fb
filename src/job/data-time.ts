/** When the data of an export are from: what the next export of its series begins at. */
import { readInstant } from '../protocol/instant.js'
import type { Instant } from '../protocol/types.js'
import type { JobState } from './state.js'

/**
 * Why the server's own time is not taken: it says none, what it says is no time, or one that is still to come, and all
 * that changes before it would be missed.
 */
export type NoDataTime = 'missing' | 'no-time' | 'future'

export interface DataTime {
  /** As the server wrote it; otherwise when the job was kicked off. */
  text: Instant
  /** Epoch milliseconds. */
  at: number
  /** It is the kick-off's. */
  instead?: NoDataTime
}

/** A `transactionTime` may be this much later than the answer that brings it, milliseconds. */
const futureMs = 5 * 60_000

/** Undefined for what is no time. */
const timeOf = (text: Instant): number | undefined => {
  const at = readInstant(text) ?? Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** By the server's clock where that is known. The server may have looked at its data as soon as it was asked. */
const sentAt = ({ serverDate, acceptedAt, requestedAt = acceptedAt }: JobState): number =>
  (serverDate ?? acceptedAt) - Math.max(0, acceptedAt - requestedAt)

/** A time without a zone is not told from the future: nobody knows how far from us it is meant. */
const isToCome = (text: Instant, { transactionTimeSaidAt }: JobState): boolean =>
  (readInstant(text) ?? 0) > transactionTimeSaidAt + futureMs

/** The `transactionTime`, where the server says one that can be: otherwise when the kick-off was sent. */
export const dataTimeOf = (state: JobState): DataTime => {
  const { transactionTime: text } = state
  const at = text === undefined ? undefined : timeOf(text)
  if (text !== undefined && at !== undefined && !isToCome(text, state)) return { text, at }
  const instead = text === undefined ? 'missing' : at === undefined ? 'no-time' : 'future'
  const then = sentAt(state)
  return { text: new Date(then).toISOString(), at: then, instead }
}

/** What is said of the time that is not taken, as a clause. */
export const insteadWords = (instead: NoDataTime, { transactionTime = '' }: JobState): string => {
  switch (instead) {
    case 'missing':
      return 'the manifest has no transactionTime'
    case 'no-time':
      return 'the manifest has no time as transactionTime'
    case 'future':
      return `transactionTime ${transactionTime} is later than the answer that brings it`
    default:
      return instead satisfies never
  }
}
