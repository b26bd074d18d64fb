/** Servers of records and claims in the United States, without the client: that they speak as it is written of them. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { syntheticData } from '../../src/mock/data/synthetic.js'
import { type Mock, type MockOptions, personalities } from '../../src/mock/index.js'
import type { FakeClock } from '../helpers/fake-clock.js'
import { ask, headers, ORIGIN, posted, pretend } from './conversation.js'
import { assertion, basic, client, JWT_BEARER, post, rsa, request as tokenRequest } from './identity.js'

const JOB_MS = 10_000
const DAY_MS = 86_400_000

type Name =
  | 'epic'
  | 'athena'
  | 'veradigm'
  | 'nextech'
  | 'modmed'
  | 'netsmart'
  | 'soarian'
  | 'bcda'
  | 'ab2d'
  | 'dpc'

interface Vendor {
  mock: Mock
  clock: FakeClock
  base: string
  kickOff(path: string, init?: RequestInit): Promise<Response>
  /** Says where the job is; throws when it is refused. */
  start(path: string, init?: RequestInit): Promise<string>
  ask(url: string, init?: RequestInit): Promise<Response>
  manifest(location: string): Promise<ManifestJson>
}

interface ManifestJson extends Record<string, unknown> {
  output: { type: string; url: string; count?: number; extension?: unknown }[]
}

const visit = (name: Name, options: Partial<MockOptions> = {}): Vendor => {
  const { mock, clock } = pretend({ jobMs: JOB_MS, personality: personalities[name], ...options })
  const base = ORIGIN + mock.personality.basePath
  const [method] = mock.personality.kickOff.methods
  const usual: RequestInit = { headers, method: method === 'get' ? 'GET' : 'POST' }
  const look = (url: string, init: RequestInit = { headers }) => ask(mock, url, init)
  const kickOff: Vendor['kickOff'] = (path, init = usual) => look(`${base}/${path}`, init)
  return {
    mock,
    clock,
    base,
    kickOff,
    start: async (path, init) => {
      const response = await kickOff(path, init)
      if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
      return response.headers.get('content-location') ?? ''
    },
    ask: look,
    manifest: async (location) => (await (await look(location)).json()) as ManifestJson,
  }
}

const statusOf = async (response: Promise<Response>): Promise<number> => (await response).status
const remove = (vendor: Vendor, url: string) => vendor.ask(url, { method: 'DELETE', headers })

interface Row {
  /** A kick-off that is taken. */
  takes: string
  /** Others, with the status that refuses them. */
  refuses: readonly (readonly [path: string, status: number])[]
  /** Path of the status URL, without the base. */
  status: RegExp
  /** Half-way: X-Progress and Retry-After. */
  progress: string | null
  retryAfter: string | null
  /** The keys of the manifest, and its requiresAccessToken. */
  manifest: readonly string[]
  requiresAccessToken: unknown
  expires: RegExp | undefined
  file: RegExp
  /** DELETE while it runs, the status after that, DELETE of what is done. */
  deleted: readonly [running: number, after: number, done: number]
}

const usualKeys = ['transactionTime', 'request', 'requiresAccessToken', 'output', 'error']
const storage = /^https:\/\/elsewhere\.example\/bulk-export\/[0-9a-f]+\/1\?X-Amz-/

