/**
 * What the Inferno test kits check of an export, for each level: C, the kick-off; D, the cancellation; E, the status;
 * F, the files. The checker's part is written anew here, one test a check. Left out: TLS, as in the tests of
 * discovery, and the FHIR validator, in whose place stand the mandatory elements of each type.
 */
import { beforeEach, describe, expect, test } from 'vitest'
import { mandatoryElements, resourceTypes } from '../../src/mock/fhir-types.js'
import { ask, type Entry, FHIR, type Json, linesOf } from './conversation.js'
import { bearer, guarded, tokenFor } from './identity.js'

type Server = ReturnType<typeof guarded>

const POLLING_LIMIT_S = 180
const WEEK_MS = 7 * 24 * 3_600_000
const kickOffHeaders = { accept: 'application/fhir+json', prefer: 'respond-async' }

const statusGet = (server: Server, url: string, token: string): Promise<Response> =>
  ask(server.mock, url, { headers: { ...bearer(token), accept: 'application/json' } })

const cancel = (server: Server, url: string, token: string): Promise<Response> =>
  ask(server.mock, url, { method: 'DELETE', headers: { ...bearer(token), accept: 'application/json' } })

/** Polls as the checker does: the server's seconds when they are a whole number, else ever longer. */
const pollToEnd = async (server: Server, url: string, token: string) => {
  let waitS = 1
  let usedS = 0
  for (;;) {
    const response = await statusGet(server, url, token)
    const asked = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
    waitS = asked > 0 ? asked : waitS * 2
    if (response.status !== 202 || usedS + waitS > POLLING_LIMIT_S) return { response, usedS }
    server.clock.advance(waitS * 1000)
    usedS += waitS
  }
}

const issueSeverities = ['fatal', 'error', 'warning', 'information']

const isOutcome = (body: Json): boolean => {
  const issues = body.issue as { severity: string; code: string }[]
  return (
    body.resourceType === 'OperationOutcome' &&
    issues.length > 0 &&
    issues.every(
      ({ severity, code }) => issueSeverities.includes(severity) && /^[a-z]+(-[a-z]+)*$/.test(code),
    )
  )
}

