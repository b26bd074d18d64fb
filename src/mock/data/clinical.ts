/** The resources in a synthetic patient's compartment: believable R4, a function of patient and index. */

import { hash } from '../seeded.js'
import {
  type ClinicalType,
  chanceOf,
  clinicalId,
  day,
  decimal,
  encounterFor,
  encounterStart,
  instant,
  type Population,
  patientId,
  resourcesOf,
  updatedAfter,
} from './population.js'
import type { Resource } from './source.js'
import * as words from './vocabulary.js'

const SNOMED = 'http://snomed.info/sct'
const LOINC = 'http://loinc.org'
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem'

const concept = (system: string, { code, display }: words.Coded) => ({
  coding: [{ system, code, display }],
  text: display,
})
const status = (system: string, code: string) => ({ coding: [{ system: `${TERMINOLOGY}/${system}`, code }] })

/** What every clinical resource starts from: its chance, its encounter, its references. */
const scene = (people: Population, type: ClinicalType, patient: number, index: number) => {
  const random = chanceOf(people, type, patient, index)
  const encounter = type === 'Encounter' ? index : encounterFor(people, patient, index)
  const at = encounterStart(people, patient, encounter)
  return {
    random,
    at,
    head: {
      resourceType: type,
      id: clinicalId(type, patient, index),
      meta: { versionId: '1', lastUpdated: instant(updatedAfter(at, random)) },
    },
    subject: { reference: `Patient/${patientId(patient)}` },
    encounter: { reference: `Encounter/${clinicalId('Encounter', patient, encounter)}` },
    practitioner: { reference: `Practitioner/prac-${random.int(1, people.practitioners)}` },
  }
}

const patientResource = (people: Population, patient: number): Resource => {
  const { random, head } = scene(people, 'Patient', patient, 0)
  const culture = words.cultures[patient % words.cultures.length] ?? words.cultures[0]
  const gender = random.chance(0.5) ? 'female' : 'male'
  const [city, state, postalCode] = random.pick(words.cities)
  const organization = random.int(1, people.organizations)
  return {
    ...head,
    identifier: [
      { system: 'http://hospital.example.org/mrn', value: `MRN${String(patient + 1).padStart(7, '0')}` },
    ],
    active: true,
    name: [
      { use: 'official', family: random.pick(culture.family), given: [random.pick(culture.given[gender])] },
    ],
    telecom: [{ system: 'phone', value: `+1-555-${random.int(1000, 9999)}`, use: 'home' }],
    gender,
    birthDate: day(Date.UTC(random.int(1930, 2017), random.int(0, 11), random.int(1, 28))),
    address: [
      {
        line: [`${random.int(1, 999)} ${random.pick(words.streets)}`],
        city,
        state,
        postalCode,
        country: 'US',
      },
    ],
    managingOrganization: { reference: `Organization/org-${organization}` },
  }
}

const encounter = (people: Population, patient: number, index: number): Resource => {
  const { random, at, head, subject, practitioner } = scene(people, 'Encounter', patient, index)
  const organization = random.int(1, people.organizations)
  return {
    ...head,
    status: 'finished',
    class: { system: `${TERMINOLOGY}/v3-ActCode`, code: 'AMB', display: 'ambulatory' },
    type: [concept(SNOMED, random.pick(words.encounterTypes))],
    subject,
    participant: [{ individual: practitioner }],
    period: { start: instant(at), end: instant(at + random.int(15, 90) * 60_000) },
    location: [{ location: { reference: `Location/loc-${organization}` } }],
    serviceProvider: { reference: `Organization/org-${organization}` },
  }
}

const condition = (people: Population, patient: number, index: number): Resource => {
  const { random, at, head, subject, encounter } = scene(people, 'Condition', patient, index)
  const active = random.chance(0.7)
  return {
    ...head,
    clinicalStatus: status('condition-clinical', active ? 'active' : 'resolved'),
    verificationStatus: status('condition-ver-status', 'confirmed'),
    category: [status('condition-category', 'encounter-diagnosis')],
    code: concept(SNOMED, random.pick(words.conditions)),
    subject,
    encounter,
    onsetDateTime: day(at),
    ...(active ? {} : { abatementDateTime: day(at + random.int(5, 60) * 86_400_000) }),
    recordedDate: instant(at),
  }
}

const measurementOf = (people: Population, patient: number, index: number) =>
  words.measurements[(hash(people.seed, patient) + index) % words.measurements.length] as words.Measured