const rows: Readonly<Record<Name, Row>> = {
  epic: {
    takes: 'Group/123/$export?_type=Patient',
    refuses: [
      ['$export', 404],
      ['Patient/$export', 404],
      ['Group/123/$export?_since=2024-01-01T00:00:00Z', 400],
      ['Group/123/$export?_elements=id', 400],
    ],
    status: /^\/interconnect-fhir-oauth\/api\/FHIR\/BulkRequest\/[0-9a-f]+$/,
    progress: '50%',
    retryAfter: null,
    manifest: usualKeys,
    requiresAccessToken: 'true',
    expires: undefined,
    file: /\/BulkRequest\/[0-9a-f]+\/e[\w]{15}\.[\w]{8}$/,
    deleted: [202, 404, 202],
  },
  athena: {
    takes: 'Group/a-1.C-195900/$export?_type=Patient',
    refuses: [
      ['$export', 404],
      ['Group/a-1.C-2/$export', 404],
      ['Group/a-1.C-195900/$export?_typeFilter=Patient%3Factive=true', 400],
    ],
    status: /^\/fhir\/r4\/bulk\/status\/[0-9a-f]+$/,
    progress: '50%',
    retryAfter: null,
    manifest: usualKeys,
    requiresAccessToken: false,
    expires: undefined,
    file: storage,
    deleted: [202, 404, 202],
  },
  veradigm: {
    takes: 'Group/123/$export?_type=Patient',
    refuses: [['Patient/$export', 404]],
    status: /^\/r4\/fhir\/bulkstatus\/[0-9a-f]+$/,
    progress: '50% complete',
    retryAfter: '5',
    manifest: usualKeys,
    requiresAccessToken: false,
    expires: /GMT$/,
    file: /\/r4\/fhir\/bulkfiles\/[0-9a-f]+\/Patient\.1\.ndjson$/,
    deleted: [202, 404, 202],
  },
  nextech: {
    takes: '$export?_type=Patient',
    refuses: [['Observation/$export', 404]],
    status: /^\/api\/r4\/bulkstatus\/[0-9a-f]+$/,
    progress: null,
    retryAfter: '5',
    manifest: usualKeys,
    requiresAccessToken: false,
    expires: undefined,
    file: storage,
    deleted: [202, 404, 202],
  },
  modmed: {
    takes: 'Patient/$export?_type=Patient',
    refuses: [
      ['Patient/$export?_elements=id', 400],
      ['Patient/$export?_outputFormat=csv', 400],
    ],
    status: /\/fhir-services\/\$export-status\/[0-9a-f]+$/,
    progress: null,
    retryAfter: '5',
    manifest: [
      'transactionTime',
      'request',
      'requiresAccessToken',
      'output',
      'deleted',
      'error',
      'expirationTime',
    ],
    requiresAccessToken: false,
    expires: undefined,
    file: storage,
    deleted: [202, 404, 202],
  },
  netsmart: {
    takes: 'Group/123/$export?_type=Patient',
    refuses: [
      ['$export', 403],
      ['Patient/$export', 403],
      ['Group/nobody/$export', 404],
    ],
    status: /\/\$export-poll-status\?_id=[0-9a-f]+$/,
    progress: 'Running (50% complete)',
    retryAfter: '5',
    manifest: usualKeys,
    requiresAccessToken: true,
    expires: undefined,
    file: /\/Binary\/[0-9a-f]+-1\/\$export-download$/,
    deleted: [202, 404, 202],
  },
  soarian: {
    takes: 'Group/All_Patients/$export?_type=Patient',
    refuses: [
      ['$export', 501],
      ['Group/All_Patients/$export?_elements=id', 400],
    ],
    status: /^\/bulk-api\/request\/[0-9a-f]+$/,
    progress: '50.0% complete',
    retryAfter: null,
    manifest: usualKeys,
    requiresAccessToken: 'true',
    expires: undefined,
    file: /\/bulk-api\/download\/[0-9a-f]+\/[-0-9a-f]{36}_Patient\.ndjson$/,
    deleted: [202, 404, 202],
  },
  bcda: {
    takes: 'Group/all/$export?_type=Patient',
    refuses: [
      ['$export', 404],
      ['Group/nobody/$export', 400],
      ['Patient/$export?_elements=id', 400],
      ['Patient/$export?_type=Patient,Patient', 400],
      ['Patient/$export?_type=Observation', 400],
      ['Patient/$export?_since=2999-01-01T00:00:00Z', 400],
      ['Patient/$export?_typeFilter=Patient%3Factive=true&_typeFilter=Patient%3Factive=false', 400],
    ],
    status: /^\/api\/v2\/jobs\/[0-9a-f]+$/,
    progress: 'In Progress (50%)',
    retryAfter: null,
    manifest: [...usualKeys, 'JobID'],
    requiresAccessToken: true,
    expires: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC$/,
    file: /\/data\/[0-9a-f]+\/Patient\.1\.ndjson$/,
    deleted: [202, 404, 410],
  },
  ab2d: {
    takes: 'Patient/$export',
    refuses: [
      ['Group/123/$export', 404],
      ['Patient/$export?_type=Patient', 400],
      ['Patient/$export?_since=2024-01-01T00:00:00', 400],
    ],
    status: /^\/api\/v2\/fhir\/Job\/[0-9a-f]+\/\$status$/,
    progress: '50% complete',
    retryAfter: '5',
    manifest: usualKeys,
    requiresAccessToken: true,
    expires: /GMT$/,
    file: /\/Job\/[0-9a-f]+\/file\/Z0000_0001_ExplanationOfBenefit\.ndjson$/,
    deleted: [202, 404, 400],
  },
  dpc: {
    takes: 'Group/123/$export?_type=Patient',
    refuses: [['$export', 404]],
    status: /^\/api\/v1\/Jobs\/[0-9a-f]+$/,
    progress: 'RUNNING: 50.00%',
    retryAfter: null,
    manifest: [...usualKeys, 'extension'],
    requiresAccessToken: true,
    expires: /GMT$/,
    file: /\/api\/v1\/Data\/[0-9a-f]+-1\.Patient\.ndjson$/,
    deleted: [405, 202, 405],
  },
}

