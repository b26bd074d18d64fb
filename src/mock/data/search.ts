/** `_typeFilter`: the FHIR search parameters that the mock knows, as a table, and how a value is compared. */
import type { Resource } from './source.js'

type Kind = 'token' | 'date' | 'string' | 'reference'

/** A search parameter's type, and the elements that it looks at. */
interface SearchParameter {
  kind: Kind
  elements: readonly string[]
}

const parameter = (kind: Kind, ...elements: string[]): SearchParameter => ({ kind, elements })

const forAll: Readonly<Record<string, SearchParameter>> = {
  _id: parameter('token', 'id'),
  _lastUpdated: parameter('date', 'meta.lastUpdated'),
  _tag: parameter('token', 'meta.tag'),
  identifier: parameter('token', 'identifier'),
}

/** The R4 names, http://hl7.org/fhir/R4/searchparameter-registry.html; one row serves all types that have it. */
const byName: Readonly<Record<string, SearchParameter>> = {
  active: parameter('token', 'active'),
  'address-city': parameter('string', 'address.city'),
  'address-state': parameter('string', 'address.state'),
  authoredon: parameter('date', 'authoredOn'),
  birthdate: parameter('date', 'birthDate'),
  category: parameter('token', 'category'),
  class: parameter('token', 'class'),
  'clinical-status': parameter('token', 'clinicalStatus'),
  code: parameter('token', 'code', 'medicationCodeableConcept'),
  criticality: parameter('token', 'criticality'),
  date: parameter('date', 'effectiveDateTime', 'period.start', 'occurrenceDateTime', 'performedPeriod.start'),
  encounter: parameter('reference', 'encounter'),
  family: parameter('string', 'name.family'),
  gender: parameter('token', 'gender'),
  given: parameter('string', 'name.given'),
  intent: parameter('token', 'intent'),
  issued: parameter('date', 'issued'),
  name: parameter('string', 'name', 'name.family', 'name.given'),
  'onset-date': parameter('date', 'onsetDateTime'),
  patient: parameter('reference', 'subject', 'patient'),
  'recorded-date': parameter('date', 'recordedDate'),
  status: parameter('token', 'status'),
  subject: parameter('reference', 'subject'),
  type: parameter('token', 'type'),
  'vaccine-code': parameter('token', 'vaccineCode'),
  'verification-status': parameter('token', 'verificationStatus'),
}

/** Every value at a path, arrays flattened. */
const valuesAt = (value: unknown, path: readonly string[]): unknown[] => {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path))
  if (value === undefined || value === null) return []
  const [first, ...rest] = path
  if (first === undefined) return [value]
  return typeof value === 'object' ? valuesAt((value as Record<string, unknown>)[first], rest) : []
}

interface Token {
  system?: string
  code?: string
}

/** Coding, CodeableConcept, Identifier, code and boolean, as tokens. */
const tokensOf = (value: unknown): Token[] => {
  if (typeof value !== 'object' || value === null) return [{ code: String(value) }]
  const { coding, system, code, value: identifier } = value as Record<string, unknown>
  if (Array.isArray(coding)) return coding.flatMap(tokensOf)
  return [{ system: system as string | undefined, code: (code ?? identifier) as string | undefined }]
}

const matchesToken = (value: unknown, wanted: string): boolean => {
  const bar = wanted.indexOf('|')
  const code = wanted.slice(bar + 1)
  const system = bar === -1 ? undefined : wanted.slice(0, bar)
  return tokensOf(value).some(
    (token) =>
      (code === '' || token.code === code) && (system === undefined || (token.system ?? '') === system),
  )
}

/** The first millisecond of a date of any precision, and the first one after it. */
const spanOf = (text: string): [start: number, end: number] => {
  const start = Date.parse(text.length === 4 ? `${text}-01-01` : text)
  const date = new Date(start)
  if (text.length === 4) return [start, Date.UTC(date.getUTCFullYear() + 1, 0, 1)]
  if (text.length === 7) return [start, Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)]
  if (text.length === 10) return [start, start + 86_400_000]
  return [start, start + (text.includes('.') ? 1 : 1000)]
}

const matchesDate = (value: unknown, wanted: string): boolean => {
  const [, prefix = 'eq', text = ''] = /^(eq|ne|gt|ge|lt|le|sa|eb)?(.*)$/.exec(wanted) ?? []
  const [start, end] = spanOf(text)
  const [first, last] = spanOf(String(value))
  const inside = first >= start && last <= end
  const after = last > end
  const before = first < start
  if (prefix === 'ne') return !inside
  if (prefix === 'gt' || prefix === 'sa') return after
  if (prefix === 'ge') return after || inside
  if (prefix === 'lt' || prefix === 'eb') return before
  if (prefix === 'le') return before || inside
  return inside
}

/** Lower case, without accents, as a FHIR string search compares. */
const folded = (text: unknown): string => String(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

const matchesReference = (value: unknown, wanted: string): boolean => {
  const reference = String((value as { reference?: unknown }).reference ?? '')
  return reference === wanted || reference.endsWith(`/${wanted}`)
}

const matchers: Readonly<Record<Kind, (value: unknown, wanted: string) => boolean>> = {
  token: matchesToken,
  date: matchesDate,
  string: (value, wanted) => typeof value === 'string' && folded(value).startsWith(folded(wanted)),
  reference: matchesReference,
}

const isDate = (wanted: string) =>
  /^(?:eq|ne|gt|ge|lt|le|sa|eb)?\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?$/.test(
    wanted,
  )

/**
 * One search, `category=laboratory&status=final`, as a predicate. `problem` says, in words, what of it is not
 * supported; the predicate then leaves that part out.
 */
export const readSearch = (
  search: string,
): { matches: (resource: Resource) => boolean; problem?: string } => {
  let problem: string | undefined
  const tests = [...new URLSearchParams(search)].flatMap(([name, text]) => {
    const known = forAll[name] ?? byName[name]
    const wanted = text.split(',')
    if (known === undefined) problem = `the search parameter "${name}" is not supported`
    else if (known.kind === 'date' && !wanted.every(isDate)) problem = `"${text}" is not a date`
    else
      return (resource: Resource) => {
        const values = known.elements.flatMap((element) => valuesAt(resource, element.split('.')))
        return wanted.some((one) => values.some((value) => matchers[known.kind](value, one)))
      }
    return []
  })
  return { matches: (resource) => tests.every((test) => test(resource)), problem }
}