describe.each([
  ['Group', 'Group/123/$export', 10],
  ['Patient', 'Patient/$export', 100],
  ['system', '$export', 100],
])('%s', (_, path, patients) => {
  let server: Server
  let token: string

  beforeEach(async () => {
    server = guarded({ jobMs: 20_000 })
    token = await tokenFor(server)
  })

  const kickOff = (query = ''): Promise<Response> =>
    ask(server.mock, `${FHIR}/${path}${query}`, { headers: { ...kickOffHeaders, ...bearer(token) } })

  const locationOf = (response: Response): string => response.headers.get('content-location') ?? ''

  test('C: a kick-off without a token is refused', async () => {
    const response = await ask(server.mock, `${FHIR}/${path}`, { headers: kickOffHeaders })
    expect([400, 401]).toContain(response.status)
  })

  test('C: a kick-off is accepted, and says where to ask', async () => {
    const response = await kickOff()
    expect(response.status).toBe(202)
    expect(locationOf(response)).toMatch(/^https?:\/\/./)
  })

  test.each(['application/fhir+ndjson', 'application/ndjson', 'ndjson'])(
    'C: _outputFormat %s is accepted, and the job can be cancelled',
    async (format) => {
      const response = await kickOff(`?${new URLSearchParams({ _outputFormat: format })}`)
      expect(response.status).toBe(202)
      expect((await cancel(server, locationOf(response), token)).status).toBe(202)
    },
  )

  test.each([
    ['Z', (instant: string) => instant],
    ['without a fraction', (instant: string) => instant.replace('.000', '')],
    ['with an offset', (instant: string) => instant.replace('Z', '-05:00')],
  ])('C: _since a week ago is accepted (%s), and the job can be cancelled', async (_name, written) => {
    const since = written(new Date(server.clock.now() - WEEK_MS).toISOString())
    const response = await kickOff(`?${new URLSearchParams({ _since: since })}`)
    expect(response.status).toBe(202)
    expect((await cancel(server, locationOf(response), token)).status).toBe(202)
  })

  test('D: a job is cancelled with 202', async () => {
    expect((await cancel(server, locationOf(await kickOff()), token)).status).toBe(202)
  })

  test('D: a job that was cancelled is a 404 with an OperationOutcome', async () => {
    const location = locationOf(await kickOff())
    await cancel(server, location, token)
    const response = await statusGet(server, location, token)
    expect(response.status).toBe(404)
    expect(isOutcome((await response.json()) as Json)).toBe(true)
  })

  test('E: a status request is answered with 202 or 200, and whole seconds to wait', async () => {
    const response = await statusGet(server, locationOf(await kickOff()), token)
    expect([200, 202]).toContain(response.status)
    expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  })

  test('E: the job is complete in good time', async () => {
    const { response, usedS } = await pollToEnd(server, locationOf(await kickOff()), token)
    expect(response.status).toBe(200)
    expect(usedS).toBeLessThanOrEqual(POLLING_LIMIT_S)
  })

  test('E: the manifest is JSON with all of its keys', async () => {
    const { response } = await pollToEnd(server, locationOf(await kickOff()), token)
    expect(response.headers.get('content-type')).toContain('application/json')
    const body = (await response.json()) as Record<string, unknown>
    const keys = ['transactionTime', 'request', 'requiresAccessToken', 'output', 'error']
    expect(keys.filter((key) => !Object.hasOwn(body, key))).toEqual([])
  })

  describe('F', () => {
    let output: Entry[]

    beforeEach(async () => {
      const { response } = await pollToEnd(server, locationOf(await kickOff()), token)
      output = ((await response.json()) as { output: Entry[] }).output
    })

    const download = (url: string): Promise<Response> =>
      ask(server.mock, url, { headers: { accept: 'application/fhir+ndjson', ...bearer(token) } })

    const resources = async (type?: string): Promise<{ type: string; resource: Json }[]> => {
      const all = []
      for (const entry of output.filter((one) => type === undefined || one.type === type))
        for (const resource of linesOf(await (await download(entry.url)).text()))
          all.push({ type: entry.type, resource })
      return all
    }

    test('F: there is output, with a type and an absolute URL each', () => {
      expect(output.length).toBeGreaterThan(0)
      expect(output.filter(({ type, url }) => !type || !/^https?:\/\//.test(url))).toEqual([])
    })

    test('F: a file is refused without a token, which the manifest says it needs', async () => {
      const response = await ask(server.mock, output[0]?.url ?? '', {
        headers: { accept: 'application/fhir+ndjson' },
      })
      expect([400, 401]).toContain(response.status)
    })

    test('F: files are NDJSON by their media type', async () => {
      for (const { url } of output) {
        const response = await download(url)
        expect(response.status).toBe(200)
        expect(response.headers.get('content-type')).toMatch(/^application\/fhir\+ndjson/)
      }
    })

    test('F: every line is a resource of the type that the manifest says', async () => {
      const wrong = (await resources()).filter(({ type, resource }) => resource.resourceType !== type)
      expect(wrong).toEqual([])
      expect(output.filter(({ type }) => !resourceTypes.has(type))).toEqual([])
    })

    test('F: every resource has an id and its mandatory elements', async () => {
      const lacking = (await resources()).flatMap(({ type, resource }) =>
        ['id', ...mandatoryElements(type)].filter(
          (name) => !Object.keys(resource).some((key) => key === name || isChoice(key, name)),
        ),
      )
      expect(lacking).toEqual([])
    })

    test('F: there are several patients, and as many as there should be', async () => {
      const ids = new Set((await resources('Patient')).map(({ resource }) => resource.id))
      expect(ids.size).toBeGreaterThanOrEqual(2)
      expect(ids.size).toBe(patients)
    })
  })
})

/** `medicationCodeableConcept` is `medication[x]`. */
const isChoice = (key: string, name: string): boolean =>
  key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length))
