/** Each personality alone, without the client: that it speaks as its vendor's pages say. */
import { describe, expect, test } from 'vitest'
import {
  createMock,
  faults,
  type Mock,
  type MockOptions,
  personalities,
  personality,
} from '../../src/mock/index.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { ask, headers, linesOf, ORIGIN, posted } from './conversation.js'

const JOB_MS = 10_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

interface Vendor {
  mock: Mock
  clock: FakeClock
  base: string
  /** Kicks off `[base]/path`. */
  kickOff(path: string, init?: RequestInit): Promise<Response>
  /** Kicks off, and says where the job is; throws when it is refused. */
  start(path: string, init?: RequestInit): Promise<string>
  /** A whole export up to its manifest. */
  exported(path: string, init?: RequestInit): Promise<ManifestJson>
  ask(url: string, init?: RequestInit): Promise<Response>
}

interface ManifestJson extends Record<string, unknown> {
  output: { type: string; url: string; file?: string; count?: number }[]
}

const visit = (name: keyof typeof personalities, options: Partial<MockOptions> = {}): Vendor => {
  const clock = fakeClock()
  const mock = createMock({ clock, jobMs: JOB_MS, personality: personalities[name], ...options })
  const base = ORIGIN + mock.personality.basePath
  const kickOff: Vendor['kickOff'] = (path, init = { headers }) => ask(mock, `${base}/${path}`, init)
  const start: Vendor['start'] = async (path, init) => {
    const response = await kickOff(path, init)
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
    return response.headers.get('content-location') ?? ''
  }
  return {
    mock,
    clock,
    base,
    kickOff,
    start,
    exported: async (path, init) => {
      const location = await start(path, init)
      clock.advance(JOB_MS)
      return (await (await ask(mock, location, init && { headers: init.headers })).json()) as ManifestJson
    },
    ask: (url, init) => ask(mock, url, init),
  }
}

const statusOf = async (response: Promise<Response>): Promise<number> => (await response).status

const resourcesAt = async (vendor: Vendor, url = ''): Promise<string[]> =>
  linesOf(await (await vendor.ask(url)).text()).map(({ id }) => id)

describe('interopio', () => {
  test('interopio exports single resource types by GET, and ignores parameters', async () => {
    const vendor = visit('interopio')
    for (const type of ['Location', 'Patient', 'Practitioner']) {
      const { output } = await vendor.exported(`${type}/$export`)
      expect(output.map((file) => file.type)).toEqual([type])
    }
    for (const path of ['$export', 'Group/123/$export', 'Observation/$export', 'Patient/pat-1/$export'])
      expect(await statusOf(vendor.kickOff(path)), path).toBe(404)
    expect(await statusOf(vendor.kickOff('Location/$export', posted([])))).toBe(405)
    expect(await statusOf(vendor.kickOff('Location/$export?_since=2024-01-01T00:00:00Z'))).toBe(202)
    const bare = { headers: { prefer: 'respond-async' } }
    expect(await statusOf(vendor.kickOff('Location/$export', bare))).toBe(202)
  })

  test('interopio asks for longer waits each time, and counts the ids that it has done', async () => {
    const vendor = visit('interopio', { jobMs: 10 * HOUR_MS })
    const location = await vendor.start('Patient/$export')
    const seen: [string | null, string | null][] = []
    for (let poll = 0; poll < 5; poll += 1) {
      const { status, headers: said } = await vendor.ask(location)
      expect(status).toBe(202)
      seen.push([said.get('retry-after'), said.get('x-progress')])
      vendor.clock.advance(2 * HOUR_MS)
    }
    expect(seen).toEqual([
      ['10', '0'],
      ['20', '20'],
      ['40', '40'],
      ['80', '60'],
      ['160', '80'],
    ])
  })

  test('interopio lists files of at most 100 resources, and little else', async () => {
    const vendor = visit('interopio', { data: { patients: 250 } })
    const location = await vendor.start('Patient/$export')
    vendor.clock.advance(JOB_MS)
    const response = await vendor.ask(location)
    expect(Date.parse(response.headers.get('expires') ?? '')).toBeGreaterThan(vendor.clock.now())
    const manifest = (await response.json()) as ManifestJson
    expect(Object.keys(manifest)).toEqual(['output', 'error'])
    const sizes: number[] = []
    for (const { url } of manifest.output) sizes.push((await resourcesAt(vendor, url)).length)
    expect(sizes).toEqual([100, 100, 50])
  })

  test('interopio ends a job without its file of ids by 500 and an OperationOutcome', async () => {
    const diagnostics = 'The file /gateway-1/Location/Location.csv was not found'
    const vendor = visit('interopio', { faults: [faults.failJob({ after: 1, diagnostics })] })
    const location = await vendor.start('Location/$export')
    expect(await statusOf(vendor.ask(location))).toBe(202)
    for (let poll = 0; poll < 3; poll += 1) {
      const response = await vendor.ask(location)
      expect(response.status).toBe(500)
      expect(await response.json()).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'error', diagnostics }],
      })
    }
  })

  test.each([404, 410, 500])(
    'interopio takes DELETE with 202, and then shows no status but %s',
    async (after) => {
      const row = personality({ delete: { after } }, personalities.interopio)
      const vendor = visit('interopio', { personality: row })
      const location = await vendor.start('Patient/$export')
      expect(await statusOf(vendor.ask(location, { method: 'DELETE' }))).toBe(202)
      expect(await statusOf(vendor.ask(location))).toBe(after)
    },
  )
})