const table = Object.entries(rows) as [Name, Row][]

test.each(table)('%s: which kick-offs it takes', async (name, { takes, refuses, status }) => {
  const vendor = visit(name)
  for (const [path, refused] of refuses) expect(await statusOf(vendor.kickOff(path)), path).toBe(refused)
  const location = await vendor.start(takes)
  expect(location.slice(ORIGIN.length)).toMatch(status)
})

test.each(table)('%s: how it says that it is not done', async (name, { takes, progress, retryAfter }) => {
  const vendor = visit(name)
  const location = await vendor.start(takes)
  vendor.clock.advance(JOB_MS / 2)
  const said = await vendor.ask(location)
  expect([said.status, said.headers.get('x-progress'), said.headers.get('retry-after')]).toEqual([
    202,
    progress,
    retryAfter,
  ])
  expect(await said.text()).toBe('')
})

test.each(table)('%s: what its manifest is like', async (name, row) => {
  const vendor = visit(name)
  const location = await vendor.start(row.takes)
  vendor.clock.advance(JOB_MS)
  const { headers: said } = await vendor.ask(location)
  if (row.expires === undefined) expect(said.has('expires')).toBe(false)
  else expect(said.get('expires')).toMatch(row.expires)
  const manifest = await vendor.manifest(location)
  expect(Object.keys(manifest)).toEqual(row.manifest)
  // Veradigm's row leaves it to whether the server wants a token.
  expect(manifest.requiresAccessToken).toBe(row.requiresAccessToken)
  expect(manifest.output[0]?.url).toMatch(row.file)
  const file = await vendor.ask(manifest.output[0]?.url ?? '')
  expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/fhir+ndjson'])
})

test.each(table)('%s: what DELETE comes to', async (name, { takes, deleted: [running, after, done] }) => {
  const first = visit(name)
  const running1 = await first.start(takes)
  expect(await statusOf(remove(first, running1))).toBe(running)
  expect(await statusOf(first.ask(running1))).toBe(after)
  const second = visit(name)
  const complete = await second.start(takes)
  second.clock.advance(JOB_MS)
  expect(await statusOf(remove(second, complete))).toBe(done)
})

