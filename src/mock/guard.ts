/** What is wrong with a test itself is said, and not played as trouble of the server: options, and faults that throw. */
import type { Fault } from './edit.js'
import type { Middleware } from './handler.js'
import { outcomeResponse } from './outcome.js'

/** The fault, with what it throws told to `failed` and to the client: as HTTP 500, in words. */
export const guarded =
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
    `The personality ${JSON.stringify(personality)} is none: give one of `personalities`, such as personalities[${JSON.stringify(personality)}]`,
  )
}
