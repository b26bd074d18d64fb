/** Kick-off parameters: read from a query or a Parameters resource, understood by a table. */
import { resourceTypes } from './fhir-types.js'
import { type OutcomeIssue, Refusal } from './outcome.js'
import type { Level, Personality } from './personality.js'

/** What a kick-off asks, beside its target. Times are epoch milliseconds. */
export interface Query {
  types?: string[]
  since?: number
  until?: number
  elements?: string[]
  typeFilter?: { type: string; search: string }[]
  /** Ids. */
  patients?: string[]
  organizeBy?: string
  partialManifests?: boolean
  outputFormat?: string
}

/** A parameter's values in the order in which they came, with the FHIR datatype when they came in a body. */
export interface Given {
  name: string
  values: { text: string; datatype?: string }[]
}

export interface Reading {
  personality: Personality
  level: Level
  method: string
  now: number
  /** Takes note of something unsupported: throws when the client did not ask for lenience. */
  unsupported(diagnostics: string): void
}

interface Row {
  /** The `value[x]` that the operation's definition allows; undefined: any. */
  datatypes: readonly string[] | undefined
  /** Values may also be joined by commas. */
  list: boolean
  read(values: string[], reading: Reading): Query
}

const invalid = (diagnostics: string) => new Refusal(400, 'invalid', diagnostics)

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

const DATE = /^\d{4}-\d\d-\d\d$/

const instantOf = (name: string, [text = '']: string[], dates = false): number => {
  const at = INSTANT.test(text) || (dates && DATE.test(text)) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) {
    const date = dates ? 'a date, or ' : ''
    throw invalid(`${name} must be ${date}a FHIR instant with seconds and a time zone, not "${text}"`)
  }
  return at
}

const byLowerCase = new Map([...resourceTypes].map((type) => [type.toLowerCase(), type]))

const nothing = (): Query => ({})

/** A parameter of a vendor's own: taken, and without effect. */
const foreign: Row = { datatypes: undefined, list: false, read: nothing }

