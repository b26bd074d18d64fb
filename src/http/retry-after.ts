/** `Retry-After` and other times in headers: read once, strictly, with nothing as the third answer. */

const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Epoch milliseconds of an HTTP-date (RFC 9110, 5.6.7), or nothing. `Date.parse` alone reads "wait 2027" as a date. */
export const readHttpDate = (value: string | undefined): number | undefined => {
  if (value === undefined || !httpDate.test(value.trim())) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

/** Nobody means a longer wait, milliseconds. */
const longestWaitMs = 100 * 365 * 24 * 60 * 60 * 1000

/**
 * Milliseconds that a `Retry-After` asks for: seconds (decimals too) or an HTTP-date measured against `now`,
 * which is the answer's own `Date` where it has one. Nothing for zero, the past, more than a century, and rubbish.
 */
export const readRetryAfter = (value: string | undefined, now: number): number | undefined => {
  if (value === undefined) return undefined
  const seconds = /^\s*(\d+(?:\.\d+)?)\s*(?:,|$)/.exec(value)?.[1]
  const delayMs = seconds === undefined ? (readHttpDate(value) ?? 0) - now : Number(seconds) * 1000
  return delayMs > 0 && delayMs <= longestWaitMs ? Math.ceil(delayMs) : undefined
}
