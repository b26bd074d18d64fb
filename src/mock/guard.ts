/** What is wrong with a test itself is said, and not played as trouble of the server: options, and faults that throw. */

import type { RecordedRequest } from './app.js'
import type { Fault } from './edit.js'
import type { Middleware } from './handler.js'
import { outcomeResponse } from './outcome.js'

/** The fault, with what it throws told to `failed` and to the client: as HTTP 500, in words. */
const guarded =
  ({ name, around }: Fault, failed: (fault: string, error: unknown) => void): Middleware =>
  async (call, next) => {
    const below = new Set<unknown>()
    try {
      return await around(call, async (passed) => {
        try {
          return await next(passed)
        } catch (error) {
          below.add(error)
          throw error
        }
      })
    } catch (error) {
      // Not of this fault, but of what it is around.
      if (below.has(error)) throw error
      failed(name, error)
      return outcomeResponse(500, 'exception', `The fault "${name}" of the mock failed: ${String(error)}`)
    }
  }

/** A fault of a test that threw instead of answering. */
export interface FaultError {
  fault: string
  error: unknown
}

/** What a fault throws is kept, and named in the record of its request. */
export const guardedFaults = (
  faults: readonly Fault[],
  errors: FaultError[],
  records: WeakMap<Request, RecordedRequest>,
): Middleware[] =>
  faults.map((fault) => (call, next) => {
    const failed = (name: string, error: unknown): void => {
      errors.push({ fault: name, error })
      const record = records.get(call.request)
      if (record) record.fault = name
    }
    return guarded(fault, failed)(call, next)
  })

/** Throws a TypeError for an option that there is not. */
export const assertOptions = (options: object, names: readonly string[]): void => {
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown === undefined) return
  const other = names.find((name) => name.toLowerCase() === unknown.toLowerCase())
  const meant = other === undefined ? '' : `did you mean ${other}? `
  throw new TypeError(`createMock has no option "${unknown}"; ${meant}there are ${names.join(', ')}`)
}

/** Throws a TypeError for a personality by name: they are values here. */
export const assertPersonality = (personality: unknown): void => {
  if (personality === undefined || (typeof personality === 'object' && personality !== null)) return
  throw new TypeError(
    `The personality ${JSON.stringify(personality)} is none: give a value, such as personalities[${JSON.stringify(personality)}]`,
  )
}
