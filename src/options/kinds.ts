/** The kinds of values that options take: how each is written, read, and explained when it is wrong. */
import { BulkxError } from '../errors.js'
import { nearestName } from './did-you-mean.js'
import { withoutSecrets } from './without-secrets.js'

interface Described {
  /** Completes "… is not": `a duration`. */
  readonly what: string
  /** A right value, for the hint. */
  readonly example: string
  /** What a wrong value was probably meant to be. */
  readonly meant?: (text: string) => Meant | undefined
  /** A wrong value as messages repeat it, where it may hold a secret. */
  readonly shown?: (text: string) => string
}

export interface Meant {
  value: string
  /** What is wrong with the one that was given, where that is not plain from the two. */
  why?: string
}

/** Given or not; takes no value. */
export interface FlagKind {
  readonly form: 'flag'
}

/** One value: the last one given counts. */
export interface OneKind<T> extends Described {
  readonly form: 'one'
  /** All values that there are. */
  readonly values?: readonly string[]
  /** It names a file: below the current directory, unless it is absolute. */
  readonly isPath?: true
  /** Of a bare number, where a program gives one. */
  readonly unit?: 'ms' | 'B'
  /** Undefined when the text is no such value. */
  readonly parse: (text: string) => T | undefined
}

/** Any number of values; `split` is what separates them inside one argument. */
export interface ManyKind<T> extends Described {
  readonly form: 'many'
  readonly split: 'comma' | 'line'
  readonly parse: (text: string) => T | undefined
}

export type Kind = FlagKind | OneKind<unknown> | ManyKind<unknown>

export type ValueOf<K> = K extends FlagKind
  ? boolean
  : K extends OneKind<infer T>
    ? T
    : K extends ManyKind<infer T>
      ? T[]
      : never

export const flag: FlagKind = { form: 'flag' }

export const one = <T>(
  what: string,
  example: string,
  parse: (text: string) => T | undefined,
): OneKind<T> => ({ form: 'one', what, example, parse })

const filled = (text: string): string | undefined => (text.trim() === '' ? undefined : text)

export const text = (what: string, example: string): OneKind<string> => one(what, example, filled)

export const file: OneKind<string> = { ...text('a file', './file.pem'), isPath: true }