describe('greenway', () => {
  test('greenway exports groups and nothing else, and says so as application/json', async () => {
    const vendor = visit('greenway')
    for (const path of [
      '$export',
      'Patient/$export',
      'Group/nobody/$export',
      'Group/123/$export?_elements=id',
    ]) {
      const response = await vendor.kickOff(path)
      expect(response.status, path).toBeGreaterThanOrEqual(400)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.json()).toMatchObject({ resourceType: 'OperationOutcome' })
    }
    const accepted = await vendor.kickOff('Group/123/$export')
    expect(accepted.status).toBe(202)
    expect(await accepted.json()).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'information' }],
    })
  })

  test('greenway leaves out what is older than 24 hours, unless _since says otherwise', async () => {
    const vendor = visit('greenway')
    const lately = (await vendor.exported('Group/123/$export?_type=Patient')).output
    const recent = await resourcesAt(vendor, lately[0]?.url)
    const all = (await vendor.exported('Group/123/$export?_type=Patient&_since=1900-01-01')).output
    expect(await resourcesAt(vendor, all[0]?.url)).toHaveLength(10)
    expect(recent.length).toBeGreaterThan(0)
    expect(recent.length).toBeLessThan(10)
    const lines = linesOf(await (await vendor.ask(lately[0]?.url ?? '')).text())
    for (const { meta } of lines as unknown as { meta: { lastUpdated: string } }[]) {
      expect(Date.parse(meta.lastUpdated)).toBeGreaterThan(vendor.clock.now() - 2 * DAY_MS)
      expect(Date.parse(meta.lastUpdated)).toBeLessThanOrEqual(vendor.clock.now())
    }
    vendor.clock.advance(7 * DAY_MS)
    expect((await vendor.exported('Group/123/$export?_type=Patient')).output).toHaveLength(1)
  })

  test('greenway shows its progress in words, and never says when to come back', async () => {
    const vendor = visit('greenway')
    const response = await vendor.ask(await vendor.start('Group/123/$export'))
    expect(response.headers.get('x-progress')).toBe('Collecting resources')
    expect(response.headers.has('retry-after')).toBe(false)
  })

  test('greenway lists files of another host, an object as extension, and a request that nobody made', async () => {
    const vendor = visit('greenway', { elsewhere: 'http://serverpath2.example', pageSize: 5 })
    const manifest = await vendor.exported('Group/123/$export?_type=Patient&_since=1900-01-01')
    expect(manifest).toMatchObject({
      request: `${vendor.base}/Patient/$export?_type=Patient&_since=1900-01-01`,
      requiresAccessToken: true,
      extension: { 'http://myserver.example.org/extra-property': true },
    })
    expect(Object.keys(manifest)).not.toContain('deleted')
    expect(manifest.output.map(({ url }) => url.replace(/\/[0-9a-f]{16}\//, '/'))).toEqual([
      'http://serverpath2.example/serverpath2/patient_file_1.ndjson',
      'http://serverpath2.example/serverpath2/patient_file_2.ndjson',
    ])
    expect(Object.keys(manifest.output[0] ?? {})).toEqual(['type', 'url'])
  })

  test('greenway answers DELETE with 202 and an OperationOutcome', async () => {
    const vendor = visit('greenway')
    const location = await vendor.start('Group/123/$export')
    const response = await vendor.ask(location, { method: 'DELETE' })
    expect([response.status, await response.json()]).toMatchObject([
      202,
      { resourceType: 'OperationOutcome' },
    ])
    const again = await vendor.ask(location, { method: 'DELETE' })
    expect([again.status, again.headers.get('content-type')]).toEqual([404, 'application/json'])
  })
})