const observation = (people: Population, patient: number, index: number): Resource => {
  const { random, at, head, subject, encounter, practitioner } = scene(people, 'Observation', patient, index)
  const measured = measurementOf(people, patient, index)
  const { unit, ucum, decimals, low, high } = measured
  const quantity = (value: number) => ({
    value: decimal(value, decimals),
    unit,
    system: 'http://unitsofmeasure.org',
    code: ucum,
  })
  return {
    ...head,
    status: random.chance(0.95) ? 'final' : 'amended',
    category: [status('observation-category', measured.category)],
    code: concept(LOINC, measured),
    subject,
    encounter,
    effectiveDateTime: instant(at),
    issued: instant(at + 3_600_000),
    performer: [practitioner],
    valueQuantity: quantity(low + random.next() * (high - low)),
    ...(measured.category === 'laboratory'
      ? { referenceRange: [{ low: quantity(low), high: quantity(high) }] }
      : {}),
  }
}

const allergyIntolerance = (people: Population, patient: number, index: number): Resource => {
  const { random, at, head, subject } = scene(people, 'AllergyIntolerance', patient, index)
  return {
    ...head,
    clinicalStatus: status('allergyintolerance-clinical', 'active'),
    verificationStatus: status('allergyintolerance-verification', 'confirmed'),
    type: 'allergy',
    criticality: random.pick(['low', 'high', 'unable-to-assess']),
    code: concept(SNOMED, random.pick(words.allergens)),
    patient: subject,
    recordedDate: instant(at),
  }
}

const immunization = (people: Population, patient: number, index: number): Resource => {
  const { random, at, head, subject, encounter } = scene(people, 'Immunization', patient, index)
  return {
    ...head,
    status: 'completed',
    vaccineCode: concept('http://hl7.org/fhir/sid/cvx', random.pick(words.vaccines)),
    patient: subject,
    encounter,
    occurrenceDateTime: instant(at),
    primarySource: true,
  }
}

const medicationRequest = (people: Population, patient: number, index: number): Resource => {
  const { random, at, head, subject, encounter, practitioner } = scene(
    people,
    'MedicationRequest',
    patient,
    index,
  )
  return {
    ...head,
    status: random.pick(['active', 'completed', 'stopped']),
    intent: 'order',
    medicationCodeableConcept: concept(
      'http://www.nlm.nih.gov/research/umls/rxnorm',
      random.pick(words.medications),
    ),
    subject,
    encounter,
    authoredOn: instant(at),
    requester: practitioner,
    dosageInstruction: [{ text: `${random.int(1, 3)} × daily – “as needed”` }],
  }
}

const procedure = (people: Population, patient: number, index: number): Resource => {
  const { random, at, head, subject, encounter } = scene(people, 'Procedure', patient, index)
  return {
    ...head,
    status: 'completed',
    code: concept(SNOMED, random.pick(words.procedures)),
    subject,
    encounter,
    performedPeriod: { start: instant(at), end: instant(at + random.int(10, 120) * 60_000) },
  }
}

const diagnosticReport = (people: Population, patient: number, index: number): Resource => {
  const { at, head, subject, encounter, practitioner } = scene(people, 'DiagnosticReport', patient, index)
  const results = Array.from({ length: resourcesOf(people, 'Observation', patient) }, (_, k) => k)
    .filter((k) => measurementOf(people, patient, k).category === 'laboratory' && k % 2 === index % 2)
    .map((k) => ({ reference: `Observation/${clinicalId('Observation', patient, k)}` }))
  return {
    ...head,
    status: 'final',
    category: [{ coding: [{ system: `${TERMINOLOGY}/v2-0074`, code: 'LAB', display: 'Laboratory' }] }],
    code: concept(LOINC, { code: '11502-2', display: 'Laboratory report' }),
    subject,
    encounter,
    effectiveDateTime: instant(at),
    issued: instant(at + 7_200_000),
    performer: [practitioner],
    ...(results.length === 0 ? {} : { result: results }),
  }
}

const builders: Record<ClinicalType, (people: Population, patient: number, index: number) => Resource> = {
  Patient: patientResource,
  Encounter: encounter,
  Condition: condition,
  Observation: observation,
  AllergyIntolerance: allergyIntolerance,
  Immunization: immunization,
  MedicationRequest: medicationRequest,
  Procedure: procedure,
  DiagnosticReport: diagnosticReport,
}

/** The resource with this index, from 0, of a type in a patient's compartment. */
export const clinicalResource = (
  people: Population,
  type: ClinicalType,
  patient: number,
  index: number,
): Resource => builders[type](people, patient, index)
