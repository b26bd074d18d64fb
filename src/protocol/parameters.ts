/** The parameters of a kick-off, once as a query and once as a FHIR `Parameters` resource. */
import type { KickOffRequest } from './types.js'

interface Parameter {
  name: string
  values: string[]
  /** FHIR datatype of the value when it is POSTed. */
  datatype: string
}

const reference = (patient: string): string => (patient.includes('/') ? patient : `Patient/${patient}`)

const unique = (values: string[]): string[] => [...new Set(values)]

/** What was asked, in the IG's order; each value once (BCDA refuses a type that comes twice). */
export const parameterList = (kickOff: KickOffRequest): Parameter[] => {
  const associated = unique(kickOff.includeAssociatedData ?? [])
  const isCoding = (value: string): boolean => value.includes('|')
  const since = kickOff.since?.includes('T') ? 'Instant' : 'Date'
  const until = kickOff.until?.includes('T') ? 'Instant' : 'Date'
  const partial = kickOff.allowPartialManifests === undefined ? [] : [String(kickOff.allowPartialManifests)]
  const one = (value: string | undefined): string[] => (value === undefined ? [] : [value])
  const named: Parameter[] = [
    { name: '_outputFormat', values: one(kickOff.outputFormat), datatype: 'String' },
    { name: '_since', values: one(kickOff.since), datatype: since },
    { name: '_until', values: one(kickOff.until), datatype: until },
    { name: '_type', values: unique(kickOff.type ?? []), datatype: 'String' },
    { name: '_elements', values: unique(kickOff.elements ?? []), datatype: 'String' },
    { name: '_typeFilter', values: unique(kickOff.typeFilter ?? []), datatype: 'String' },
    { name: 'patient', values: unique((kickOff.patient ?? []).map(reference)), datatype: 'Reference' },
    { name: 'includeAssociatedData', values: associated.filter((one) => !isCoding(one)), datatype: 'Code' },
    { name: 'includeAssociatedData', values: associated.filter(isCoding), datatype: 'Coding' },
    { name: 'organizeOutputBy', values: one(kickOff.organizeOutputBy), datatype: 'String' },
    { name: 'allowPartialManifests', values: partial, datatype: 'Boolean' },
  ]
  const extra = (kickOff.extra ?? []).map(
    ({ name, value, datatype = 'string' }): Parameter => ({
      name,
      values: [value],
      datatype: datatype.charAt(0).toUpperCase() + datatype.slice(1),
    }),
  )
  return [...named.filter(({ values }) => values.length > 0), ...extra]
}

/** A code, or `system|code` as in a search. */
const coding = (value: string): object => {
  const [, system, code] = /^(.*)\|([^|]*)$/.exec(value) ?? []
  return system === undefined || system === '' ? { code: code ?? value } : { system, code }
}

const typedValue = (datatype: string, value: string): unknown => {
  if (datatype === 'Reference') return { reference: value }
  if (datatype === 'Coding') return coding(value)
  if (datatype === 'Boolean') return value === 'true'
  if (/^(Integer|Decimal|UnsignedInt|PositiveInt)$/.test(datatype)) return Number(value)
  return value
}

/** Names whose entries are joined by commas where the server wants lists so. */
const joinable = ['_type', '_elements']

/** The body of a POST. Filters and patients are always entries of their own: a filter may hold commas. */
export const parametersBody = (kickOff: KickOffRequest): object => ({
  resourceType: 'Parameters',
  parameter: parameterList(kickOff).flatMap(({ name, values, datatype }) => {
    const entries = kickOff.listStyle === 'comma' && joinable.includes(name) ? [values.join(',')] : values
    return entries.map((value) => ({ name, [`value${datatype}`]: typedValue(datatype, value) }))
  }),
})