const rows: Readonly<Record<string, Row>> = {
  _outputFormat: {
    datatypes: ['valueString'],
    list: false,
    read: ([format = ''], { personality }) => {
      if (!personality.outputFormats.includes(format))
        throw invalid(`_outputFormat "${format}" is not supported`)
      return { outputFormat: format }
    },
  },
  _since: {
    datatypes: ['valueInstant'],
    list: false,
    read: (values, { now, personality }) => {
      const since = instantOf('_since', values, personality.since.dates)
      if (since > now) throw invalid('_since is in the future')
      return { since }
    },
  },
  _until: {
    datatypes: ['valueInstant'],
    list: false,
    read: (values) => ({ until: instantOf('_until', values) }),
  },
  _type: {
    datatypes: ['valueString', 'valueCode'],
    list: true,
    read: (values, { personality, unsupported }) => {
      const named = (text: string): string =>
        personality.types.anyCase ? (byLowerCase.get(text.toLowerCase()) ?? text) : text
      const types = values.map(named).filter((type) => {
        if (!resourceTypes.has(type)) unsupported(`_type "${type}" is not a resource type of R4`)
        return resourceTypes.has(type)
      })
      if (!personality.types.repeated && new Set(types).size < types.length)
        throw invalid(`_type names a resource type more than once`)
      return { types: [...new Set(types)] }
    },
  },
  _elements: {
    datatypes: ['valueString'],
    list: true,
    read: (values) => {
      const wrong = values.find((value) => !/^(?:[A-Z][A-Za-z]+\.)?[a-z][A-Za-z]*$/.test(value))
      if (wrong !== undefined) throw invalid(`_elements "${wrong}" is not the name of an element`)
      return { elements: values }
    },
  },
  _typeFilter: {
    datatypes: ['valueString'],
    list: false,
    // A comma may join filters or stand inside of one: only the first kind has `Type?` behind it.
    read: (values, { personality: { refusals } }) => ({
      typeFilter: values
        .flatMap((value) => value.split(/,(?=[A-Z][A-Za-z]+\?)/))
        .map((filter) => {
          const [type = '', ...search] = filter.split('?')
          if (!resourceTypes.has(type) || search.length === 0) {
            const reason = `_typeFilter "${filter}" is not a resource type and a search`
            throw new Refusal(refusals.typeFilter, 'invalid', reason)
          }
          return { type, search: search.join('?') }
        }),
    }),
  },
  patient: {
    datatypes: ['valueReference'],
    list: false,
    read: (values, { level, method, personality: { patientList } }) => {
      if (values.length > patientList.most)
        throw new Refusal(
          400,
          'too-costly',
          `At most ${patientList.most} patients may be given, not ${values.length}`,
        )
      if (method !== 'POST' && !patientList.inQuery)
        throw invalid('patient is only allowed in a kick-off by POST')
      if (level !== 'patient' && level !== 'group') throw invalid(`patient is not allowed at this level`)
      const ids = patientList.inQuery ? values.flatMap((value) => value.split(',')) : values
      return { patients: ids.map((value) => value.replace(/^.*Patient\//, '')) }
    },
  },
  includeAssociatedData: { datatypes: ['valueCode'], list: true, read: nothing },
  allowPartialManifests: {
    datatypes: ['valueBoolean'],
    list: false,
    read: ([value]) => {
      if (value !== 'true' && value !== 'false') throw invalid('allowPartialManifests must be true or false')
      return { partialManifests: value === 'true' }
    },
  },
  organizeOutputBy: {
    datatypes: ['valueString'],
    list: false,
    read: ([type = ''], { unsupported }) => {
      if (resourceTypes.has(type)) return { organizeBy: type }
      unsupported(`organizeOutputBy "${type}" is not a resource type of R4`)
      return {}
    },
  },
}

const repeatable = new Set(['_type', '_elements', '_typeFilter', 'patient', 'includeAssociatedData'])

const gather = (pairs: Iterable<[name: string, text: string, datatype?: string]>): Given[] => {
  const given = new Map<string, Given>()
  for (const [name, text, datatype] of pairs) {
    const known = given.get(name) ?? { name, values: [] }
    known.values.push({ text, datatype })
    given.set(name, known)
  }
  return [...given.values()]
}

/** The parameters of a URL's query. */
export const queryParameters = (url: string): Given[] => gather(new URL(url).searchParams)

const bodyParameter = (parameter: unknown): [string, string, string] => {
  const entry = (parameter ?? {}) as Record<string, unknown>
  const datatype = Object.keys(entry).find((key) => /^value[A-Z]/.test(key))
  if (typeof entry.name !== 'string' || datatype === undefined)
    throw invalid('Every parameter of a Parameters resource needs a name and a value[x]')
  const value = entry[datatype]
  const { reference, code } = (value ?? {}) as { reference?: unknown; code?: unknown }
  const text = datatype === 'valueReference' ? reference : datatype === 'valueCoding' ? code : value
  if (typeof text === 'object' || text === undefined)
    throw invalid(`The ${datatype} of parameter "${entry.name}" cannot be read`)
  return [entry.name, String(text), datatype]
}

/** The parameters of a POSTed Parameters resource. Throws a Refusal when it is none. */
export const bodyParameters = (text: string): Given[] => {
  let body: { resourceType?: unknown; parameter?: unknown }
  try {
    body = JSON.parse(text) as typeof body
  } catch {
    throw new Refusal(400, 'structure', 'The body of the kick-off is not JSON')
  }
  if (body?.resourceType !== 'Parameters')
    throw invalid('The body of the kick-off is not a Parameters resource')
  const parameter = body.parameter ?? []
  if (!Array.isArray(parameter)) throw invalid('Parameters.parameter is not an array')
  return gather(parameter.map(bodyParameter))
}

const readOne = ({ name, values }: Given, row: Row, reading: Reading): Query => {
  const allowed = reading.personality.datatypes[name] ?? row.datatypes
  const { listParameters } = reading.personality
  const datatypes = allowed ?? []
  const wrong = values.find(({ datatype }) => datatype !== undefined && !datatypes.includes(datatype))
  if (wrong !== undefined && allowed !== undefined)
    throw invalid(`Parameter ${name} is a ${datatypes.join(' or ')}, not a ${wrong.datatype}`)
  const repeats = repeatable.has(name) && !(row.list && listParameters === 'comma-only')
  if (values.length > 1 && !repeats) throw invalid(`Parameter ${name} may be given only once`)
  if (row.list && listParameters === 'repeat-only' && values.some(({ text }) => text.includes(',')))
    throw invalid(`Parameter ${name} is repeated for each value, and has no commas`)
  const texts = values.flatMap(({ text }) => (row.list ? text.split(',').map((part) => part.trim()) : [text]))
  if (texts.some((text) => text === '')) throw invalid(`Parameter ${name} has an empty value`)
  return row.read(texts, reading)
}

/**
 * Understands a kick-off's parameters. Returns the query, and what was ignored because the client asked for lenience.
 * Throws a Refusal (400) for values that are wrong, and, without lenience, for what is not supported.
 */
export const readParameters = (
  given: readonly Given[],
  reading: Omit<Reading, 'unsupported'> & { lenient: boolean },
): { query: Query; ignored: OutcomeIssue[] } => {
  const ignored: OutcomeIssue[] = []
  const unsupported = (diagnostics: string) => {
    if (!reading.lenient) throw new Refusal(400, 'not-supported', diagnostics)
    ignored.push({ severity: 'warning', code: 'not-supported', diagnostics: `Ignored: ${diagnostics}` })
  }
  const { personality, level } = reading
  const names = given.map(({ name }) => name)
  const missing = personality.missingParameter(names, level)
  if (missing !== undefined) throw new Refusal(400, 'required', missing)
  let query: Query = {}
  for (const one of given) {
    const known = Object.hasOwn(rows, one.name) ? rows[one.name] : foreign
    const row = reading.personality.parameters.includes(one.name) ? known : undefined
    if (row === undefined && reading.personality.strangeParameters === 'ignored') continue
    if (row === undefined) unsupported(`the parameter "${one.name}" is not supported`)
    else query = { ...query, ...readOne(one, row, { ...reading, unsupported }) }
  }
  return { query, ignored }
}
