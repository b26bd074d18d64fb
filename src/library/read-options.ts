/** Options as a program gives them, read by the table of the command line: one list of names, forms and defaults. */
import type { BulkxError } from '../errors.js'
import { isObject } from '../json.js'
import type { ReadOptions } from '../options/config-parts.js'
import { namesHint } from '../options/did-you-mean.js'
import { type Kind, type ManyKind, type OneKind, readValue } from '../options/kinds.js'
import { type OptionName, type OptionValue, row } from '../options/options.js'
import { lastSince, parseHeader } from '../options/values.js'
import { type Preset, presets } from '../presets.js'
import { assertNames, shown, usage } from './given-values.js'
import { own, taken } from './names.js'
import type { ExportOptions } from './options.js'
import { camelCase } from './words.js'

const unquoted = (example: string): string => example.replace(/^'(.*)'$/, '$1')

const exampleOf = (kind: OneKind<unknown> | ManyKind<unknown>): string => {
  const example = unquoted(kind.example)
  if (kind.form === 'one') return /^\d+$/.test(example) ? example : `'${example}'`
  const items = kind.split === 'comma' ? example.split(',') : [example]
  return `[${items.map((item) => `'${item}'`).join(', ')}]`
}

/** What an option is, where the command line takes more than a program can give. */
const whatHere: Readonly<Record<string, string>> = {
  server: 'an http(s) URL',
  since: 'a date or an instant with time zone',
  patient: 'an id or Patient/<id>',
}

const wrong = (name: string, value: unknown, kind: Kind): BulkxError => {
  if (kind.form === 'flag')
    return usage(`${name} ${shown(value)} is neither true nor false`, `write it like ${name}: true`)
  const what = whatHere[name] ?? kind.what
  const meant = typeof value === 'string' ? kind.meant?.(value) : undefined
  const why = meant?.why === undefined ? '' : `${meant.why}: `
  const hint = meant ? `${why}did you mean '${meant.value}'?` : `write it like ${name}: ${exampleOf(kind)}`
  const given = typeof value === 'string' ? (kind.shown?.(value) ?? value) : value
  return usage(`${name} ${shown(given)} is not ${what}`, hint)
}

const isNumeric = ({ unit, example }: OneKind<unknown>): boolean =>
  unit !== undefined || /^\d+$/.test(example)

/** Undefined for what cannot be written as one. */
const textOf = (
  name: string,
  value: unknown,
  kind: OneKind<unknown> | ManyKind<unknown>,
): string | undefined => {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  if (value instanceof Date)
    return (name === 'since' || name === 'until') && !Number.isNaN(value.getTime())
      ? value.toISOString()
      : undefined
  return typeof value === 'number' && kind.form === 'one' && isNumeric(kind)
    ? `${value}${kind.unit ?? ''}`
    : undefined
}

/** Nobody trusts an origin by naming none; every other list of nothing would ask for everything. */
const mayBeEmpty: ReadonlySet<string> = new Set(['trustOrigin'])

const assertSome = (name: string, values: readonly unknown[]): void => {
  if (values.length > 0 || mayBeEmpty.has(name)) return
  throw usage(
    `${name} is an empty list, and nothing is exported by naming nothing`,
    `name at least one, or leave \`${name}\` out for no limit`,
  )
}

const readGiven = (name: string, value: unknown, kind: Kind): unknown => {
  const readOne = (item: unknown, of: OneKind<unknown> | ManyKind<unknown>): unknown => {
    const text = textOf(name, item, of)
    const read = text === undefined ? undefined : of.parse(text)
    if (read === undefined) throw wrong(name, item, kind)
    return read
  }
  switch (kind.form) {
    case 'flag':
      if (typeof value !== 'boolean') throw wrong(name, value, kind)
      return value
    case 'one':
      return readOne(value, kind)
    case 'many': {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value]
      assertSome(name, values)
      return values.map((item) => readOne(item, kind))
    }
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
  if (!isObject(options))
    throw usage(`The options are ${shown(options)}`, "give an object: { server: '…', target: '…', out: '…' }")
  assertNames('option', options, [...own, ...taken.map(camelCase)])
  for (const [name, value] of Object.entries(options))
    if (value === null) throw usage(`${name} is null`, `leave \`${name}\` out, or give undefined`)
  for (const name of texts) assertText(name, options[name])
  for (const name of records) assertHeaders(name, options[name])
}

/** Options that no row reads. */
const texts = [
  'target',
  'ca',
  'cert',
  'certKey',
  'queuePassword',
] as const satisfies readonly (typeof own)[number][]
const records = ['headers', 'secretHeaders'] as const

/** Never quotes it. */
const assertText = (name: string, value: unknown): void => {
  if (value === undefined || typeof value === 'string') return
  const isBytes = value instanceof Uint8Array
  const hint = isBytes ? "read the file as text: `readFile(path, 'utf8')`" : `write it like ${name}: '…'`
  throw usage(`${name} ${isBytes ? '(bytes)' : shown(value)} is no text`, hint)
}

/** What lists its entries in another way, as a Map and Headers do, would be read as nothing. */
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))

const assertHeaders = (name: string, value: unknown): void => {
  if (value === undefined) return
  if (isRecord(value) && Object.values(value).every((one) => typeof one === 'string')) return
  const entries = isObject(value) && Symbol.iterator in value ? `, \`Object.fromEntries(${name})\`` : ''
  throw usage(`${name} are no texts by name`, `write them like ${name}: { 'X-Tenant': '42' }${entries}`)
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
