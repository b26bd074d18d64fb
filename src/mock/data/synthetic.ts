/** Seeded synthetic data as a source: any number of patients, of which nothing is kept in memory. */
import { setImmediate } from 'node:timers/promises'
import { type Content, linesContent, tagOf } from '../content.js'
import { hash } from '../seeded.js'
import { clinicalLine } from './clinical.js'
import {
  type ClinicalType,
  claimTypes,
  clinicalId,
  clinicalTypes,
  type Population,
  patientId,
  patientNumber,
  population,
  resourcesOf,
  type SharedType,
  sharedTypes,
} from './population.js'
import { sharedCount, sharedLine } from './shared.js'
import {
  type DataSource,
  type Deletion,
  GROUP_OF_ALL,
  GROUP_OF_TEN,
  GROUP_OF_TEN_SIZE,
  type Resource,
  type Selection,
} from './source.js'

/** All resources of a type, numbered from 0, patient by patient. */
interface Table {
  rows: number
  line(row: number): string
  /** The rows of one patient: first, and one after the last. */
  ofPatient(patient: number): [first: number, end: number]
}

const clinicalTable = (people: Population, type: ClinicalType): Table => {
  const ends = new Uint32Array(people.patients + 1)
  for (let patient = 0; patient < people.patients; patient += 1)
    ends[patient + 1] = (ends[patient] ?? 0) + resourcesOf(people, type, patient)
  const owner = (row: number): number => {
    let low = 0
    let high = people.patients
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((ends[middle] ?? 0) <= row) low = middle
      else high = middle
    }
    return low
  }
  return {
    rows: ends[people.patients] ?? 0,
    line: (row) => {
      const patient = owner(row)
      return clinicalLine(people, type, patient, row - (ends[patient] ?? 0))
    },
    ofPatient: (patient) => [ends[patient] ?? 0, ends[patient + 1] ?? 0],
  }
}

const sharedTable = (people: Population, type: SharedType): Table => ({
  rows: sharedCount(people, type),
  line: (row) => sharedLine(people, type, row),
  ofPatient: () => [0, 0],
})

const isShared = (type: string): type is SharedType => (sharedTypes as readonly string[]).includes(type)
const isClinical = (type: string): type is ClinicalType =>
  ([...clinicalTypes, ...claimTypes] as readonly string[]).includes(type)

/** The rows of a selection: all of them as a number, or a list. */
async function selectRows(people: Population, type: string, table: Table, selection: Selection) {
  let rows: number | Uint32Array = table.rows
  if (isShared(type)) rows = selection.supporting ? table.rows : 0
  else if (selection.patients !== undefined) rows = rowsOfPatients(people, table, selection.patients)
  const keep = selection.keep
  if (keep === undefined) return rows
  const kept: number[] = []
  const length = typeof rows === 'number' ? rows : rows.length
  for (let index = 0; index < length; index += 1) {
    const row = typeof rows === 'number' ? index : (rows[index] as number)
    if (keep(JSON.parse(table.line(row)) as Resource)) kept.push(row)
    if (index % 4096 === 4095) await setImmediate()
  }
  return Uint32Array.from(kept)
}

const rowsOfPatients = (people: Population, table: Table, ids: ReadonlySet<string>): Uint32Array => {
  const numbers = [...ids].flatMap((id) => patientNumber(people, id) ?? [])
  const rows = numbers
    .sort((a, b) => a - b)
    .flatMap((patient) => {
      const [first, end] = table.ofPatient(patient)
      return Array.from({ length: end - first }, (_, index) => first + index)
    })
  return Uint32Array.from(rows)
}

/** Every twentieth patient has lost an observation, and one patient in fifty existed once. */
function* deletionsOf(people: Population): Generator<Deletion> {
  const at = (n: number) => Date.UTC(2024, 0, 1) + (hash(people.seed, 104, n) % 700) * 86_400_000
  for (let patient = 7; patient < people.patients; patient += 20)
    yield {
      type: 'Observation',
      id: clinicalId('Observation', patient, 99),
      patient: patientId(patient),
      at: at(patient),
    }
  for (let gone = 0; gone < Math.ceil(people.patients / 50); gone += 1)
    yield { type: 'Patient', id: `pat-${people.patients + gone + 1}`, at: at(-1 - gone) }
}

/**
 * A source of synthetic patients; `further`: types beside the usual ones, of which it knows those of claims. The same seed and number of patients give the same bytes, whatever the time is.
 * Throws a RangeError when there are fewer than ten patients, because group 123 has ten.
 */
export const syntheticData = (options: {
  seed: number
  patients: number
  further?: readonly string[]
}): DataSource => {
  if (!Number.isSafeInteger(options.patients) || options.patients < GROUP_OF_TEN_SIZE)
    throw new RangeError(`The mock needs a whole number of patients, ${GROUP_OF_TEN_SIZE} or more`)
  const people = population(options.seed, options.patients)
  const { further = [] } = options
  const tables = new Map<string, Table>()
  const tableOf = (type: string): Table | undefined => {
    const known = tables.get(type)
    if (known !== undefined) return known
    const made = isClinical(type)
      ? clinicalTable(people, type)
      : isShared(type)
        ? sharedTable(people, type)
        : undefined
    if (made !== undefined) tables.set(type, made)
    return made
  }
  return {
    types: [...clinicalTypes, ...claimTypes.filter((type) => further.includes(type)), ...sharedTypes],
    hasPatient: async (id) => patientNumber(people, id) !== undefined,
    group: async (id) => {
      if (id === GROUP_OF_ALL) return 'everybody'
      if (id !== GROUP_OF_TEN) return undefined
      return new Set(Array.from({ length: GROUP_OF_TEN_SIZE }, (_, patient) => patientId(patient)))
    },
    select: async (type, selection, pageSize) => {
      const table = tableOf(type)
      if (table === undefined) return []
      const rows = await selectRows(people, type, table, selection)
      return pagesOf({ people, type, table, rows, selection, pageSize })
    },
    deletions: () => deletionsOf(people),
  }
}

interface Paging {
  people: Population
  type: string
  table: Table
  rows: number | Uint32Array
  selection: Selection
  pageSize: number
}

const pagesOf = ({ people, type, table, rows, selection, pageSize }: Paging): Content[] => {
  const length = typeof rows === 'number' ? rows : rows.length
  const rewrite = selection.rewrite ?? ((line: string) => line)
  return Array.from({ length: Math.ceil(length / pageSize) }, (_, page) => {
    const first = page * pageSize
    const count = Math.min(pageSize, length - first)
    const rowAt = (index: number) =>
      typeof rows === 'number' ? first + index : (rows[first + index] as number)
    const patients = selection.patients === undefined ? '' : [...selection.patients].join()
    return linesContent({
      count,
      tag: tagOf(people.seed, people.patients, type, first, count, patients, selection.key),
      line: (index) => rewrite(table.line(rowAt(index))),
    })
  })
}
