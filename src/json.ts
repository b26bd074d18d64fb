/** JSON of strangers: objects told from everything else, and text read without a throw. */

export type Json = Record<string, unknown>

/** A JSON object: neither null nor an array. */
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A scalar as text; empty for anything else. Not `String`: what a server calls `toString` is no function, and then
 * that throws.
 */
export const scalarText = (value: unknown): string =>
  value === null || typeof value === 'object' || value === undefined ? '' : String(value)

/** The value of a JSON text, or undefined. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Nested in no more than so many levels: whoever writes it as JSON again recurses. */
export const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1)))
