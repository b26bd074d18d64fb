/** Which requests a fault meets, and how often. */
import type { Call, Phase } from './handler.js'

/** How often: at every request. */
export const always = Number.POSITIVE_INFINITY

export interface Matcher {
  /** Which of the IG's requests. */
  on?: Phase | readonly Phase[]
  /** The file's 1-based number in the manifest's order; absent: any file. */
  file?: number
  /** How many requests it meets; default 1. */
  times?: number
  /** How many requests it lets pass first; default 0. */
  after?: number
}

/** A matcher that meets every request that it is about. */
export const everyTime: Pick<Matcher, 'times'> = { times: always }

/** A predicate that counts: true for the requests that the fault meets. */
export const meets = ({ on, file, times = 1, after = 0 }: Matcher): ((call: Call) => boolean) => {
  const wanted = on === undefined ? undefined : new Set<Phase>(Array.isArray(on) ? on : [on as Phase])
  let seen = 0
  return (call) => {
    if (wanted !== undefined && !wanted.has(call.phase)) return false
    if (file !== undefined && call.file?.number !== file) return false
    seen += 1
    return seen > after && seen <= after + times
  }
}
