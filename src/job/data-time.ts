/** When the data of an export are from: what the next export of its series begins at. */
import { readInstant } from '../protocol/instant.js'
import type { Instant } from '../protocol/types.js'
import type { JobState } from './state.js'

export interface DataTime {
  /** As the server wrote it; otherwise when the job was kicked off. */
  text: Instant
  /** Epoch milliseconds. */
  at: number
  /** The server said no time that can be read. */
  guessed: boolean
}

/** Undefined for what is no time. */
const timeOf = (text: Instant): number | undefined => {
  const at = readInstant(text) ?? Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** Of a manifest without a usable `transactionTime` it is the kick-off, by the server's clock where that is known. */
export const dataTimeOf = ({ transactionTime, serverDate, acceptedAt }: JobState): DataTime => {
  const at = transactionTime === undefined ? undefined : timeOf(transactionTime)
  if (transactionTime !== undefined && at !== undefined) return { text: transactionTime, at, guessed: false }
  const then = serverDate ?? acceptedAt
  return { text: new Date(then).toISOString(), at: then, guessed: true }
}
