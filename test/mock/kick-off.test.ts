/** Which kick-offs the reference server takes, and which it refuses. */
import { describe, expect, test } from 'vitest'
import {
  ask,
  exported,
  FHIR,
  headers,
  lenient,
  linesOf,
  ORIGIN,
  posted,
  pretend,
  textOf,
} from './conversation.js'

const patientParameter = (id: string) => ({ name: 'patient', valueReference: { reference: `Patient/${id}` } })

describe('accepted', () => {
  test.each([
    '$export',
    '%24export',
    'Patient/$export',
    'Group/123/$export',
    'Group/all/$export',
    'Location/$export',
    'Patient/pat-3/$export',
    '$export?_type=Patient,Observation&_type=Condition',
    '$export?_type=AuditEvent',
    '$export?_since=2024-01-01T00:00:00Z',
    '$export?_since=2024-01-01T00:00:00.123%2B01:00&_until=2025-01-01T00:00:00Z',
    '$export?_outputFormat=application/fhir%2Bndjson',
    '$export?_outputFormat=application/ndjson',
    '$export?_outputFormat=ndjson',
    '$export?_elements=id,Patient.name',
    '$export?includeAssociatedData=LatestProvenanceResources',
    '$export?allowPartialManifests=true',
    '$export?_typeFilter=Observation%3Fcategory%3Dlaboratory',
  ])('GET %s', async (path) => {
    const { mock } = pretend()
    const response = await ask(mock, `${FHIR}/${path}`, { headers })
    expect(response.status).toBe(202)
    expect(await response.text()).toBe('')
    expect(response.headers.get('content-location')).toMatch(new RegExp(`^${FHIR}/bulkstatus/[0-9a-f]{16}$`))
  })

  test.each([
    ['nothing', 'Patient/$export', []],
    ['types', '$export', [{ name: '_type', valueString: 'Patient,Encounter' }]],
    ['_since', '$export', [{ name: '_since', valueInstant: '2024-01-01T00:00:00Z' }]],
    ['patients', 'Patient/$export', [patientParameter('pat-1'), patientParameter('pat-2')]],
    ['patients of a group', 'Group/123/$export', [patientParameter('pat-10')]],
    ['a boolean', '$export', [{ name: 'allowPartialManifests', valueBoolean: true }]],
  ])('POST with %s', async (_, path, parameter) => {
    const { mock } = pretend()
    expect((await ask(mock, `${FHIR}/${path}`, posted(parameter))).status).toBe(202)
  })
})

describe('refused with an OperationOutcome', () => {
  test.each([
    ['no Accept', '$export', { headers: { prefer: 'respond-async' } }, 400],
    ['another Accept', '$export', { headers: { ...headers, accept: '*/*' } }, 400],
    ['no Prefer', '$export', { headers: { accept: headers.accept } }, 400],
    ['another Prefer', '$export', { headers: { ...headers, prefer: 'return=minimal' } }, 400],
    ['an unknown group', 'Group/nobody/$export', { headers }, 404],
    ['an unknown patient', 'Patient/nobody/$export', { headers }, 404],
    ['a type that is none', 'Nonsense/$export', { headers }, 404],
    ['another instance', 'Location/loc-1/$export', { headers }, 404],
    ['an unknown parameter', '$export?_mystery=1', { headers }, 400],
    ['organizeOutputBy', '$export?organizeOutputBy=Patient', { headers }, 400],
    ['another format', '$export?_outputFormat=text/csv', { headers }, 400],
    ['a future _since', '$export?_since=2999-01-01T00:00:00Z', { headers }, 400],
    ['a date as _since', '$export?_since=2024-01-01', { headers }, 400],
    ['_since without a zone', '$export?_since=2024-01-01T00:00:00', { headers }, 400],
    ['_since with a plus as a space', '$export?_since=2024-01-01T00:00:00+01:00', { headers }, 400],
    ['_since twice', '$export?_since=2024-01-01T00:00:00Z&_since=2024-01-01T00:00:00Z', { headers }, 400],
    ['a type of nothing', '$export?_type=Nonsense', { headers }, 400],
    ['an empty type', '$export?_type=Patient,', { headers }, 400],
    ['lower case', '$export?_type=patient', { headers }, 400],
    ['a filter without a search', '$export?_typeFilter=Patient', { headers }, 400],
    ['a filter for another type', '$export?_type=Patient&_typeFilter=Condition%3Fcode%3D1', { headers }, 400],
    ['an unknown search', '$export?_typeFilter=Patient%3Fshoe-size%3D44', { headers }, 400],
    ['a search for no date', '$export?_typeFilter=Patient%3Fbirthdate%3Dsoon', { headers }, 400],
    ['patient by GET', 'Patient/$export?patient=Patient/pat-1', { headers }, 400],
    ['patient for the system', '$export', posted([patientParameter('pat-1')]), 400],
    ['a patient of another group', 'Group/123/$export', posted([patientParameter('pat-11')]), 400],
    ['a wrong datatype', '$export', posted([{ name: '_since', valueString: '2024-01-01T00:00:00Z' }]), 400],
    ['a parameter without a value', '$export', posted([{ name: '_type' }]), 400],
    ['POST with a query', '$export?_type=Patient', posted([]), 400],
    ['no JSON', '$export', { ...posted([]), body: '{' }, 400],
    ['no Parameters', '$export', { ...posted([]), body: '{"resourceType":"Patient"}' }, 400],
    ['a form', '$export', { method: 'POST', headers, body: new URLSearchParams({ _type: 'Patient' }) }, 415],
    ['PUT', '$export', { method: 'PUT', headers }, 405],
    ['no path of ours', 'nothing/here', { headers }, 404],
  ])('%s', async (_, path, init, status) => {
    const { mock } = pretend()
    const response = await ask(mock, `${FHIR}/${path}`, init as RequestInit)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/fhir+json')
    expect(await response.json()).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code: expect.any(String), diagnostics: expect.any(String) }],
    })
  })
})