describe('a second kick-off', () => {
  test('epic: none of the same group for a day, unless the first was deleted before it was complete', async () => {
    const vendor = visit('epic')
    const path = 'Group/123/$export?_type=Patient'
    await remove(vendor, await vendor.start(path))
    const location = await vendor.start(path)
    expect(await statusOf(vendor.kickOff('Group/123/$export'))).toBe(429)
    expect(await statusOf(vendor.kickOff('Group/all/$export'))).toBe(202)
    vendor.clock.advance(JOB_MS)
    await remove(vendor, location)
    expect(await statusOf(vendor.kickOff(path))).toBe(429)
    vendor.clock.advance(DAY_MS)
    expect(await statusOf(vendor.kickOff(path))).toBe(202)
    vendor.clock.advance(2 * DAY_MS)
    expect(await statusOf(vendor.kickOff(path)), 'not deleted').toBe(429)
  })

  test('netsmart: 429 and an OperationOutcome', async () => {
    const vendor = visit('netsmart')
    await vendor.start('Group/123/$export')
    const second = await vendor.kickOff('Group/all/$export')
    expect([second.status, await second.json()]).toMatchObject([429, { issue: [{ code: 'throttled' }] }])
    expect(second.headers.has('x-correlation-id')).toBe(true)
  })

  test('soarian: 409 for the same request while it runs, in words that are no JSON', async () => {
    const vendor = visit('soarian')
    await vendor.start('Group/All_Patients/$export?_type=Patient')
    const second = await vendor.kickOff('Group/All_Patients/$export?_type=Patient')
    expect(second.status).toBe(409)
    expect(await second.text()).toContain('{\\n\\t"resourceType": "OperationOutcome"')
    expect(await statusOf(vendor.kickOff('Group/All_Patients/$export?_type=Condition'))).toBe(202)
  })

  test('bcda: 429 without a body, and a Retry-After of 0', async () => {
    const vendor = visit('bcda')
    await vendor.start('Patient/$export?_type=Patient')
    const second = await vendor.kickOff('Patient/$export?_type=Patient')
    expect([second.status, second.headers.get('retry-after'), await second.text()]).toEqual([429, '0', ''])
  })

  test('ab2d: 429 and the running jobs, joined by commas', async () => {
    const vendor = visit('ab2d')
    const location = await vendor.start('Patient/$export')
    const second = await vendor.kickOff('Patient/$export')
    expect([second.status, second.headers.get('content-location')]).toEqual([429, location])
  })
})

describe('headers', () => {
  const bare = { headers: {} }

  test.each<[Name, number]>([
    ['epic', 202],
    ['nextech', 400],
    ['soarian', 406],
    ['bcda', 400],
    ['dpc', 400],
  ])('%s: a kick-off without any is %i', async (name, status) => {
    const vendor = visit(name)
    expect(await statusOf(vendor.kickOff(rows[name].takes, bare))).toBe(status)
  })

  test('nextech: Accept is as one likes', async () => {
    const vendor = visit('nextech')
    const init = { headers: { prefer: 'respond-async', accept: 'text/plain' } }
    expect(await statusOf(vendor.kickOff('$export', init))).toBe(202)
  })

  test('dpc: Prefer is respond-async and nothing else', async () => {
    const vendor = visit('dpc')
    const init = { headers: { ...headers, prefer: 'respond-async, handling=lenient' } }
    expect(await statusOf(vendor.kickOff('Patient/$export', init))).toBe(400)
  })

  test('soarian: Prefer on status and DELETE, and application/fhir+json on status', async () => {
    const vendor = visit('soarian')
    const location = await vendor.start('Patient/$export')
    const json = { ...headers, accept: 'application/json' }
    expect(await statusOf(vendor.ask(location, { headers: json }))).toBe(406)
    expect(await statusOf(vendor.ask(location, { headers: { accept: headers.accept } }))).toBe(406)
    expect(await statusOf(vendor.ask(location, { method: 'DELETE' }))).toBe(406)
    expect(await statusOf(vendor.ask(location))).toBe(202)
  })

  test('modmed: POST with a query, and "Status" instead of X-Progress', async () => {
    const vendor = visit('modmed')
    expect(await statusOf(vendor.kickOff('Patient/$export', { headers }))).toBe(405)
    const location = await vendor.start('Patient/$export?_type=Patient')
    expect((await vendor.ask(location)).headers.get('status')).toBe('In Progress')
    const csv = await vendor.kickOff('Patient/$export?_outputFormat=csv')
    expect(await csv.text()).toContain('"Invalid Tenant"')
  })

  test('netsmart: POST with a body, too', async () => {
    const vendor = visit('netsmart')
    expect(await statusOf(vendor.kickOff('Group/123/$export', posted([])))).toBe(202)
  })

  test('bcda: Connection: close, always', async () => {
    const vendor = visit('bcda')
    expect((await vendor.kickOff('Patient/$export')).headers.get('connection')).toBe('close')
  })

  test('athena: refusals come with words of CloudFront', async () => {
    const vendor = visit('athena')
    expect((await vendor.kickOff('$export')).headers.get('x-cache')).toBe('Error from cloudfront')
    expect((await vendor.kickOff(rows.athena.takes)).headers.has('x-cache')).toBe(false)
  })
})

