/** Faults as the command line writes them: `truncate:file=2,keepBytes=300,times=1`. */
import { type Fault, type FaultName, faults } from './faults.js'
import { type Phase, phases } from './handler.js'
import { type ErrorStyle, errorStyles } from './token-row.js'

type Kind = 'count' | 'integer' | 'status' | 'phase' | 'style' | 'text'
type Value = number | string

export interface FaultRow {
  summary: string
  parameters: Readonly<Record<string, Kind>>
  required: readonly string[]
  make(values: Readonly<Record<string, Value>>): Fault
}

const matcher = { times: 'count', after: 'count' } as const
const file = { ...matcher, file: 'count' } as const
const anywhere = { ...file, on: 'phase' } as const
const bytes = { ...file, keepBytes: 'count' } as const

const row = (
  name: FaultName,
  summary: string,
  parameters: Readonly<Record<string, Kind>>,
  required: readonly string[] = [],
): FaultRow => ({
  summary,
  parameters,
  required,
  // The table below is the proof that the values fit: each is read by its kind, and the required ones are there.
  make: (values) => (faults[name] as unknown as (options: typeof values) => Fault)(values),
})

/** Every fault with its parameters, for parsing and for help. */
export const faultRows: Readonly<Record<FaultName, FaultRow>> = {
  busy: row('busy', 'answers 503, or another status, with Retry-After', {
    ...anywhere,
    status: 'status',
    retryAfter: 'text',
  }),
  truncate: row('truncate', 'a well-framed file that is too short', bytes, ['keepBytes']),
  truncateLying: row('truncateLying', 'a file shorter than its Content-Length', bytes, ['keepBytes']),
  wrongLength: row('wrongLength', 'a Content-Length that is wrong', { ...file, by: 'integer' }, ['by']),
  cut: row('cut', 'the connection is reset inside of a file', bytes, ['keepBytes']),
  stall: row('stall', 'nothing more comes inside of a file', bytes, ['keepBytes']),
  corruptGzip: row('corruptGzip', 'a gzip body that breaks', file),
  wrongCount: row('wrongCount', 'a wrong count in the manifest', { ...file, by: 'integer' }),
  loseKickOffAnswer: row('loseKickOffAnswer', 'the job starts, its answer is lost', matcher),
  html: row('html', 'a web page instead of an answer', { ...anywhere, status: 'status' }),
  hang: row('hang', 'no answer at all', anywhere),
  revokeToken: row('revokeToken', 'the tokens so far are revoked', anywhere),
  expireTokens: row('expireTokens', 'the tokens so far expire', anywhere),
  tokenError: row('tokenError', 'no token, but an OAuth error', {
    ...matcher,
    status: 'status',
    error: 'text',
    description: 'text',
    body: 'style',
  }),
  tokenBusy: row('tokenBusy', 'no token, but 503, or another status, with Retry-After', {
    ...matcher,
    status: 'status',
    retryAfter: 'text',
  }),
}

const readers: Readonly<Record<Kind, { expects: string; read(text: string): Value | undefined }>> = {
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
  phase: {
    expects: `one of ${phases.join(', ')}`,
    read: (text) => (phases.includes(text as Phase) ? text : undefined),
  },
  style: {
    expects: `one of ${errorStyles.join(', ')}`,
    read: (text) => (errorStyles.includes(text as ErrorStyle) ? text : undefined),
  },
  text: { expects: 'text', read: (text) => text },
}

const isFaultName = (name: string): name is FaultName => Object.hasOwn(faultRows, name)

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
    const value = readers[kind].read(rest.join('=').trim())
    if (value === undefined)
      throw new Error(
        `The parameter ${key.trim()} of the fault ${name} is ${readers[kind].expects}, not "${rest.join('=')}"`,
      )
    values[key.trim()] = value
  }
  const missing = required.find((key) => !Object.hasOwn(values, key))
  if (missing !== undefined) throw new Error(`The fault ${name} needs ${missing}=…`)
  return make(values)
}
