/** H: the error cases of the Bulk Data IG that the Inferno test kits leave out. */
import { describe, expect, test } from 'vitest'
import { faults, personality } from '../../src/mock/index.js'
import { ask, FHIR, JOB_MS, lenient, linesOf, type Manifest, posted } from './conversation.js'
import { bearer, guarded, kickOff, kickOffWith, tokenFor } from './identity.js'

type Server = ReturnType<typeof guarded>

/** The status and the issue codes of an answer that is an OperationOutcome. */
const outcomeOf = async (response: Response): Promise<[status: number, ...codes: string[]]> => {
  expect(response.headers.get('content-type')).toMatch(/^application\/fhir\+json/)
  const body = (await response.json()) as { resourceType: string; issue: { code: string }[] }
  expect(body.resourceType).toBe('OperationOutcome')
  return [response.status, ...body.issue.map(({ code }) => code)]
}

const manifestFrom = async (server: Server, started: Response, token: string): Promise<Manifest> => {
  expect(started.status).toBe(202)
  server.clock.advance(JOB_MS)
  const location = started.headers.get('content-location') ?? ''
  return (await (await ask(server.mock, location, { headers: bearer(token) })).json()) as Manifest
}

describe('H: kick-off', () => {
  const patientParameter = { name: 'patient', valueReference: { reference: 'Patient/pat-1' } }

  test.each<[string, string, RequestInit, number]>([
    ['an unsupported parameter, strictly', '$export?_mystery=1', {}, 400],
    ['patient for the system', '$export', posted([patientParameter]), 400],
    ['_since in the future', 'Patient/$export?_since=2999-01-01T00:00:00Z', {}, 400],
    ['_since that is no instant', 'Patient/$export?_since=2024-01-01', {}, 400],
    ['an unknown format', '$export?_outputFormat=text/csv', {}, 400],
    ['an unknown group', 'Group/nobody/$export', {}, 404],
    ['a type outside the scopes', '$export?_type=Condition', {}, 403],
  ])('H: %s', async (_, path, init, status) => {
    const server = guarded()
    const token = await tokenFor(server, 'system/Patient.rs system/Group.rs')
    const headers = { ...(kickOffWith(token).headers as Record<string, string>), ...init.headers }
    const response = await ask(server.mock, `${FHIR}/${path}`, { ...init, headers })
    expect((await outcomeOf(response))[0]).toBe(status)
  })

  test('H: an unsupported parameter, leniently: accepted, and reported in the error file', async () => {
    const server = guarded()
    const token = await tokenFor(server)
    const headers = { ...lenient, ...bearer(token) }
    const started = await ask(server.mock, `${FHIR}/$export?_mystery=1&_type=Patient`, { headers })
    const { error, output } = await manifestFrom(server, started, token)
    expect(output.length).toBeGreaterThan(0)
    expect(error).toMatchObject([{ type: 'OperationOutcome', count: 1 }])
    const text = await (await ask(server.mock, error[0]?.url ?? '', { headers: bearer(token) })).text()
    expect(linesOf(text)).toMatchObject([
      { resourceType: 'OperationOutcome', issue: [{ severity: 'warning' }] },
    ])
  })

  test('H: too many requests: 429 with Retry-After', async () => {
    const server = guarded({ faults: [faults.busy({ status: 429, retryAfter: '5' })] })
    const token = await tokenFor(server)
    const response = await kickOff(server.mock, '$export', token)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await outcomeOf(response)).toEqual([429, 'throttled'])
    expect((await kickOff(server.mock, '$export', token)).status).toBe(202)
  })
})

describe('H: status', () => {
  test.each([
    [429, 'throttled'],
    [503, 'transient'],
    [500, 'transient'],
  ])('H: %s with an outcome that says %s, then 202', async (status, code) => {
    const server = guarded({ faults: [faults.busy({ on: 'status', status, retryAfter: '1' })] })
    const token = await tokenFor(server)
    const location = (await kickOff(server.mock, '$export', token)).headers.get('content-location') ?? ''
    const poll = () => ask(server.mock, location, { headers: bearer(token) })
    expect(await outcomeOf(await poll())).toEqual([status, code])
    expect((await poll()).status).toBe(202)
  })

  test('H: a job that there never was', async () => {
    const server = guarded()
    const headers = bearer(await tokenFor(server))
    const url = `${FHIR}/bulkstatus/0123456789abcdef`
    expect((await outcomeOf(await ask(server.mock, url, { headers })))[0]).toBe(404)
    expect((await outcomeOf(await ask(server.mock, url, { method: 'DELETE', headers })))[0]).toBe(404)
  })

  test('H: partial success: 200, output and error files', async () => {
    const server = guarded({ personality: personality({ access: { outsideScope: 'skip' } }) })
    const token = await tokenFor(server, 'system/Patient.rs')
    const started = await kickOff(server.mock, '$export?_type=Patient,Condition,Observation', token)
    const { output, error } = await manifestFrom(server, started, token)
    expect(output.map(({ type }) => type)).toEqual(['Patient'])
    expect(error).toMatchObject([{ type: 'OperationOutcome', count: 2 }])
  })
})

test('H: a file that has expired is gone, and so is its job', async () => {
  const server = guarded()
  const first = await tokenFor(server)
  const started = await kickOff(server.mock, '$export?_type=Patient', first)
  const { output } = await manifestFrom(server, started, first)
  server.clock.advance(server.mock.personality.files.lifetimeMs)
  const headers = bearer(await tokenFor(server))
  for (const url of [output[0]?.url ?? '', started.headers.get('content-location') ?? ''])
    expect([404, 410]).toContain((await outcomeOf(await ask(server.mock, url, { headers })))[0])
})

test('H: the files of a job that was deleted are gone', async () => {
  const server = guarded()
  const token = await tokenFor(server)
  const started = await kickOff(server.mock, '$export?_type=Patient', token)
  const { output } = await manifestFrom(server, started, token)
  const location = started.headers.get('content-location') ?? ''
  expect((await ask(server.mock, location, { method: 'DELETE', headers: bearer(token) })).status).toBe(202)
  expect((await ask(server.mock, output[0]?.url ?? '', { headers: bearer(token) })).status).toBe(404)
})
