/** What a row of a personality can say beside the IG, each on its own. */
import { expect, test } from 'vitest'
import { type Differences, personality } from '../../src/mock/index.js'
import {
  ask,
  exported,
  FHIR,
  headers,
  JOB_MS,
  lenient,
  ORIGIN,
  posted,
  pretend,
  start,
} from './conversation.js'

const like = (differences: Differences) => pretend({ personality: personality(differences) })

const kickOff = async (server: ReturnType<typeof pretend>, path: string, init: RequestInit = { headers }) =>
  (await ask(server.mock, `${FHIR}/${path}`, init)).status

test('parameters may stand in the URL of a POST without a body', async () => {
  const server = like({ kickOff: { methods: ['post-query'] } })
  const post = { method: 'POST', headers }
  expect(await kickOff(server, '$export', { headers })).toBe(405)
  const { output } = await exported(server, '$export?_type=Patient', post)
  expect(output.map(({ type }) => type)).toEqual(['Patient'])
  expect(await kickOff(server, '$export?_type=Nothing', post)).toBe(400)
  const both = like({ kickOff: { methods: ['post', 'post-query'] } })
  const body = posted([{ name: '_type', valueString: 'Patient' }])
  expect((await exported(both, '$export', body)).output).toHaveLength(1)
  expect((await exported(both, '$export?_type=Patient,Condition', body)).output).toHaveLength(2)
})

test('one level may take another method than the others', async () => {
  const server = like({ kickOff: { methods: ['get'], methodsAt: { patient: ['post'] } } })
  expect(await kickOff(server, 'Patient/$export')).toBe(405)
  expect(await kickOff(server, 'Patient/$export', posted([]))).toBe(202)
  expect(await kickOff(server, '$export', posted([]))).toBe(405)
})

test('headers may have to be exactly so', async () => {
  const server = like({
    kickOff: { accept: 'exact', prefer: 'exact' },
    refusals: { accept: 406, prefer: 422 },
  })
  expect(await kickOff(server, '$export')).toBe(202)
  expect(
    await kickOff(server, '$export', { headers: { ...headers, accept: 'application/fhir+json, */*' } }),
  ).toBe(406)
  expect(await kickOff(server, '$export', { headers: lenient })).toBe(422)
})

test('a level that is not there may be any refusal, in any media type', async () => {
  const server = like({ levels: ['group'], refusals: { level: 501 }, outcomeType: 'application/json' })
  const response = await ask(server.mock, `${FHIR}/$export`, { headers })
  expect([response.status, response.headers.get('content-type')]).toEqual([501, 'application/json'])
})

test.each([
  ['anything', ['Group/all/$export', 'Group/123/$export?_type=Patient', 'Group/123/$export'], []],
  ['target', ['Group/123/$export?_type=Patient', 'Group/123/$export'], ['Group/all/$export']],
  ['request', ['Group/123/$export'], ['Group/all/$export', 'Group/123/$export?_type=Patient']],
] as const)('a second job of the same kind (%s) is refused', async (same, refused, accepted) => {
  const server = like({
    secondJob: {
      same,
      as: 'running',
      status: 409,
      code: undefined,
      headers: (locations) => ({ 'content-location': locations.join(', '), 'retry-after': '0' }),
    },
  })
  const location = await start(server.mock, 'Group/123/$export')
  for (const path of refused) {
    const response = await ask(server.mock, `${FHIR}/${path}`, { headers })
    expect([response.status, await response.text(), response.headers.get('content-location')], path).toEqual([
      409,
      '',
      location,
    ])
  }
  for (const path of accepted) expect(await kickOff(server, path), path).toBe(202)
})

test('a job that is done may stand in the way until it is deleted', async () => {
  const server = like({
    secondJob: { same: 'target', as: 'kept', status: 429, code: 'throttled', headers: () => ({}) },
  })
  const location = await start(server.mock, 'Group/123/$export')
  server.clock.advance(JOB_MS)
  expect(await kickOff(server, 'Group/123/$export')).toBe(429)
  await ask(server.mock, location, { method: 'DELETE' })
  expect(await kickOff(server, 'Group/123/$export')).toBe(202)
})

test('who asks before Retry-After has passed may be told so', async () => {
  const server = pretend({
    personality: personality({ earlyPoll: 429, retryAfter: () => '5' }),
    jobMs: 60_000,
  })
  const location = await start(server.mock, '$export')
  const look = async () => (await ask(server.mock, location)).status
  expect([await look(), await look()]).toEqual([202, 429])
  server.clock.advance(5000)
  expect(await look()).toBe(202)
})

