/** What must hold of anything that a reader makes of hostile input. */
import { isHttp } from '../../src/http/url.js'

const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

const fail = (what: string, found: unknown): never => {
  throw new Error(`${what}: ${JSON.stringify(found)?.slice(0, 300)}`)
}

export const must = (holds: boolean, what: string, found?: unknown): void => {
  if (!holds) fail(what, found)
}

/** Words that people see: text, short, and without anything that moves a cursor. */
export const mustBeWords = (words: string | undefined, max = 2200): void => {
  if (words === undefined) return
  must(typeof words === 'string', 'words are text', words)
  must(words.length <= max, `words have at most ${max} characters, not ${words.length}`, words)
  must(!unprintable.test(words), 'words have no control characters', words)
}

export const mustBeAddress = (url: string | undefined): void => {
  if (url !== undefined) must(isHttp(url), 'an address is http or https', url)
}

/** Undefined, or a number that is none of the odd ones. */
export const mustBeNumber = (number: number | undefined, min: number, max: number): void => {
  if (number === undefined) return
  must(typeof number === 'number' && number >= min && number <= max, `${min} to ${max}`, String(number))
}

const own = [Object.prototype, Array.prototype, String.prototype, Function.prototype].map(
  (prototype) => [prototype, Reflect.ownKeys(prototype).length] as const,
)

/** What all objects share is as it was. */
export const mustBeUntouched = (): void => {
  for (const [prototype, keys] of own)
    must(
      Reflect.ownKeys(prototype).length === keys,
      'a prototype was changed',
      Reflect.ownKeys(prototype).at(-1),
    )
}

/** Runs it; what it throws must be an error of this kind, which is then undefined. */
export const orError = <T>(run: () => T, isKnown: (error: unknown) => boolean): T | undefined => {
  try {
    return run()
  } catch (error) {
    if (isKnown(error)) return undefined
    throw error
  }
}
