/** The life of a job as status requests see it. */
import { expect, test } from 'vitest'
import { personality } from '../../src/mock/index.js'
import { ask, exported, FHIR, JOB_MS, type Manifest, ORIGIN, pretend, start } from './conversation.js'

test('a job runs, is done, expires', async () => {
  const { mock, clock } = pretend()
  const kickOffAt = new Date(clock.now()).toISOString()
  const location = await start(mock, 'Group/123/$export?_type=Patient')
  const first = await ask(mock, location)
  expect([first.status, first.headers.get('x-progress'), first.headers.get('retry-after')]).toEqual([
    202,
    '0% complete',
    '1',
  ])
  clock.advance(JOB_MS * 0.45)
  expect((await ask(mock, location)).headers.get('x-progress')).toBe('45% complete')
  clock.advance(JOB_MS * 0.55)
  const done = await ask(mock, location)
  expect(done.status).toBe(200)
  expect(done.headers.get('content-type')).toBe('application/json')
  const manifest = (await done.json()) as Manifest
  expect(manifest).toEqual({
    transactionTime: kickOffAt,
    request: `${FHIR}/Group/123/$export?_type=Patient`,
    requiresAccessToken: false,
    output: [
      { type: 'Patient', url: `${location.replace('bulkstatus', 'bulkfiles')}/Patient.1.ndjson`, count: 10 },
    ],
    deleted: [],
    error: [],
  })
  const expires = Date.parse(done.headers.get('expires') ?? '')
  expect(expires).toBeGreaterThan(clock.now())
  clock.advance(expires - clock.now())
  expect((await ask(mock, location)).status).toBe(410)
  expect((await ask(mock, manifest.output[0]?.url ?? '')).status).toBe(410)
})

test('thirty days pass in no time', async () => {
  const { mock, clock } = pretend({ jobMs: 30 * 86_400_000 })
  const location = await start(mock, '$export')
  let polls = 1
  for (; (await ask(mock, location)).status === 202; polls += 1) await clock.sleep(3_600_000)
  expect(polls).toBe(721)
})

test.each([
  ['running', 0],
  ['done', JOB_MS],
])('a job that is %s can be deleted once', async (_, elapsedMs) => {
  const { mock, clock } = pretend()
  const location = await start(mock, '$export')
  clock.advance(elapsedMs)
  const deleted = await ask(mock, location, { method: 'DELETE' })
  expect([deleted.status, await deleted.text()]).toEqual([202, ''])
  clock.advance(JOB_MS)
  const status = await ask(mock, location)
  expect(status.status).toBe(404)
  expect(await status.json()).toMatchObject({ resourceType: 'OperationOutcome' })
  expect((await ask(mock, `${location.replace('bulkstatus', 'bulkfiles')}/Patient.1.ndjson`)).status).toBe(
    404,
  )
  expect((await ask(mock, location, { method: 'DELETE' })).status).toBe(404)
})

test('unknown jobs and files are not found', async () => {
  const { mock } = pretend()
  expect((await ask(mock, `${FHIR}/bulkstatus/0000`)).status).toBe(404)
  expect((await ask(mock, `${FHIR}/bulkfiles/0000/Patient.1.ndjson`)).status).toBe(404)
  expect((await ask(mock, `${FHIR}/bulkstatus/0000`, { method: 'POST' })).status).toBe(405)
})

test('a manifest comes in pages', async () => {
  const server = pretend({ manifestEntries: 5 })
  const pages: Manifest[] = [await exported(server, '$export')]
  for (let next = pages[0]?.link?.[0]?.url; next !== undefined; next = pages.at(-1)?.link?.[0]?.url)
    pages.push((await (await ask(server.mock, next)).json()) as Manifest)
  expect(pages.map(({ output }) => output.length)).toEqual([5, 5, 2])
  expect(new Set(pages.flatMap(({ output }) => output.map(({ url }) => url))).size).toBe(12)
})

test('files have at most as many resources as they should', async () => {
  const server = pretend({ pageSize: 40 })
  const { output } = await exported(server, '$export?_type=Patient')
  expect(output.map(({ count, url }) => [count, url.split('/').at(-1)])).toEqual([
    [40, 'Patient.1.ndjson'],
    [40, 'Patient.2.ndjson'],
    [20, 'Patient.3.ndjson'],
  ])
})

test('URLs are written with the origin of the request, or with the one that is given', async () => {
  const there = pretend({ base: 'https://elsewhere.example' })
  expect(await start(there.mock, '$export')).toMatch(/^https:\/\/elsewhere\.example\/fhir\/bulkstatus\//)
  expect(await start(pretend().mock, '$export')).toMatch(new RegExp(`^${ORIGIN}/fhir/bulkstatus/`))
})

test('the CapabilityStatement declares the export operations', async () => {
  const { mock } = pretend()
  const statement = (await (await ask(mock, `${FHIR}/metadata`)).json()) as {
    instantiates: string[]
    rest: { operation: unknown[]; resource: { type: string; operation?: unknown[] }[] }[]
  }
  expect(statement.instantiates).toEqual(['http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data'])
  const definition = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition'
  expect(statement.rest[0]?.operation).toEqual([{ name: 'export', definition: `${definition}/export` }])
  for (const [type, name] of [
    ['Patient', 'patient-export'],
    ['Group', 'group-export'],
  ])
    expect(statement.rest[0]?.resource.find((resource) => resource.type === type)?.operation).toEqual([
      { name: 'export', definition: `${definition}/${name}` },
    ])
})

test('a personality is the reference with differences', async () => {
  const odd = personality({
    name: 'odd',
    levels: ['group'],
    paths: { status: '/jobs?id={job}' },
    kickOff: { headers: (_job, { path }) => ({ 'content-location': path }), accept: 'ignored' },
    progress: ({ polls }) => `poll ${polls}`,
    retryAfter: () => undefined,
    delete: { running: 204, done: 410 },
    manifest: { reshape: ({ output }) => ({ output, status: 'ok' }) },
  })
  const { mock, clock } = pretend({ personality: odd })
  expect((await ask(mock, `${FHIR}/$export`, { headers: { prefer: 'respond-async' } })).status).toBe(404)
  const location = await start(mock, 'Group/123/$export', { headers: { prefer: 'respond-async' } })
  expect(location).toMatch(/^\/jobs\?id=[0-9a-f]+$/)
  const status = await ask(mock, ORIGIN + location)
  expect([status.headers.get('x-progress'), status.headers.get('retry-after')]).toEqual(['poll 1', null])
  clock.advance(JOB_MS)
  expect(Object.keys((await (await ask(mock, ORIGIN + location)).json()) as object)).toEqual([
    'output',
    'status',
  ])
  expect((await ask(mock, ORIGIN + location, { method: 'DELETE' })).status).toBe(410)
  expect((await ask(mock, ORIGIN + location)).status).toBe(200)
})

test('a rule of a personality sees the jobs: one export at a time', async () => {
  const oneAtATime = personality({
    name: 'one at a time',
    rules: ({ jobs }) => [
      async (call, next) => {
        const busy = [...jobs.all()].some(
          (job) => jobs.phaseOf(job) === 'running' || jobs.phaseOf(job) === 'accepted',
        )
        return call.phase === 'kick-off' && busy ? new Response(null, { status: 429 }) : next(call)
      },
    ],
  })
  const { mock, clock } = pretend({ personality: oneAtATime })
  await start(mock, '$export')
  await expect(start(mock, '$export')).rejects.toThrow(/^429/)
  clock.advance(JOB_MS)
  await start(mock, '$export')
})
