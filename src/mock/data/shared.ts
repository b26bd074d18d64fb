/** Practitioners, organizations and locations of the synthetic data: R4 resources in nobody's compartment. */
import { chanceOf, instant, type Population, type SharedType } from './population.js'
import { cities, cultures, organizationNames, streets } from './vocabulary.js'

const updated = (people: Population, type: SharedType, index: number): string =>
  instant(Date.UTC(2019, 0, 1) + chanceOf(people, type, index, 1).int(0, 2190) * 86_400_000)

const addressOf = (people: Population, type: SharedType, index: number) => {
  const random = chanceOf(people, type, index, 2)
  const [city, state, postalCode] = random.pick(cities)
  return { line: [`${random.int(1, 999)} ${random.pick(streets)}`], city, state, postalCode, country: 'US' }
}

const practitioner = (people: Population, index: number) => {
  const random = chanceOf(people, 'Practitioner', index, 0)
  const culture = random.pick(cultures)
  const gender = random.chance(0.5) ? 'female' : 'male'
  return {
    resourceType: 'Practitioner',
    id: `prac-${index + 1}`,
    meta: { lastUpdated: updated(people, 'Practitioner', index) },
    identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: String(9_999_000_000 + index) }],
    active: true,
    name: [
      { family: random.pick(culture.family), given: [random.pick(culture.given[gender])], prefix: ['Dr.'] },
    ],
    gender,
  }
}

const organization = (people: Population, index: number) => {
  const random = chanceOf(people, 'Organization', index, 0)
  const address = addressOf(people, 'Organization', index)
  return {
    resourceType: 'Organization',
    id: `org-${index + 1}`,
    meta: { lastUpdated: updated(people, 'Organization', index) },
    active: true,
    type: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/organization-type',
            code: 'prov',
            display: 'Healthcare Provider',
          },
        ],
      },
    ],
    name: `${address.city} ${random.pick(organizationNames)}`,
    telecom: [{ system: 'phone', value: `+1-555-${String(random.int(1000, 9999))}` }],
    address: [address],
  }
}

const location = (people: Population, index: number) => {
  const random = chanceOf(people, 'Location', index, 0)
  return {
    resourceType: 'Location',
    id: `loc-${index + 1}`,
    meta: { lastUpdated: updated(people, 'Location', index) },
    status: 'active',
    name: `Building ${random.int(1, 40)}`,
    mode: 'instance',
    address: addressOf(people, 'Organization', index),
    managingOrganization: { reference: `Organization/org-${index + 1}` },
  }
}

const builders: Record<SharedType, (people: Population, index: number) => object> = {
  Practitioner: practitioner,
  Organization: organization,
  Location: location,
}

/** The line of the resource of a shared type with this index, from 0. */
export const sharedLine = (people: Population, type: SharedType, index: number): string =>
  JSON.stringify(builders[type](people, index))

/** How many resources of a shared type there are. */
export const sharedCount = (people: Population, type: SharedType): number =>
  type === 'Practitioner' ? people.practitioners : people.organizations
