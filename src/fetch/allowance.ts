/**
 * How many downloads at once an origin bears: halved when it refuses one, one more after some that went well. TCP's
 * additive increase, multiplicative decrease; pure.
 */

export interface Allowance {
  /** Downloads at once. */
  limit: number
  /** Counts the cuts: what was under way before the last one says nothing of the limit that holds now. */
  round: number
  /** Downloads of this round that went well, since the limit last changed. */
  successes: number
}

/** Downloads without a refusal that are worth one more at once. */
export const successesToGrow = 20

export const fullAllowance = (most: number): Allowance => ({ limit: most, round: 0, successes: 0 })

/** After a refusal of a download that began in `round`: of a burst of refusals only the first one counts. */
export const afterRefusal = (allowance: Allowance, round: number): Allowance =>
  round === allowance.round
    ? { limit: Math.max(1, Math.floor(allowance.limit / 2)), round: round + 1, successes: 0 }
    : allowance

/** After a download that began in `round` and went well; `most` is what the user allows. */
export const afterSuccess = (allowance: Allowance, round: number, most: number): Allowance => {
  if (round !== allowance.round || allowance.limit >= most) return allowance
  const successes = allowance.successes + 1
  return successes < successesToGrow
    ? { ...allowance, successes }
    : { ...allowance, limit: allowance.limit + 1, successes: 0 }
}