test('a job in progress may have any status, headers and body', async () => {
  const server = like({
    progress: () => undefined,
    running: {
      status: ({ polls }) => (polls === 1 ? 200 : 202),
      headers: () => ({ status: 'In Progress' }),
      body: ({ remainingMs }) => ({ remainingMs }),
    },
  })
  const location = await start(server.mock, '$export')
  for (const status of [200, 202]) {
    const response = await ask(server.mock, location)
    expect([response.status, response.headers.get('status'), await response.json()]).toEqual([
      status,
      'In Progress',
      { remainingMs: JOB_MS },
    ])
  }
})

test('a deleted job may say anything, and DELETE, too', async () => {
  const server = like({
    delete: { running: 200, outcome: true, again: 200, after: 200, afterText: 'canceled' },
  })
  const location = await start(server.mock, '$export')
  const deleted = await ask(server.mock, location, { method: 'DELETE' })
  expect([deleted.status, await deleted.json()]).toMatchObject([200, { resourceType: 'OperationOutcome' }])
  const after = await ask(server.mock, location)
  expect([after.status, after.headers.get('content-type'), await after.text()]).toEqual([
    200,
    'text/html',
    'canceled',
  ])
})

test('signed URLs may stand in the manifest, new at each look', async () => {
  const server = like({
    requiresAccessToken: false,
    files: { held: 'storage' },
    elsewhere: { used: true, signedMs: 5000 },
  })
  const location = await start(server.mock, '$export?_type=Patient')
  server.clock.advance(JOB_MS)
  const urlNow = async () => {
    const { output } = (await (await ask(server.mock, location)).json()) as { output: { url: string }[] }
    return output[0]?.url ?? ''
  }
  const first = await urlNow()
  expect(first).toMatch(/^https:\/\/elsewhere\.example\/.*X-Amz-Signature=/)
  expect((await ask(server.mock, first)).status).toBe(200)
  server.clock.advance(6000)
  expect((await ask(server.mock, first)).status).toBe(403)
  expect((await ask(server.mock, await urlNow())).status).toBe(200)
  expect((await ask(server.mock, first.replace('https://elsewhere.example', ORIGIN))).status).toBe(404)
})

test('files may have numbers instead of names, and pages of any size', async () => {
  const server = like({ paths: { file: '/Binary/{job}-{number}' }, files: { pageSize: 4 } })
  const { output } = await exported(server, 'Group/123/$export?_type=Patient')
  expect(output.map(({ count }) => count)).toEqual([4, 4, 2])
  for (const [index, { url }] of output.entries()) {
    expect(url).toMatch(new RegExp(`/Binary/[0-9a-f]+-${index + 1}$`))
    expect((await ask(server.mock, url)).status).toBe(200)
  }
})

test('a manifest may leave counts and deletions out, and write Expires as it likes', async () => {
  const server = like({
    manifest: { counts: false, deleted: false, expires: (at) => `${new Date(at).toISOString()} +0000 UTC` },
  })
  const location = await start(server.mock, '$export?_since=2020-01-01T00:00:00Z')
  server.clock.advance(JOB_MS)
  const response = await ask(server.mock, location)
  expect(response.headers.get('expires')).toMatch(/ \+0000 UTC$/)
  const manifest = (await response.json()) as { output: object[] }
  expect(Object.keys(manifest)).not.toContain('deleted')
  expect(Object.keys(manifest.output[0] ?? {})).toEqual(['type', 'url'])
})

test('groups may have ids of the vendor', async () => {
  const server = like({ groups: { 'a-1.C-195900': '123' } })
  expect((await exported(server, 'Group/a-1.C-195900/$export?_type=Patient')).output[0]?.count).toBe(10)
  expect(await kickOff(server, 'Group/a-1.C-1/$export')).toBe(404)
})

test('lists may have to be repeated, and parameters may be of the vendor', async () => {
  const server = like({ listParameters: 'repeat-only', parameters: ['_type', '_container'] })
  expect(await kickOff(server, '$export?_type=Patient,Condition')).toBe(400)
  expect(await kickOff(server, '$export?_type=Patient&_type=Condition&_container=x')).toBe(202)
  expect(await kickOff(server, '$export?_since=2020-01-01T00:00:00Z')).toBe(400)
})

test('the token endpoint may be on the second host', async () => {
  const server = pretend({
    personality: personality({ auth: { tokenHost: 'elsewhere' } }),
    clients: [{ id: 'app', secret: 'xyz' }],
  })
  const discovery = await ask(server.mock, `${FHIR}/.well-known/smart-configuration`)
  const { token_endpoint } = (await discovery.json()) as { token_endpoint: string }
  expect(token_endpoint).toBe('https://elsewhere.example/auth/token')
  const response = await ask(server.mock, token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: 'xyz',
      scope: 'system/*.rs',
    }),
  })
  expect(response.status).toBe(200)
})