// A PEM or JSON text, a JWT, a header: nobody calls a file so.
const secretText = /PRIVATE KEY|^\s*\{|^eyJ[\w-]{10,}\.|^Bearer\s|[\r\n]/

/** A file that holds a secret. What looks like the secret itself is refused, and never repeated. */
export const secretFile = (option: string): OneKind<string> => ({
  ...one('a file', './secret', (given) => {
    if (!secretText.test(given)) return filled(given)
    throw new BulkxError('BULKX_USAGE', `--${option} was given what looks like the secret itself`, {
      hint: 'put it into a file that only you can read, and name the file',
    })
  }),
  isPath: true,
})

/** Comma-separated, and repeatable. */
export const list = <T = string>(
  what: string,
  example: string,
  parse: (item: string) => T | undefined,
): ManyKind<T> => ({ form: 'many', split: 'comma', what, example, parse })

/** Repeatable, commas belong to the value; in the environment one value a line. */
export const repeatable = <T = string>(
  what: string,
  example: string,
  parse: (item: string) => T | undefined,
): ManyKind<T> => ({ form: 'many', split: 'line', what, example, parse })

/** An address, of which a wrong one may hold a password. */
export const address = <K extends Described>(kind: K): K => ({ ...kind, shown: withoutSecrets })

export const choice = <const T extends string>(...values: readonly T[]): OneKind<T> => ({
  ...one(`one of ${values.join(', ')}`, values[0] ?? '', (given) => values.find((value) => value === given)),
  values,
})

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds. */
export const parseDuration = (given: string): number | undefined => {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(given.trim()) ?? []
  const factor = durationUnits[unit]
  if (number === undefined || factor === undefined) return undefined
  const ms = Math.round(Number(number) * factor)
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** As an option takes it: the largest unit without a rest. */
export const writeDuration = (ms: number): string => {
  const unit = ['d', 'h', 'm', 's'].find((name) => ms % (durationUnits[name] ?? 1) === 0 && ms > 0) ?? 'ms'
  return `${ms / (durationUnits[unit] ?? 1)}${unit}`
}

export const duration = (example: string): OneKind<number> => ({
  ...one('a duration', example, (given) => {
    const ms = parseDuration(given)
    return ms === 0 ? undefined : ms
  }),
  unit: 'ms',
})

/** One that may be none at all: `0s`. */
export const wait = (example: string): OneKind<number> => one('a duration', example, parseDuration)

const prefixes = ['', 'K', 'M', 'G', 'T']

/** Bytes: `10MB` decimal, `1GiB` binary. */
export const parseSize = (given: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?$/.exec(given.trim())
  if (!match) return undefined
  const [, number = '', prefix = '', binary = ''] = match
  if (binary !== '' && prefix === '') return undefined
  const bytes = Math.round(Number(number) * (binary ? 1024 : 1000) ** prefixes.indexOf(prefix.toUpperCase()))
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}

export const size = (example: string): OneKind<number> => ({
  ...one('a size', example, parseSize),
  unit: 'B',
})

/** As an option takes it. */
export const writeSize = (bytes: number): string => {
  const power = [4, 3, 2, 1].find((exponent) => bytes % 1024 ** exponent === 0 && bytes > 0)
  return power === undefined ? `${bytes}B` : `${bytes / 1024 ** power}${prefixes[power]}iB`
}

export const integer = (min: number, max: number, example: string): OneKind<number> =>
  one(`a whole number from ${min} to ${max}`, example, (given) => {
    const number = /^\d+$/.test(given.trim()) ? Number(given) : Number.NaN
    return number >= min && number <= max ? number : undefined
  })

export const positiveNumber = (example: string): OneKind<number> =>
  one('a number above 0', example, (given) => {
    const number = /^\d+(\.\d+)?$/.test(given.trim()) ? Number(given) : Number.NaN
    return number > 0 && Number.isFinite(number) ? number : undefined
  })

const yes = new Set(['1', 'true', 'yes', 'on'])
const no = new Set(['0', 'false', 'no', 'off', ''])

/** A boolean of the environment. */
export const parseBoolean = (given: string): boolean | undefined => {
  const word = given.trim().toLowerCase()
  if (yes.has(word)) return true
  return no.has(word) ? false : undefined
}

const wrong = (
  name: string,
  given: string,
  { what, example, values = [], meant, shown }: Described & Pick<OneKind<unknown>, 'values'>,
): BulkxError => {
  const near = nearestName(given, values)
  const probably = meant?.(given) ?? (near === undefined ? undefined : { value: near })
  const right = `${name}${name.startsWith('-') ? ' ' : '='}${probably?.value ?? example}`
  const why = probably?.why === undefined ? '' : `${probably.why}: `
  return new BulkxError('BULKX_USAGE', `${name} ${JSON.stringify(shown?.(given) ?? given)} is not ${what}`, {
    hint: probably === undefined ? `write it like ${right}` : `${why}did you mean ${right}?`,
  })
}

/**
 * Reads the texts that one source gave for an option. `name` is how the source calls it (`--poll-min`,
 * `BULKX_POLL_MIN`). Throws `BULKX_USAGE` naming option and value, with an example of a right one.
 */
export const readValue = (kind: Kind, name: string, texts: readonly string[]): unknown => {
  switch (kind.form) {
    case 'flag': {
      const given = texts.at(-1) ?? ''
      const value = parseBoolean(given)
      if (value === undefined)
        throw wrong(name, given, { what: 'one of 1, true, yes, 0, false, no', example: '1' })
      return value
    }
    case 'one': {
      const given = texts.at(-1) ?? ''
      const value = kind.parse(given)
      if (value === undefined) throw wrong(name, given, kind)
      return value
    }
    case 'many': {
      const items = texts.flatMap((given) =>
        (kind.split === 'comma' ? given.split(',') : [given]).map((item) => item.trim()),
      )
      return items.map((item) => {
        const value = item === '' ? undefined : kind.parse(item)
        if (value === undefined) throw wrong(name, item, kind)
        return value
      })
    }
    default:
      return kind satisfies never
  }
}