describe('waiting', () => {
  test.each<Name>(['veradigm', 'ab2d'])('%s: who looks before Retry-After gets 429', async (name) => {
    const vendor = visit(name)
    const location = await vendor.start(rows[name].takes)
    const first = await vendor.ask(location)
    expect(first.status).toBe(202)
    expect(await statusOf(vendor.ask(location))).toBe(429)
    vendor.clock.advance(Number(first.headers.get('retry-after')) * 1000)
    expect(await statusOf(vendor.ask(location))).not.toBe(429)
  })

  test('nextech: more than 20 requests a second are refused', async () => {
    const vendor = visit('nextech')
    const location = await vendor.start('$export')
    const seen = await Promise.all(Array.from({ length: 20 }, () => statusOf(vendor.ask(location))))
    expect(seen.filter((status) => status === 429)).toHaveLength(1)
    vendor.clock.advance(1000)
    expect(await statusOf(vendor.ask(location))).toBe(202)
  })

  test.each<[Name, number, string]>([
    ['bcda', 410, 'The export'],
    ['dpc', 410, ''],
    ['soarian', 404, 'deleted'],
  ])('%s: a job that is over is %i', async (name, status, words) => {
    const vendor = visit(name)
    const location = await vendor.start(rows[name].takes)
    vendor.clock.advance(30 * DAY_MS)
    const said = await vendor.ask(location)
    const text = await said.text()
    expect(said.status).toBe(status)
    if (words === '') expect(text).toBe('')
    else expect(text).toContain(words)
  })

  test('dpc: a job that nobody knows is 404 in plain text', async () => {
    const vendor = visit('dpc')
    const said = await vendor.ask(`${vendor.base}/Jobs/none`)
    expect([said.status, await said.text()]).toEqual([404, 'Could not find job'])
  })

  test('dpc: a group of nobody is 406', async () => {
    const data = { ...syntheticData({ seed: 1, patients: 10 }), group: async () => new Set<string>() }
    expect(await statusOf(visit('dpc', { data }).kickOff('Group/1/$export'))).toBe(406)
  })

  test('ab2d: without _since it is what came since the last export', async () => {
    const vendor = visit('ab2d')
    const listed = async () => {
      const location = await vendor.start('Patient/$export')
      vendor.clock.advance(JOB_MS)
      return (await vendor.manifest(location)).output.length
    }
    expect(await listed()).toBe(1)
    expect(await listed()).toBe(0)
    const location = await vendor.start('Patient/$export?_since=2000-01-01T00:00:00Z')
    vendor.clock.advance(JOB_MS)
    expect((await vendor.manifest(location)).output).toHaveLength(1)
  })
})