const oracleTypes = (names: readonly string[]) => names.map((name) => ({ type: name }))

describe('oracle', () => {
  test('oracle exports groups by GET, and patients by POST with a list', async () => {
    const vendor = visit('oracle')
    const patient = (id: string) => ({ name: 'patient', valueReference: { reference: `Patient/${id}` } })
    expect(await statusOf(vendor.kickOff('$export'))).toBe(404)
    expect(await statusOf(vendor.kickOff('Patient/$export'))).toBe(405)
    expect(await statusOf(vendor.kickOff('Group/123/$export', posted([])))).toBe(405)
    const nobody = await vendor.kickOff('Patient/$export', posted([]))
    expect([nobody.status, await nobody.text()]).toEqual([400, expect.stringContaining('all patients')])
    const tooMany = posted(Array.from({ length: 20_001 }, (_, index) => patient(`pat-${index}`)))
    expect(await statusOf(vendor.kickOff('Patient/$export', tooMany))).toBe(400)
    const type = { name: '_type', valueString: 'Patient' }
    const { output } = await vendor.exported('Patient/$export', posted([type, patient('pat-3')]))
    expect(output).toMatchObject(oracleTypes(['Patient']))
  })

  test('oracle exports its clinical types, and five others only beside them', async () => {
    const vendor = visit('oracle')
    const refusal = async (types: string) => {
      const response = await vendor.kickOff(`Group/123/$export?_type=${types}`)
      return [response.status, await response.text()]
    }
    const alone = [400, expect.stringContaining('without a clinical resource type')]
    for (const type of ['Location', 'Organization,Practitioner', 'Provenance', 'RelatedPerson'])
      expect(await refusal(type), type).toEqual(alone)
    expect((await refusal('Binary'))[0]).toBe(400)
    expect((await refusal('Medication,Patient'))[0]).toBe(400)
    expect((await refusal('Patient&_type=Encounter'))[0]).toBe(400)
    const { output } = await vendor.exported('Group/123/$export?_type=Patient,Location')
    expect(output).toMatchObject(oracleTypes(['Patient', 'Location']))
  })

  test('oracle says 422 for a bad _typeFilter, 400 for _elements, 406 for XML', async () => {
    const vendor = visit('oracle')
    const wrong = [
      '_typeFilter=Observation',
      '_type=Patient&_typeFilter=Observation?code=1',
      '_typeFilter=Patient?no-such=1',
    ]
    for (const query of wrong)
      expect(await statusOf(vendor.kickOff(`Group/123/$export?${query}`)), query).toBe(422)
    expect(await statusOf(vendor.kickOff('Group/123/$export?_elements=id'))).toBe(400)
    const xml = { headers: { ...headers, accept: 'application/fhir+xml' } }
    expect(await statusOf(vendor.kickOff('Group/123/$export', xml))).toBe(406)
  })

  test('oracle runs one job at a time', async () => {
    const vendor = visit('oracle')
    const location = await vendor.start('Group/123/$export')
    const second = await vendor.kickOff('Group/all/$export')
    expect([second.status, await second.json()]).toMatchObject([429, { issue: [{ code: 'throttled' }] }])
    vendor.clock.advance(JOB_MS)
    await vendor.start('Group/all/$export')
    expect(await statusOf(vendor.ask(location))).toBe(200)
  })

  test('oracle says in-progress and 600 seconds, but not longer than its job takes', async () => {
    const vendor = visit('oracle', { jobMs: 10 * HOUR_MS })
    const location = await vendor.start('Group/123/$export')
    const said = async () => {
      const response = await vendor.ask(location)
      return [response.status, response.headers.get('x-progress'), response.headers.get('retry-after')]
    }
    expect(await said()).toEqual([202, 'in-progress', '600'])
    vendor.clock.advance(10 * HOUR_MS - 1500)
    expect(await said()).toEqual([202, 'in-progress', '2'])
  })

  test('oracle leads from files without names to signed storage URLs', async () => {
    const vendor = visit('oracle', { token: 'abc' })
    const init = { headers: { ...headers, authorization: 'Bearer abc' } }
    const { output, requiresAccessToken } = await vendor.exported('Group/123/$export?_type=Patient', init)
    const url = output[0]?.url ?? ''
    expect(requiresAccessToken).toBe(true)
    expect(url).toMatch(/\/r4\/[-0-9a-f]+\/bulk-export\/files\/[-0-9a-f]+$/)
    expect(await statusOf(vendor.ask(url))).toBe(401)
    const redirect = await vendor.ask(url, init)
    const storage = redirect.headers.get('location') ?? ''
    expect([redirect.status, new URL(storage).origin]).toEqual([307, vendor.mock.elsewhere.origin])
    expect(await resourcesAt(vendor, storage)).toHaveLength(10)
    const withToken = await vendor.ask(storage, init)
    expect([withToken.status, await withToken.text()]).toEqual([
      400,
      expect.stringContaining('<Code>InvalidArgument</Code>'),
    ])
    expect(await statusOf(vendor.ask(storage.replace(/.$/, '')))).toBe(403)
    vendor.clock.advance(61_000)
    const late = await vendor.ask(storage)
    expect([late.status, late.headers.get('content-type')]).toEqual([403, 'application/xml'])
    expect(await late.text()).toContain('Request has expired')
    expect(await statusOf(vendor.ask((await vendor.ask(url, init)).headers.get('location') ?? ''))).toBe(200)
  })

  test('oracle keeps files for 30 days, and takes DELETE with 202', async () => {
    const vendor = visit('oracle')
    const location = await vendor.start('Group/123/$export?_type=Patient')
    vendor.clock.advance(JOB_MS)
    const response = await vendor.ask(location)
    const expires = Date.parse(response.headers.get('expires') ?? '')
    expect(expires - vendor.clock.now()).toBe(30 * DAY_MS)
    vendor.clock.advance(30 * DAY_MS - 1000)
    expect(await statusOf(vendor.ask(location))).toBe(200)
    expect(await statusOf(vendor.ask(location, { method: 'DELETE' }))).toBe(202)
  })

  test('oracle knows no scopes with wildcards', async () => {
    const vendor = visit('oracle', { clients: [{ id: 'app', secret: 'xyz' }] })
    const tokenFor = (scope: string) =>
      vendor.ask(`${ORIGIN}/auth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
        headers: { authorization: `Basic ${Buffer.from('app:xyz').toString('base64')}` },
      })
    const refused = await tokenFor('system/*.read')
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_scope' }])
    expect(await statusOf(tokenFor('system/Patient.read system/Observation.read'))).toBe(200)
  })
})

describe('esus', () => {
  test('esus exports everything or all patients by GET', async () => {
    const vendor = visit('esus')
    for (const path of ['$export', 'Patient/$export', '$export?_type=AuditEvent'])
      expect(await statusOf(vendor.kickOff(path, { headers: { prefer: 'respond-async' } })), path).toBe(202)
    expect(await statusOf(vendor.kickOff('Group/123/$export'))).toBe(404)
    expect(await statusOf(vendor.kickOff('$export', posted([])))).toBe(405)
  })

  test('esus tells its progress as a fraction in JSON, and in no header', async () => {
    const vendor = visit('esus')
    const location = await vendor.start('$export?_type=Patient')
    expect(location).toMatch(new RegExp(`^${ORIGIN}/bulk-export/[^/]+$`))
    vendor.clock.advance(JOB_MS * 0.28)
    const response = await vendor.ask(location)
    expect([
      response.status,
      response.headers.get('x-progress'),
      response.headers.get('retry-after'),
    ]).toEqual([202, null, null])
    expect(await response.json()).toEqual({
      status: 'in-progress',
      message: 'Export in progress (28 / 100 resources processed)',
      progress: 0.28,
    })
  })

  test('esus lists one counted file a type, below the job', async () => {
    const vendor = visit('esus', { data: { patients: 2000 } })
    const location = await vendor.start('$export?_type=Patient,Observation')
    vendor.clock.advance(JOB_MS)
    const response = await vendor.ask(location)
    expect(response.headers.has('expires')).toBe(false)
    const manifest = (await response.json()) as ManifestJson
    expect(manifest).toMatchObject({
      request: `${vendor.base}/$export`,
      requiresAccessToken: true,
      error: [],
    })
    expect(manifest.output.map(({ type, url }) => [type, url])).toEqual([
      ['Patient', `${location}/Patient.ndjson`],
      ['Observation', `${location}/Observation.ndjson`],
    ])
    expect(manifest.output[0]?.count).toBe(2000)
  })

  test('esus wants its token for everything, and deletes with 204', async () => {
    const vendor = visit('esus', { token: 'abc' })
    const bearer = { authorization: 'Bearer abc' }
    expect(await statusOf(vendor.kickOff('$export'))).toBe(401)
    const { output } = await vendor.exported('$export?_type=Patient', { headers: { ...headers, ...bearer } })
    const url = output[0]?.url ?? ''
    const job = url.replace(/\/[^/]+$/, '')
    for (const one of [url, job]) {
      expect(await statusOf(vendor.ask(one)), one).toBe(401)
      expect(await statusOf(vendor.ask(one, { headers: bearer })), one).toBe(200)
    }
    const deleted = await vendor.ask(job, { method: 'DELETE', headers: bearer })
    expect([deleted.status, await deleted.text()]).toEqual([204, ''])
    expect(await statusOf(vendor.ask(`${vendor.base}/.well-known/smart-configuration`))).toBe(404)
  })
})

describe('1up-ste', () => {
  const clients = [{ id: 'app', secret: 'xyz' }]
  const clientHeaders = { client_id: 'app', client_secret: 'xyz' }

  test('1up-ste names job and status URL in the body of its 202, too', async () => {
    const vendor = visit('1up-ste')
    for (const path of ['$export', 'Group/123/$export', 'Patient/pat-1/$export', '$export?_type=patient']) {
      const response = await vendor.kickOff(path, {})
      expect(response.status, path).toBe(202)
      const location = response.headers.get('content-location') ?? ''
      const body = (await response.json()) as { id: string; status: string }
      expect(body.status).toBe(location)
      expect(location).toBe(`${vendor.base}/$export/job/${body.id}`)
    }
    expect(await statusOf(vendor.kickOff('Patient/$export', {}))).toBe(404)
  })

  test('1up-ste tells of its batches in bodies of 200 and of 202', async () => {
    const vendor = visit('1up-ste')
    const location = await vendor.start('$export?_type=Patient&_since=2019-01-01')
    vendor.clock.advance(JOB_MS / 2)
    for (const status of [200, 202]) {
      const response = await vendor.ask(location)
      expect([
        response.status,
        response.headers.get('x-progress'),
        response.headers.get('retry-after'),
      ]).toEqual([status, null, null])
      expect(await response.json()).toEqual({
        id: location.split('/').at(-1),
        transactionTime: new Date(vendor.clock.now() - JOB_MS / 2).toISOString(),
        request: `${vendor.base}/$export`,
        requiresAccessToken: true,
        status: 'In Progress',
        resourceCount: expect.any(Number),
        batches: { running: 12, complete: 11, failed: 0, total: 23 },
        lastUpdated: new Date(vendor.clock.now()).toISOString(),
      })
    }
  })

  test('1up-ste lists "file" instead of "url", several files a type, and no errors', async () => {
    const vendor = visit('1up-ste', { data: { patients: 1200 } })
    const manifest = await vendor.exported('$export?_type=Patient', {})
    expect(manifest).toMatchObject({ status: 'Successful', batches: { running: 0, complete: 23, failed: 0 } })
    expect(Object.keys(manifest)).not.toContain('error')
    expect(manifest.output).toHaveLength(3)
    for (const { type, file = '', url } of manifest.output) {
      expect([type, url]).toEqual(['Patient', undefined])
      expect(file).toMatch(/\/bulk-data\/r4\/\$export\/file\/Patient_[-0-9a-f]+\.ndjson$/)
      expect((await resourcesAt(vendor, file)).length).toBeLessThanOrEqual(500)
    }
  })

  test('1up-ste says only in its batches that some have failed', async () => {
    const vendor = visit('1up-ste', { faults: [faults.failBatches({ failed: 2 })] })
    expect((await vendor.exported('$export?_type=Patient', {})).batches).toEqual({
      running: 0,
      complete: 21,
      failed: 2,
      total: 23,
    })
  })

  test('1up-ste takes client headers everywhere, and tokens but for files', async () => {
    const vendor = visit('1up-ste', { clients, token: 'abc' })
    expect(await statusOf(vendor.kickOff('$export', {}))).toBe(401)
    expect(
      await statusOf(vendor.kickOff('$export', { headers: { ...clientHeaders, client_secret: 'abc' } })),
    ).toBe(401)
    const byHeaders = await vendor.exported('$export?_type=Patient', { headers: clientHeaders })
    const file = byHeaders.output[0]?.file ?? ''
    expect(await statusOf(vendor.ask(file, { headers: clientHeaders }))).toBe(200)
    const bearer = { authorization: 'Bearer abc' }
    await vendor.exported('$export?_type=Patient', { headers: bearer })
    expect(await statusOf(vendor.ask(file, { headers: bearer }))).toBe(401)
  })

  test('1up-ste gives tokens of two hours', async () => {
    const vendor = visit('1up-ste', { clients })
    const response = await vendor.ask(`${ORIGIN}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'app',
        client_secret: 'xyz',
        scope: 'system/*.rs',
      }),
    })
    const { access_token, expires_in } = (await response.json()) as Record<string, unknown>
    expect(expires_in).toBe(7200)
    const init = { headers: { authorization: `Bearer ${access_token}` } }
    const location = await vendor.start('$export', init)
    vendor.clock.advance(2 * HOUR_MS)
    expect(await statusOf(vendor.ask(location, init))).toBe(401)
  })

  test('1up-ste forgets nothing, and deletes nothing', async () => {
    const vendor = visit('1up-ste')
    const location = await vendor.start('$export?_type=Patient', {})
    vendor.clock.advance(10 * 365 * DAY_MS)
    const response = await vendor.ask(location)
    expect([response.status, response.headers.has('expires')]).toEqual([200, false])
    expect(await statusOf(vendor.ask(location, { method: 'DELETE' }))).toBe(405)
    expect(await statusOf(vendor.ask(location))).toBe(200)
  })
})
