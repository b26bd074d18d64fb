/** What a program gives, in messages: names that are not there, and values as a person would type them. */
import { BulkxError } from '../errors.js'
import { nearestName } from '../options/did-you-mean.js'

export const usage = (message: string, hint: string): BulkxError =>
  new BulkxError('BULKX_USAGE', message, { hint })

/** No more of a value than a person would type: what is no text may be anything. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null)
    return String(value)
  if (Array.isArray(value)) return '(an array)'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '(an invalid Date)' : '(a Date)'
  return `(${typeof value})`
}

/** Throws `BULKX_USAGE` for a name that is none of `names`; `what` it is: `option`. */
export const assertNames = (what: string, given: object, names: readonly string[]): void => {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    const near = nearestName(name, names)
    const meant = near === undefined ? '' : `did you mean ${near}? `
    throw usage(`There is no ${what} ${JSON.stringify(name)}`, `${meant}there are ${names.join(', ')}`)
  }
}