describe('files', () => {
  const exported = async (vendor: Vendor, path: string): Promise<ManifestJson> => {
    const location = await vendor.start(path)
    vendor.clock.advance(JOB_MS)
    return vendor.manifest(location)
  }

  test('ab2d: six times, then 500; gzip, a strange Content-Disposition, a checksum in the manifest', async () => {
    const vendor = visit('ab2d')
    const [entry] = (await exported(vendor, 'Patient/$export')).output
    const bytes = Buffer.from(await (await vendor.ask(entry?.url ?? '')).arrayBuffer())
    expect(entry?.extension).toEqual([
      {
        url: 'https://ab2d.cms.gov/checksum',
        valueString: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      },
      { url: 'https://ab2d.cms.gov/file_length', valueDecimal: bytes.length },
    ])
    const coded = await vendor.ask(entry?.url ?? '', { headers: { 'accept-encoding': 'gzip' } })
    expect(coded.headers.get('content-encoding')).toBe('gzip')
    expect(coded.headers.get('content-disposition')).toMatch(
      /^inline; swaggerDownload="attachment"; filename=/,
    )
    await coded.arrayBuffer()
    for (let fetch = 3; fetch <= 6; fetch += 1) expect(await statusOf(vendor.ask(entry?.url ?? ''))).toBe(200)
    expect(await statusOf(vendor.ask(entry?.url ?? ''))).toBe(500)
  })

  test('bcda: a type without data is blank.ndjson; a file that is not there is 404 in plain text', async () => {
    const vendor = visit('bcda')
    const { output } = await exported(vendor, 'Patient/$export')
    const blank = output.find(({ type }) => type === 'Coverage')?.url ?? ''
    expect(blank).toMatch(/\/blank\.ndjson$/)
    expect(await (await vendor.ask(blank)).text()).toBe('')
    const absent = await vendor.ask(blank.replace('blank', 'other'))
    expect([absent.status, absent.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8'])
  })

  test('dpc: ETag without quotes, Last-Modified as a number, and ranges that are not what they say', async () => {
    const vendor = visit('dpc', { data: { patients: 3000 } })
    const { output } = await exported(vendor, 'Patient/$export?_type=Patient')
    const url = output[0]?.url ?? ''
    const whole = await vendor.ask(url)
    expect(whole.headers.get('etag')).toMatch(/^[0-9a-f]+$/)
    expect(whole.headers.get('last-modified')).toMatch(/^\d{13}$/)
    expect((await whole.arrayBuffer()).byteLength).toBeGreaterThan(2 ** 20 + 100)
    const part = await vendor.ask(url, { headers: { range: 'bytes=100-' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes 100-${100 + 2 ** 20}/${2 ** 20}`,
    ])
  })

  test('modmed: files of 1000 resources, and when they end in the body', async () => {
    const vendor = visit('modmed', { data: { patients: 1500 } })
    const manifest = await exported(vendor, 'Patient/$export?_type=Patient')
    expect(manifest.output.map(({ count }) => count)).toEqual([1000, 500])
    expect(Date.parse(String(manifest.expirationTime))).toBeGreaterThan(vendor.clock.now())
  })

  test('soarian: the manifest speaks of a request that nobody made', async () => {
    const { request } = await exported(visit('soarian'), 'Group/All_Patients/$export')
    expect(request).toBe(`${ORIGIN}/bulk-api/request/Group/All_Patients/$export`)
  })
})

describe('identity', () => {
  const clients = [client()]

  test.each<[Name, unknown, boolean]>([
    ['bcda', '1200', false],
    ['ab2d', 3600, false],
    ['athena', 3600, true],
  ])('%s: a secret in Basic is good for %j', async (name, lifetime, needsScope) => {
    const vendor = visit(name, { clients })
    const { tokenUrl, tokenHost } = vendor.mock.personality.auth
    const url = (tokenHost === 'here' ? ORIGIN : vendor.mock.elsewhere.origin) + tokenUrl
    const scope = needsScope ? 'system/*.rs' : undefined
    const response = await post(vendor.mock, { grant_type: 'client_credentials', scope }, basic(), url)
    expect(await response.json()).toMatchObject({ expires_in: lifetime })
  })

  test.each<[Name, number, string | undefined]>([
    ['epic', 200, undefined],
    ['nextech', 400, undefined],
    ['nextech', 200, 'system/*.rs'],
    ['modmed', 400, 'system/*.read'],
    ['modmed', 200, 'system/*.rs'],
    ['netsmart', 400, undefined],
    ['dpc', 400, 'system/*.rs'],
    ['dpc', 200, 'system/*.*'],
  ])('%s: a token is %i for the scope %s', async (name, status, scope) => {
    const vendor = visit(name, { clients })
    const url = ORIGIN + vendor.mock.personality.auth.tokenUrl
    const wrong = { claims: { aud: url } }
    const response = await post(
      vendor.mock,
      {
        grant_type: 'client_credentials',
        client_assertion_type: JWT_BEARER,
        client_assertion: await assertion(vendor.clock, wrong),
        scope,
      },
      {},
      url,
    )
    expect(response.status).toBe(status)
  })

  test.each<[Name, number]>([
    ['nextech', 900],
    ['modmed', 1800],
  ])('%s: tokens are good for %i seconds', async (name, seconds) => {
    const vendor = visit(name, { clients })
    expect(await (await tokenRequest(vendor)).json()).toMatchObject({ expires_in: seconds })
  })

  test('veradigm: an elliptic key is refused, and the configuration does not say what is taken', async () => {
    const vendor = visit('veradigm', { clients })
    expect(await statusOf(tokenRequest(vendor))).toBe(400)
    expect(await statusOf(tokenRequest(vendor, {}, { key: rsa }))).toBe(200)
    const said = await vendor.ask(`${vendor.base}/.well-known/smart-configuration`)
    expect(await said.text()).not.toMatch(/private_key_jwt|RS384/)
  })

  test('ab2d: no token is 401, an old one 403 without a body', async () => {
    const vendor = visit('ab2d', { clients })
    expect(await statusOf(vendor.kickOff('Patient/$export'))).toBe(401)
    const init = { headers: { ...headers, authorization: 'Bearer old' } }
    const old = await vendor.kickOff('Patient/$export', init)
    expect([old.status, await old.text()]).toEqual([403, ''])
  })

  test('modmed: 401 has no body', async () => {
    const said = await visit('modmed', { clients }).kickOff('Patient/$export')
    expect([said.status, await said.text()]).toEqual([401, ''])
  })

  test('athena: a scope without searching is 401, with words that tell', async () => {
    const vendor = visit('athena', { clients })
    const { access_token } = (await (await tokenRequest(vendor, { scope: 'system/*.read' })).json()) as {
      access_token: string
    }
    const init = { headers: { ...headers, authorization: `Bearer ${access_token}` } }
    const said = await vendor.kickOff('Group/a-1.C-195900/$export', init)
    expect([said.status, await said.text()]).toEqual([401, expect.stringContaining('read+search')])
  })

  test('epic: who may not has a number, too', async () => {
    const said = await visit('epic', { token: 'abc' }).kickOff('Group/123/$export')
    expect([said.status, await said.json()]).toMatchObject([
      401,
      { issue: [{ details: { coding: [{ code: '59130' }] } }] },
    ])
  })
})

test.each<[Name, string, string]>([
  ['epic', 'Epic', 'Epic'],
  ['bcda', 'Centers for Medicare & Medicaid Services', 'Beneficiary Claims Data API'],
  ['ab2d', 'Centers for Medicare & Medicaid Services', 'AB2D'],
  ['dpc', 'Centers for Medicare and Medicaid Services', 'Data @ Point of Care API'],
])('%s: the CapabilityStatement says whose it is', async (name, publisher, software) => {
  const vendor = visit(name)
  const said = await vendor.ask(`${vendor.base}/metadata`)
  expect(await said.json()).toMatchObject({ publisher, software: { name: software } })
})
