/** Who the synthetic patients are and how many resources each has: everything is a function of seed and number. */
import { hash, type Random, seeded } from '../seeded.js'

export interface Population {
  seed: number
  patients: number
  practitioners: number
  organizations: number
}

export const population = (seed: number, patients: number): Population => ({
  seed,
  patients,
  practitioners: Math.max(3, Math.ceil(patients / 20)),
  organizations: Math.max(2, Math.ceil(patients / 100)),
})

/** Least and most resources that one patient has of a type; the order is the manifest's. */
const perPatient = {
  Patient: [1, 1],
  Encounter: [1, 4],
  Condition: [1, 3],
  Observation: [6, 14],
  AllergyIntolerance: [0, 2],
  Immunization: [1, 3],
  MedicationRequest: [0, 3],
  Procedure: [0, 2],
  DiagnosticReport: [0, 2],
} as const satisfies Record<string, readonly [number, number]>

/** The same for what payers have, which is there for those who export it by name. */
const perMember = {
  ExplanationOfBenefit: [1, 4],
} as const satisfies Record<string, readonly [number, number]>

const numbers = { ...perPatient, ...perMember }

export type ClinicalType = keyof typeof numbers
export const clinicalTypes = Object.keys(perPatient) as (keyof typeof perPatient)[]
export const claimTypes = Object.keys(perMember) as (keyof typeof perMember)[]
export const sharedTypes = ['Practitioner', 'Organization', 'Location'] as const
export type SharedType = (typeof sharedTypes)[number]

const salts = Object.fromEntries(
  [...clinicalTypes, ...sharedTypes, ...claimTypes].map((type, index) => [type, index + 1]),
) as Record<ClinicalType | SharedType, number>

/** How many resources of a type the patient with this number has. */
export const resourcesOf = (people: Population, type: ClinicalType, patient: number): number => {
  const [least, most] = numbers[type]
  return least + (hash(people.seed, salts[type], patient) % (most - least + 1))
}

/** The chance that belongs to one resource. */
export const chanceOf = (
  people: Population,
  type: ClinicalType | SharedType,
  patient: number,
  index: number,
): Random => seeded(people.seed, salts[type], patient, index, 7)

const prefixes: Record<Exclude<ClinicalType, 'Patient'>, string> = {
  Encounter: 'enc',
  Condition: 'cond',
  Observation: 'obs',
  AllergyIntolerance: 'all',
  Immunization: 'imm',
  MedicationRequest: 'med',
  Procedure: 'proc',
  DiagnosticReport: 'rep',
  ExplanationOfBenefit: 'eob',
}

/** `pat-1` is the first patient. */
export const patientId = (patient: number): string => `pat-${patient + 1}`

/** The number of the patient with this id, if there is one. */
export const patientNumber = (people: Population, id: string): number | undefined => {
  const found = /^pat-([1-9]\d{0,8})$/.exec(id)
  const patient = found === null ? -1 : Number(found[1]) - 1
  return patient >= 0 && patient < people.patients ? patient : undefined
}

/** `obs-1-3` is the third observation of the first patient. */
export const clinicalId = (type: ClinicalType, patient: number, index: number): string =>
  type === 'Patient' ? patientId(patient) : `${prefixes[type]}-${patient + 1}-${index + 1}`

const MS_PER_DAY = 86_400_000
const FIRST_ENCOUNTER = Date.UTC(2018, 0, 1)
const LAST_UPDATE = Date.UTC(2025, 11, 31)
const YEARS_OF_ENCOUNTERS_DAYS = 2700

/** When the patient's encounter with this index began, epoch milliseconds: between 2018 and mid-2025. */
export const encounterStart = (people: Population, patient: number, index: number): number =>
  FIRST_ENCOUNTER +
  (hash(people.seed, 101, patient, index) % YEARS_OF_ENCOUNTERS_DAYS) * MS_PER_DAY +
  (hash(people.seed, 102, patient, index) % 1440) * 60_000

/** The encounter at which something about the patient was written down. */
export const encounterFor = (people: Population, patient: number, index: number): number =>
  hash(people.seed, 103, patient, index) % resourcesOf(people, 'Encounter', patient)

/** When a resource of that time was last changed: up to half a year later, never after 2025. */
export const updatedAfter = (at: number, random: Random): number =>
  Math.min(at + random.int(60_000, 180 * MS_PER_DAY), LAST_UPDATE)

const days = new Map<number, string>()
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/** A FHIR date. Remembered, because there are few days and very many resources. */
export const day = (at: number): string => {
  const number = Math.floor(at / MS_PER_DAY)
  const known = days.get(number)
  if (known !== undefined) return known
  const text = new Date(number * MS_PER_DAY).toISOString().slice(0, 10)
  days.set(number, text)
  return text
}

/** A FHIR instant in UTC, what `toISOString` gives in a fraction of its time. */
export const instant = (at: number): string => {
  const ms = at - Math.floor(at / MS_PER_DAY) * MS_PER_DAY
  const hours = twoDigits[Math.floor(ms / 3_600_000)]
  const minutes = twoDigits[Math.floor(ms / 60_000) % 60]
  const seconds = twoDigits[Math.floor(ms / 1000) % 60]
  return `${day(at)}T${hours}:${minutes}:${seconds}.${String(ms % 1000).padStart(3, '0')}Z`
}
