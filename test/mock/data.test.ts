/** The synthetic patients: the same bytes for the same seed, believable, consistent. */
import { expect, test } from 'vitest'
import { resourceTypes } from '../../src/mock/fhir-types.js'
import { createMock } from '../../src/mock/index.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { exported, JOB_MS, type Json, posted, pretend, resourcesOf, textOf } from './conversation.js'

const everything = async (data: { seed?: number; patients?: number }, startAt?: number) => {
  const clock = fakeClock(startAt)
  const server = { clock, mock: createMock({ clock, jobMs: JOB_MS, data }) }
  return textOf(server.mock, (await exported(server, '$export')).output)
}

test('the same seed gives the same bytes, whenever that is', async () => {
  const first = await everything({ seed: 7, patients: 30 })
  expect(await everything({ seed: 7, patients: 30 }, Date.UTC(2031, 5, 1))).toBe(first)
  expect(await everything({ seed: 8, patients: 30 })).not.toBe(first)
})

test('the first patients do not depend on how many there are', async () => {
  const patients = async (count: number) =>
    (await resourcesOf(pretend({ data: { patients: count } }), 'Group/123/$export', 'Patient')).map(
      ({ birthDate }) => birthDate,
    )
  expect(await patients(20)).toEqual(await patients(5000))
})

test('fewer than ten patients are refused', () => {
  expect(() => pretend({ data: { patients: 9 } })).toThrow(RangeError)
})

const referencesIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  const { reference } = value as { reference?: unknown }
  return [
    ...(typeof reference === 'string' ? [reference] : []),
    ...Object.values(value).flatMap(referencesIn),
  ]
}

test('ids are unique, references lead somewhere, and every resource says when it changed', async () => {
  const resources = await resourcesOf(pretend(), '$export')
  const known = new Set(resources.map(({ resourceType, id }) => `${resourceType}/${id}`))
  expect(known.size).toBe(resources.length)
  expect(new Set(resources.map(({ resourceType }) => resourceType)).size).toBe(12)
  expect(resources.flatMap(referencesIn).filter((reference) => !known.has(reference))).toEqual([])
  const changed = resources.map(({ meta }) => Date.parse((meta as { lastUpdated: string }).lastUpdated))
  expect(Math.min(...changed)).toBeGreaterThan(Date.UTC(2018, 0, 1))
  expect(Math.max(...changed)).toBeLessThan(Date.UTC(2026, 0, 1))
  expect(
    new Set(resources.map(({ meta }) => (meta as { lastUpdated: string }).lastUpdated.slice(0, 4))).size,
  ).toBe(8)
  for (const { resourceType } of resources) expect(resourceTypes.has(resourceType)).toBe(true)
})

const emptyParts = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.keys(value).length === 0 || Object.values(value).some(emptyParts))

test('no resource has an empty part, which FHIR forbids', async () => {
  expect((await resourcesOf(pretend(), '$export')).filter(emptyParts)).toEqual([])
})

test('an encounter of a resource is an encounter of its patient', async () => {
  const resources = await resourcesOf(pretend(), '$export')
  const subjectOf = (resource: Json | undefined) =>
    ((resource?.subject ?? resource?.patient) as { reference: string } | undefined)?.reference
  const byReference = new Map(resources.map((one) => [`${one.resourceType}/${one.id}`, one]))
  const met = resources.filter(({ encounter }) => encounter !== undefined)
  expect(met.length).toBeGreaterThan(1000)
  for (const one of met)
    expect(subjectOf(byReference.get((one.encounter as { reference: string }).reference))).toBe(
      subjectOf(one),
    )
})

test('decimals keep their zeros, and names their letters', async () => {
  const server = pretend()
  const { output } = await exported(server, '$export')
  const observations = await textOf(server.mock, output, 'Observation')
  expect(observations).toMatch(/"value":\d+\.\d0,/)
  expect(observations).toMatch(/"value":\d+\.0,/)
  expect(await textOf(server.mock, output, 'Patient')).toMatch(/Zoë|Żółć|山田/)
})

test('group 123 has ten patients in one file', async () => {
  const { output } = await exported(pretend(), 'Group/123/$export?_type=Patient')
  expect(output).toMatchObject([{ type: 'Patient', count: 10 }])
})

test('the counts of the manifest are the numbers of lines', async () => {
  const server = pretend({ pageSize: 77 })
  for (const path of [
    '$export',
    'Patient/$export',
    'Group/123/$export',
    'Group/all/$export',
    'Patient/pat-4/$export',
  ]) {
    for (const entry of (await exported(server, path)).output)
      expect((await textOf(server.mock, [entry])).split('\n')).toHaveLength(entry.count + 1)
  }
})

const patientsIn = (resources: Json[]) =>
  new Set(
    resources.flatMap((one) =>
      one.resourceType === 'Patient' ? [`Patient/${one.id}`] : referencesIn([one.subject, one.patient]),
    ),
  )

test('a group has the compartments of its members, a patient only his own', async () => {
  const group = await resourcesOf(pretend(), 'Group/123/$export')
  expect([...patientsIn(group)].sort()).toEqual(
    Array.from({ length: 10 }, (_, n) => `Patient/pat-${n + 1}`).sort(),
  )
  expect(group.some(({ resourceType }) => resourceType === 'Practitioner')).toBe(true)
  const one = await resourcesOf(pretend(), 'Patient/pat-4/$export')
  expect([...patientsIn(one)]).toEqual(['Patient/pat-4'])
  expect(one.some(({ resourceType }) => resourceType === 'Practitioner')).toBe(false)
  const alone = await resourcesOf(pretend(), 'Location/$export')
  expect(new Set(alone.map(({ resourceType }) => resourceType))).toEqual(new Set(['Location']))
})

test('everybody is the same at the level of the system, of patients, and of the group of all', async () => {
  const texts = await Promise.all(
    ['$export', 'Patient/$export', 'Group/all/$export'].map(async (path) => {
      const server = pretend()
      return textOf(server.mock, (await exported(server, path)).output)
    }),
  )
  expect(new Set(texts).size).toBe(1)
})

test('patients that a POST names are the only ones', async () => {
  const parameter = ['Patient/pat-7', 'Patient/pat-2'].map((reference) => ({
    name: 'patient',
    valueReference: { reference },
  }))
  for (const path of ['Patient/$export', 'Group/123/$export'])
    expect([...patientsIn(await resourcesOf(pretend(), path, undefined, posted(parameter)))].sort()).toEqual([
      'Patient/pat-2',
      'Patient/pat-7',
    ])
})
