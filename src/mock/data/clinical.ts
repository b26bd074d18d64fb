/** The resources in a synthetic patient's compartment: believable R4 as JSON text, a function of patient and index. */
import { hash, type Random } from '../seeded.js'
import {
  type ClinicalType,
  chanceOf,
  clinicalId,
  day,
  encounterFor,
  encounterStart,
  instant,
  type Population,
  patientId,
  resourcesOf,
  updatedAfter,
} from './population.js'
import * as words from './vocabulary.js'

// Written as text, not as objects: four times as fast, and a decimal such as 17.0 keeps its zero.

const SNOMED = 'http://snomed.info/sct'
const LOINC = 'http://loinc.org'
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem'
const DAY_MS = 86_400_000

const concept = (system: string, { code, display }: words.Coded): string =>
  JSON.stringify({ coding: [{ system, code, display }], text: display })
const concepts = (system: string, codes: readonly words.Coded[]): string[] =>
  codes.map((code) => concept(system, code))
const status = (system: string, code: string): string =>
  JSON.stringify({ coding: [{ system: `${TERMINOLOGY}/${system}`, code }] })

const conditions = concepts(SNOMED, words.conditions)
const encounterTypes = concepts(SNOMED, words.encounterTypes)
const allergens = concepts(SNOMED, words.allergens)
const vaccines = concepts('http://hl7.org/fhir/sid/cvx', words.vaccines)
const medications = concepts('http://www.nlm.nih.gov/research/umls/rxnorm', words.medications)
const procedures = concepts(SNOMED, words.procedures)

/** One kind of observation: what all of its resources have in common, as text. */
const measurements = words.measurements.map((measured) => {
  const { low, high, decimals, unit, ucum, category } = measured
  const quantity = (value: number) =>
    `{"value":${value.toFixed(decimals)},"unit":"${unit}","system":"http://unitsofmeasure.org","code":"${ucum}"}`
  return {
    low,
    high,
    quantity,
    isLaboratory: category === 'laboratory',
    category: status('observation-category', category),
    code: concept(LOINC, measured),
    range:
      category === 'laboratory'
        ? `,"referenceRange":[{"low":${quantity(low)},"high":${quantity(high)}}]`
        : '',
  }
})

const measurementOf = (people: Population, patient: number, index: number) =>
  measurements[(hash(people.seed, patient) + index) % measurements.length] as (typeof measurements)[number]

/** What a clinical resource is made from: its chance, the time of its encounter, and the parts that all have. */
interface Scene {
  people: Population
  patient: number
  index: number
  random: Random
  /** Epoch milliseconds. */
  at: number
  /** `"resourceType":…,"id":…,"meta":…` */
  head: string
  /** References, as JSON objects. */
  subject: string
  encounter: string
  practitioner: string
}

const sceneOf = (people: Population, type: ClinicalType, patient: number, index: number): Scene => {
  const random = chanceOf(people, type, patient, index)
  const encounter = type === 'Encounter' ? index : encounterFor(people, patient, index)
  const at = encounterStart(people, patient, encounter)
  const id = clinicalId(type, patient, index)
  const updated = instant(updatedAfter(at, random))
  return {
    people,
    patient,
    index,
    random,
    at,
    head: `"resourceType":"${type}","id":"${id}","meta":{"versionId":"1","lastUpdated":"${updated}"}`,
    subject: `{"reference":"Patient/${patientId(patient)}"}`,
    encounter: `{"reference":"Encounter/${clinicalId('Encounter', patient, encounter)}"}`,
    practitioner: `{"reference":"Practitioner/prac-${random.int(1, people.practitioners)}"}`,
  }
}

const period = (start: number, minutes: number): string =>
  `{"start":"${instant(start)}","end":"${instant(start + minutes * 60_000)}"}`

const patientText = ({ people, patient, random, head }: Scene): string => {
  const culture = words.cultures[patient % words.cultures.length] ?? words.cultures[0]
  const gender = random.chance(0.5) ? 'female' : 'male'
  const [city, state, postalCode] = random.pick(words.cities)
  const line = `${random.int(1, 999)} ${random.pick(words.streets)}`
  const born = day(Date.UTC(random.int(1930, 2017), random.int(0, 11), random.int(1, 28)))
  const name = {
    use: 'official',
    family: random.pick(culture.family),
    given: [random.pick(culture.given[gender])],
  }
  const mrn = `MRN${String(patient + 1).padStart(7, '0')}`
  return `{${head},"identifier":[{"system":"http://hospital.example.org/mrn","value":"${mrn}"}],"active":true,"name":[${JSON.stringify(name)}],"telecom":[{"system":"phone","value":"+1-555-${random.int(1000, 9999)}","use":"home"}],"gender":"${gender}","birthDate":"${born}","address":[{"line":["${line}"],"city":"${city}","state":"${state}","postalCode":"${postalCode}","country":"US"}],"managingOrganization":{"reference":"Organization/org-${random.int(1, people.organizations)}"}}`
}

const encounterText = ({ people, random, at, head, subject, practitioner }: Scene): string => {
  const organization = random.int(1, people.organizations)
  return `{${head},"status":"finished","class":{"system":"${TERMINOLOGY}/v3-ActCode","code":"AMB","display":"ambulatory"},"type":[${random.pick(encounterTypes)}],"subject":${subject},"participant":[{"individual":${practitioner}}],"period":${period(at, random.int(15, 90))},"location":[{"location":{"reference":"Location/loc-${organization}"}}],"serviceProvider":{"reference":"Organization/org-${organization}"}}`
}