test('lenient handling ignores what is not supported and says so in an error file', async () => {
  const server = pretend()
  const path = '$export?_type=Patient,Nonsense&_mystery=1&_typeFilter=Patient%3Fshoe-size%3D44'
  const manifest = await exported(server, path, { headers: lenient })
  expect(manifest.output).toMatchObject([{ type: 'Patient', count: 100 }])
  expect(manifest.error).toMatchObject([{ type: 'OperationOutcome', count: 3 }])
  const issues = linesOf(await textOf(server.mock, manifest.error)).flatMap(({ issue }) => issue)
  expect(issues).toHaveLength(3)
  expect(issues[0]).toMatchObject({ severity: 'warning', code: 'not-supported' })
})

test('lenience does not forgive wrong values', async () => {
  const { mock } = pretend()
  const response = await ask(mock, `${FHIR}/$export?_since=yesterday`, { headers: lenient })
  expect(response.status).toBe(400)
})

test('a token is wanted everywhere but for discovery', async () => {
  const { mock, clock } = pretend({ token: 'abc' })
  const authorized = { headers: { ...headers, authorization: 'Bearer abc' } }
  expect((await ask(mock, `${FHIR}/$export`, { headers })).status).toBe(401)
  expect(
    (await ask(mock, `${FHIR}/$export`, { headers: { ...headers, authorization: 'Bearer ab' } })).status,
  ).toBe(401)
  expect((await ask(mock, `${FHIR}/metadata`)).status).toBe(200)
  expect((await ask(mock, `${FHIR}/.well-known/smart-configuration`)).status).toBe(200)
  const location = (await ask(mock, `${FHIR}/$export`, authorized)).headers.get('content-location') ?? ''
  clock.advance(5000)
  expect((await ask(mock, location)).status).toBe(401)
  const manifest = (await (await ask(mock, location, authorized)).json()) as {
    requiresAccessToken: boolean
    output: { url: string }[]
  }
  expect(manifest.requiresAccessToken).toBe(true)
  const url = manifest.output[0]?.url ?? ''
  expect((await ask(mock, url)).status).toBe(401)
  expect((await ask(mock, url, authorized)).status).toBe(200)
})

test('files may be open while the rest wants a token', async () => {
  const server = pretend({ token: 'abc', files: { requiresAccessToken: false } })
  const authorized = { headers: { ...headers, authorization: 'Bearer abc' } }
  const location =
    (await ask(server.mock, `${FHIR}/$export`, authorized)).headers.get('content-location') ?? ''
  server.clock.advance(5000)
  const manifest = (await (await ask(server.mock, location, authorized)).json()) as {
    requiresAccessToken: boolean
    output: { url: string }[]
  }
  expect(manifest.requiresAccessToken).toBe(false)
  expect((await ask(server.mock, manifest.output[0]?.url ?? '')).status).toBe(200)
})

test('every request is remembered, with the status of its answer', async () => {
  const { mock, clock } = pretend()
  await ask(mock, `${FHIR}/$export?_type=Patient`, { headers })
  await ask(mock, `${ORIGIN}/elsewhere`)
  await ask(mock, `${FHIR}/Patient/$export`, posted([]))
  expect(mock.requests).toMatchObject([
    { method: 'GET', url: `${FHIR}/$export?_type=Patient`, phase: 'kick-off', status: 202, at: clock.now() },
    { method: 'GET', phase: 'other', status: 404 },
    { method: 'POST', phase: 'kick-off', status: 202, body: '{"resourceType":"Parameters","parameter":[]}' },
  ])
  expect(mock.requests[0]?.headers).toMatchObject(headers)
})
