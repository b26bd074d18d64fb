/** Options as a program gives them, read by the table of the command line: one list of names, forms and defaults. */
import { BulkxError } from '../errors.js'
import type { ReadOptions } from '../options/config-parts.js'
import { namesHint, nearestName } from '../options/did-you-mean.js'
import { type Kind, type ManyKind, type OneKind, readValue } from '../options/kinds.js'
import { type OptionName, type OptionValue, row } from '../options/options.js'
import { lastSince, parseHeader } from '../options/values.js'
import { type Preset, presets } from '../presets.js'
import { own, taken } from './names.js'
import type { ExportOptions } from './options.js'
import { camelCase } from './words.js'

const usage = (message: string, hint: string): BulkxError => new BulkxError('BULKX_USAGE', message, { hint })

const unquoted = (example: string): string => example.replace(/^'(.*)'$/, '$1')

const exampleOf = (kind: OneKind<unknown> | ManyKind<unknown>): string => {
  const example = unquoted(kind.example)
  if (kind.form === 'one') return /^\d+$/.test(example) ? example : `'${example}'`
  const items = kind.split === 'comma' ? example.split(',') : [example]
  return `[${items.map((item) => `'${item}'`).join(', ')}]`
}

/** No more of a value than a person would type: what is no text may be anything. */
const shown = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? JSON.stringify(value)
    : `(${Array.isArray(value) ? 'an array' : typeof value})`

const wrong = (name: string, value: unknown, kind: Kind): BulkxError =>
  kind.form === 'flag'
    ? usage(`${name} ${shown(value)} is neither true nor false`, `write it like ${name}: true`)
    : usage(`${name} ${shown(value)} is not ${kind.what}`, `write it like ${name}: ${exampleOf(kind)}`)

/** Undefined for what cannot be written as one. */
const textOf = (value: unknown, unit = ''): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return `${value}${unit}`
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined
}

const readGiven = (name: string, value: unknown, kind: Kind): unknown => {
  const readOne = (item: unknown, of: OneKind<unknown> | ManyKind<unknown>, unit?: string): unknown => {
    const text = textOf(item, unit)
    const read = text === undefined ? undefined : of.parse(text)
    if (read === undefined) throw wrong(name, item, kind)
    return read
  }
  switch (kind.form) {
    case 'flag':
      if (typeof value !== 'boolean') throw wrong(name, value, kind)
      return value
    case 'one':
      return readOne(value, kind, kind.unit)
    case 'many':
      return (Array.isArray(value) ? value : [value]).map((item: unknown) => readOne(item, kind))
    default:
      return kind satisfies never
  }
}

/** What the command line reads from elsewhere, and a program has itself. */
const assertOwnWords = (name: OptionName, value: unknown): void => {
  if (name === 'since' && value === lastSince) {
    const hint = 'give the `transactionTime` that the last `runExport` resolved with'
    throw usage("since: 'last' is looked up in the job list of the command line", hint)
  }
  if (name === 'server' && typeof value === 'string' && value.startsWith('mock:')) {
    const hint = "start one, `await listen(createMock())` of 'bulkx/mock', and give its fhirUrl"
    throw usage('The server mock: is one of the command line', hint)
  }
  const patients = name === 'patient' ? [value].flat() : []
  if (patients.some((one) => typeof one === 'string' && one.startsWith('@'))) {
    throw usage('patient does not read files', 'give the ids themselves, as an array')
  }
}

const assertKnown = (options: ExportOptions): void => {
  const names: string[] = [...own, ...taken.map(camelCase)]
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    const near = nearestName(name, names)
    const meant = near === undefined ? '' : `did you mean ${near}? `
    throw usage(`There is no option ${JSON.stringify(name)}`, `${meant}there are ${names.join(', ')}`)
  }
}

const presetNamed = (name: unknown): Preset | undefined => {
  if (name === undefined) return undefined
  const found = typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name] : undefined
  if (found) return found
  const titles = Object.fromEntries(Object.entries(presets).map(([key, { title }]) => [key, title]))
  throw usage(`There is no preset ${shown(name)}`, namesHint(String(name), Object.keys(presets), titles))
}

const headerLines = (headers: Readonly<Record<string, string>>): [name: string, value: string][] =>
  Object.entries(headers).map(([name, value]) => parseHeader(`${name}: ${value}`))

/** Options that were read, with the preset that they name. */
export interface GivenOptions extends ReadOptions {
  readonly preset?: Preset
  /** It was given, and does not come from the preset. */
  has(name: OptionName): boolean
}

/** Throws `BULKX_USAGE` for the first name or value that is not right. */
export const readOptions = (options: ExportOptions): GivenOptions => {
  assertKnown(options)
  const preset = presetNamed(options.preset)
  const given: Readonly<Record<string, unknown>> = { ...options }
  const found = new Map<OptionName, unknown>()
  for (const name of taken) {
    const value = given[camelCase(name)]
    if (value === undefined) continue
    assertOwnWords(name, value)
    found.set(name, readGiven(camelCase(name), value, row(name).kind))
  }
  if (options.headers) found.set('header', headerLines(options.headers))
  const nearest = (name: OptionName): unknown => {
    const text = found.has(name) ? undefined : preset?.options[name]
    return text === undefined
      ? found.get(name)
      : readValue(row(name).kind, `preset ${options.preset}`, [text])
  }
  return {
    // A row's kind says what its values are; the map only forgets which.
    get: <N extends OptionName>(name: N) => nearest(name) as OptionValue<N> | undefined,
    has: (name) => found.has(name),
    preset,
  }
}