const ACTIVE = status('condition-clinical', 'active')
const RESOLVED = status('condition-clinical', 'resolved')
const CONFIRMED = status('condition-ver-status', 'confirmed')
const DIAGNOSIS = status('condition-category', 'encounter-diagnosis')

const conditionText = ({ random, at, head, subject, encounter }: Scene): string => {
  const active = random.chance(0.7)
  const abated = active ? '' : `,"abatementDateTime":"${day(at + random.int(5, 60) * DAY_MS)}"`
  return `{${head},"clinicalStatus":${active ? ACTIVE : RESOLVED},"verificationStatus":${CONFIRMED},"category":[${DIAGNOSIS}],"code":${random.pick(conditions)},"subject":${subject},"encounter":${encounter},"onsetDateTime":"${day(at)}"${abated},"recordedDate":"${instant(at)}"}`
}

const observationText = (scene: Scene): string => {
  const { people, patient, index, random, at, head, subject, encounter, practitioner } = scene
  const { low, high, quantity, category, code, range } = measurementOf(people, patient, index)
  const state = random.chance(0.95) ? 'final' : 'amended'
  const value = quantity(low + random.next() * (high - low))
  return `{${head},"status":"${state}","category":[${category}],"code":${code},"subject":${subject},"encounter":${encounter},"effectiveDateTime":"${instant(at)}","issued":"${instant(at + 3_600_000)}","performer":[${practitioner}],"valueQuantity":${value}${range}}`
}

const ALLERGY_ACTIVE = status('allergyintolerance-clinical', 'active')
const ALLERGY_CONFIRMED = status('allergyintolerance-verification', 'confirmed')
const criticalities = ['low', 'high', 'unable-to-assess'] as const

const allergyIntoleranceText = ({ random, at, head, subject }: Scene): string =>
  `{${head},"clinicalStatus":${ALLERGY_ACTIVE},"verificationStatus":${ALLERGY_CONFIRMED},"type":"allergy","criticality":"${random.pick(criticalities)}","code":${random.pick(allergens)},"patient":${subject},"recordedDate":"${instant(at)}"}`

const immunizationText = ({ random, at, head, subject, encounter }: Scene): string =>
  `{${head},"status":"completed","vaccineCode":${random.pick(vaccines)},"patient":${subject},"encounter":${encounter},"occurrenceDateTime":"${instant(at)}","primarySource":true}`

const medicationStates = ['active', 'completed', 'stopped'] as const

const medicationRequestText = ({ random, at, head, subject, encounter, practitioner }: Scene): string =>
  `{${head},"status":"${random.pick(medicationStates)}","intent":"order","medicationCodeableConcept":${random.pick(medications)},"subject":${subject},"encounter":${encounter},"authoredOn":"${instant(at)}","requester":${practitioner},"dosageInstruction":[{"text":"${random.int(1, 3)} × daily – “as needed”"}]}`

const procedureText = ({ random, at, head, subject, encounter }: Scene): string =>
  `{${head},"status":"completed","code":${random.pick(procedures)},"subject":${subject},"encounter":${encounter},"performedPeriod":${period(at, random.int(10, 120))}}`

const LABORATORY = JSON.stringify({
  coding: [{ system: `${TERMINOLOGY}/v2-0074`, code: 'LAB', display: 'Laboratory' }],
})
const REPORT = concept(LOINC, { code: '11502-2', display: 'Laboratory report' })

const diagnosticReportText = (scene: Scene): string => {
  const { people, patient, index, at, head, subject, encounter, practitioner } = scene
  const results: string[] = []
  for (let k = index % 2; k < resourcesOf(people, 'Observation', patient); k += 2)
    if (measurementOf(people, patient, k).isLaboratory)
      results.push(`{"reference":"Observation/${clinicalId('Observation', patient, k)}"}`)
  const result = results.length === 0 ? '' : `,"result":[${results.join(',')}]`
  return `{${head},"status":"final","category":[${LABORATORY}],"code":${REPORT},"subject":${subject},"encounter":${encounter},"effectiveDateTime":"${instant(at)}","issued":"${instant(at + 7_200_000)}","performer":[${practitioner}]${result}}`
}

const CLAIM_TYPE = status('claim-type', 'professional')

const explanationOfBenefitText = ({ people, random, at, head, subject, practitioner }: Scene): string => {
  const insurer = `{"reference":"Organization/org-${random.int(1, people.organizations)}"}`
  const paid = `{"value":${random.int(20, 900)}.${random.int(10, 99)},"currency":"USD"}`
  return `{${head},"status":"active","type":${CLAIM_TYPE},"use":"claim","patient":${subject},"billablePeriod":${period(at, 60)},"created":"${instant(at + DAY_MS)}","insurer":${insurer},"provider":${practitioner},"outcome":"complete","insurance":[{"focal":true,"coverage":{"display":"Medicare"}}],"item":[{"sequence":1,"productOrService":${random.pick(procedures)}}],"payment":{"amount":${paid}}}`
}

const texts: Record<ClinicalType, (scene: Scene) => string> = {
  Patient: patientText,
  Encounter: encounterText,
  Condition: conditionText,
  Observation: observationText,
  AllergyIntolerance: allergyIntoleranceText,
  Immunization: immunizationText,
  MedicationRequest: medicationRequestText,
  Procedure: procedureText,
  DiagnosticReport: diagnosticReportText,
  ExplanationOfBenefit: explanationOfBenefitText,
}

/** The line of the resource with this index, from 0, of a type in a patient's compartment. */
export const clinicalLine = (
  people: Population,
  type: ClinicalType,
  patient: number,
  index: number,
): string => texts[type](sceneOf(people, type, patient, index))
