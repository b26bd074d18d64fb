/** Faults as the command line writes them: `truncate:file=2,keepBytes=300,times=1`. */
import type { Fault } from './edit.js'
import type { Kind, Value } from './fault-row.js'
import { type FaultName, faultRows, faults } from './faults.js'
import { phases } from './handler.js'
import { errorStyles } from './token-row.js'

interface Reader {
  expects: string
  read(text: string): Value | undefined
}

const oneOf = (words: readonly string[]): Reader => ({
  expects: `one of ${words.join(', ')}`,
  read: (text) => (words.includes(text) ? text : undefined),
})

const readers: Readonly<Record<Exclude<Kind, readonly string[]>, Reader>> = {
  count: {
    expects: 'a whole number or "always"',
    read: (text) =>
      text === 'always' ? Number.POSITIVE_INFINITY : /^\d{1,15}$/.test(text) ? Number(text) : undefined,
  },
  integer: {
    expects: 'a whole number, which may be negative',
    read: (text) => (/^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined),
  },
  status: {
    expects: 'an HTTP status from 200 to 599',
    read: (text) => (/^[2-5]\d\d$/.test(text) ? Number(text) : undefined),
  },
  phase: oneOf(phases),
  style: oneOf(errorStyles),
  text: { expects: 'text', read: (text) => text },
}

const readerOf = (kind: Kind): Reader => (typeof kind === 'string' ? readers[kind] : oneOf(kind))

const isFaultName = (name: string): name is FaultName => Object.hasOwn(faults, name)

/**
 * Reads a fault: a name, and after a colon its parameters, `name=value` joined by commas. A comma in a value stays
 * there unless `name=` follows. Throws an Error that says what is wrong and what there is.
 */
export const parseFault = (text: string): Fault => {
  const colon = text.indexOf(':')
  const name = (colon === -1 ? text : text.slice(0, colon)).trim()
  if (!isFaultName(name))
    throw new Error(`There is no fault "${name}"; there are ${Object.keys(faultRows).join(', ')}`)
  const { parameters, required, make } = faultRows[name]
  const pairs = colon === -1 ? [] : text.slice(colon + 1).split(/,(?=\s*[A-Za-z]+=)/)
  const values: Record<string, Value> = {}
  for (const pair of pairs) {
    const [key = '', ...rest] = pair.split('=')
    const kind = Object.hasOwn(parameters, key.trim()) ? parameters[key.trim()] : undefined
    if (kind === undefined)
      throw new Error(
        `The fault ${name} has no parameter "${key.trim()}"; it has ${Object.keys(parameters).join(', ')}`,
      )
    const value = readerOf(kind).read(rest.join('=').trim())
    if (value === undefined)
      throw new Error(
        `The parameter ${key.trim()} of the fault ${name} is ${readerOf(kind).expects}, not "${rest.join('=')}"`,
      )
    values[key.trim()] = value
  }
  const missing = required.find((key) => !Object.hasOwn(values, key))
  if (missing !== undefined) throw new Error(`The fault ${name} needs ${missing}=…`)
  return make(values)
}
