/** Parameters that choose among the data: _type, _since, _until, _elements, _typeFilter. */
import { describe, expect, test } from 'vitest'
import { readSearch } from '../../src/mock/data/search.js'
import { exported, type Json, linesOf, pretend, resourcesOf, textOf } from './conversation.js'

const encoded = (path: string, parameters: [string, string][]) =>
  `${path}?${parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`

const updatedAt = (resource: Json) => Date.parse((resource.meta as { lastUpdated: string }).lastUpdated)

test('_type chooses types, by comma and by repetition', async () => {
  const { output } = await exported(pretend(), '$export?_type=Encounter,Patient&_type=Location')
  expect(output.map(({ type }) => type)).toEqual(['Patient', 'Encounter', 'Location'])
})

test('_since and _until choose by meta.lastUpdated', async () => {
  const all = await resourcesOf(pretend(), '$export')
  const middle = '2022-06-01T00:00:00.000Z'
  const before = await resourcesOf(pretend(), `$export?_until=${middle}`)
  const after = await resourcesOf(pretend(), `$export?_since=${middle}`)
  expect(before.length + after.length).toBe(all.length)
  expect(before.length).toBeGreaterThan(100)
  expect(Math.max(...before.map(updatedAt))).toBeLessThanOrEqual(Date.parse(middle))
  expect(Math.min(...after.map(updatedAt))).toBeGreaterThan(Date.parse(middle))
  const none = await exported(pretend(), '$export?_since=2025-12-31T23:59:59Z')
  expect(none.output).toEqual([])
})

test('what was deleted since then is named in transaction Bundles', async () => {
  const server = pretend({ data: { patients: 500 } })
  const manifest = await exported(server, '$export?_since=2023-01-01T00:00:00Z')
  expect(manifest.deleted).toMatchObject([{ type: 'Bundle', count: 1 }])
  const bundles = linesOf(await textOf(server.mock, manifest.deleted))
  expect(bundles[0]).toMatchObject({ resourceType: 'Bundle', type: 'transaction' })
  const urls = bundles.flatMap(({ entry }) =>
    (entry as { request: { method: string; url: string } }[]).map(({ request }) => request),
  )
  expect(urls).toContainEqual({ method: 'DELETE', url: 'Patient/pat-501' })
  expect(urls).toContainEqual({ method: 'DELETE', url: expect.stringMatching(/^Observation\//) })
  const present = new Set(
    (await resourcesOf(server, '$export')).map(({ resourceType, id }) => `${resourceType}/${id}`),
  )
  expect(urls.filter(({ url }) => present.has(url))).toEqual([])
  expect((await exported(server, '$export')).deleted).toEqual([])
  expect((await exported(server, '$export?_since=2023-01-01T00:00:00Z&_type=Condition')).deleted).toEqual([])
})

test('_elements keeps what was asked and what must be there, as the text it was', async () => {
  const server = pretend()
  const { output } = await exported(
    server,
    '$export?_elements=Patient.name,Observation.value&_type=Patient,Observation,Condition',
  )
  const [patient] = linesOf(await textOf(server.mock, output, 'Patient'))
  expect(Object.keys(patient ?? {})).toEqual(['resourceType', 'id', 'meta', 'name'])
  expect(patient?.meta).toMatchObject({
    lastUpdated: expect.any(String),
    tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }],
  })
  const observations = await textOf(server.mock, output, 'Observation')
  expect(Object.keys(linesOf(observations)[0] ?? {})).toEqual([
    'resourceType',
    'id',
    'meta',
    'status',
    'code',
    'valueQuantity',
  ])
  expect(observations).toMatch(/"value":\d+\.\d0,/)
  expect(Object.keys(linesOf(await textOf(server.mock, output, 'Condition'))[0] ?? {})).toContain(
    'onsetDateTime',
  )
})

describe('_typeFilter', () => {
  test.each<[string, (resource: Json) => boolean]>([
    ['Observation?category=laboratory', ({ category }) => JSON.stringify(category).includes('laboratory')],
    ['Observation?code=http://loinc.org|4548-4', ({ code }) => JSON.stringify(code).includes('4548-4')],
    ['Observation?status=amended', ({ status }) => status === 'amended'],
    [
      'Condition?clinical-status=active',
      ({ clinicalStatus }) => JSON.stringify(clinicalStatus).includes('active'),
    ],
    [
      'Condition?patient=Patient/pat-3',
      ({ subject }) => (subject as { reference: string }).reference === 'Patient/pat-3',
    ],
    ['Patient?gender=female', ({ gender }) => gender === 'female'],
    ['Patient?birthdate=ge1990', ({ birthDate }) => String(birthDate) >= '1990'],
    [
      'Patient?birthdate=ge1960-01-01&birthdate=lt1980&gender=male',
      ({ birthDate, gender }) =>
        String(birthDate) >= '1960' && String(birthDate) < '1980' && gender === 'male',
    ],
    ['Patient?_id=pat-1,pat-5', ({ id }) => id === 'pat-1' || id === 'pat-5'],
    ['Patient?family=garcia', ({ name }) => JSON.stringify(name).includes('García')],
    ['Encounter?date=lt2020-01-01', ({ period }) => (period as { start: string }).start < '2020'],
  ])('%s', async (filter, holds) => {
    const type = filter.split('?')[0] as string
    const all = await resourcesOf(pretend(), `$export?_type=${type}`)
    const some = await resourcesOf(
      pretend(),
      encoded('$export', [
        ['_type', type],
        ['_typeFilter', filter],
      ]),
    )
    expect(some.map(({ id }) => id)).toEqual(all.filter(holds).map(({ id }) => id))
    expect(some.length).toBeGreaterThan(0)
    expect(some.length).toBeLessThan(all.length)
  })

  test('several filters of a type widen it, other types are whole', async () => {
    const filters: [string, string][] = [
      ['_typeFilter', 'Patient?_id=pat-1,Patient?_id=pat-2'],
      ['_typeFilter', 'Patient?_id=pat-3'],
    ]
    const { output } = await exported(
      pretend(),
      encoded('$export', [['_type', 'Patient,Location'], ...filters]),
    )
    expect(output.map(({ type, count }) => [type, count])).toEqual([
      ['Patient', 3],
      ['Location', 2],
    ])
  })
})

test.each([
  ['birthdate=1990', '1990-05-05', true],
  ['birthdate=1990-05', '1990-06-01', false],
  ['birthdate=ne1990', '1991-01-01', true],
  ['birthdate=gt1990', '1990-12-31', false],
  ['birthdate=le1990', '1990-12-31', true],
])('the date search %s of %s is %s', (search, birthDate, matches) => {
  expect(readSearch(search).matches({ resourceType: 'Patient', birthDate })).toBe(matches)
})
