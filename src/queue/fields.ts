/** Readers of single values: what stands in Redis may have been written by anybody. Undefined where it is not right. */

/** Text of at most so many characters. */
export const textUpTo =
  (max: number) =>
  (value: unknown): string | undefined =>
    typeof value === 'string' && value.length <= max ? value : undefined

/** A whole number from 0 on. */
export const countIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined

export const flagIn = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined

export const digestIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : undefined

export const oneOf =
  <const T extends string>(...words: readonly T[]) =>
  (value: unknown): T | undefined =>
    words.find((word) => word === value)

/** A value that may be missing, but not be wrong: then the whole is. */
export class Wrong extends Error {}

export const optional = <T>(value: unknown, read: (value: unknown) => T | undefined): T | undefined =>
  value === undefined ? undefined : required(value, read)

export const required = <T>(value: unknown, read: (value: unknown) => T | undefined): T => {
  const found = read(value)
  if (found === undefined) throw new Wrong()
  return found
}

/** What `read` makes of it; undefined where anything of it is wrong. */
export const whole = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Wrong) return undefined
    throw error
  }
}
