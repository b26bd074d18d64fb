/** The client at servers that anybody can run, those of clouds and those of guides: as their rows say. */
import { expect, test } from 'vitest'
import { syntheticData } from '../../src/mock/data/synthetic.js'
import { manifestOf } from '../helpers/stored-export.js'
import { type Vendor, visit } from './visit.js'

const HOUR_MS = 3_600_000

interface Row {
  argv: readonly string[]
  kickedOff: string
  /** The parameters of a POST, by name. */
  posted?: readonly string[]
  /** The statuses of DELETE. */
  deleted: readonly number[]
  /** Files see a credential. */
  withToken?: true
}

const bearer = ['--auth', 'bearer']
const delivery = 'exportType:canonical=hl7.fhir.us.davinci-pdex#provider-delta'

const rows: readonly (readonly [Vendor, Row])[] = [
  [
    'hapi',
    {
      argv: ['Patient/pat-1', '--type', 'Patient,Observation'],
      kickedOff: '/fhir/Patient/pat-1/$export?_type=Patient,Observation',
      deleted: [404],
      withToken: true,
    },
  ],
  [
    'smile',
    {
      argv: ['Group/123', '--type', 'Patient'],
      kickedOff: '/fhir_request/Group/123/$export?_type=Patient',
      deleted: [404],
      withToken: true,
    },
  ],
  [
    'aidbox',
    {
      argv: ['Patient', '--type', 'Patient', '--output-format', 'application/fhir+ndjson+gzip'],
      kickedOff: '/fhir/Patient/$export?_outputFormat=application/fhir%2Bndjson%2Bgzip&_type=Patient',
      deleted: [202],
    },
  ],
  ['medplum', { argv: ['Group/123'], kickedOff: '/fhir/R4/Group/123/$export', deleted: [202] }],
  [
    'openemr',
    {
      argv: ['Group/123', '--type', 'Patient'],
      kickedOff: '/apis/default/fhir/Group/123/$export?_type=Patient',
      deleted: [202],
      withToken: true,
    },
  ],
  [
    'linuxforhealth',
    {
      argv: ['Patient', '--type', 'Patient'],
      kickedOff: '/fhir-server/api/v4/Patient/$export?_type=Patient',
      deleted: [202],
    },
  ],
  ['firely', { argv: [...bearer], kickedOff: '/$export', deleted: [202], withToken: true }],
  [
    'davinci',
    {
      argv: ['Group/123', '--param', delivery, '--type', 'Patient', '--scope', 'system/*.rs'],
      kickedOff: '/fhir/Group/123/$davinci-data-export',
      posted: ['_type', 'exportType'],
      deleted: [202],
    },
  ],
  [
    'stu4',
    {
      argv: ['Group/123', '--type', 'Patient,Observation', '--scope', 'system/*.rs'],
      kickedOff: '/fhir/Group/123/$export',
      posted: ['_type', '_type'],
      deleted: [202],
      withToken: true,
    },
  ],
]

test.each(rows)('%s: an export goes as its row says', async (vendor, row) => {
  const there = await visit(vendor)
  await there.export(row.argv)
  expect(there.kickedOff()).toBe(row.kickedOff)
  const [kickOff] = there.asked('kick-off')
  const { parameter = [] } = JSON.parse(kickOff?.body || '{}') as { parameter?: { name: string }[] }
  expect(parameter.map(({ name }) => name)).toEqual(row.posted ?? [])
  expect(there.asked('delete').map(({ status }) => status)).toEqual(row.deleted)
  expect(there.asked('file').length).toBeGreaterThan(0)
  for (const { status, headers } of there.asked('file')) {
    expect(status).toBe(200)
    expect(headers.authorization !== undefined).toBe(row.withToken === true)
  }
  expect(await there.findings()).toEqual([])
})

test('azure: that files are out of reach is said before; the token is no storage credential', async () => {
  const there = await visit('azure')
  const err = await there.export([...bearer, '--type', 'Patient'], { exit: 7 })
  expect(err).toMatch(/preset azure: files are in Azure storage.*\nhint: .*azcopy.*\nkick-off: GET/)
  expect(err).toContain('Public access is not permitted')
  for (const { headers } of there.asked('file')) expect(headers.authorization).toBeUndefined()
  expect(there.asked('delete')).toEqual([])
})

test('google: a resource name is no address; the client says so and asks nothing else', async () => {
  const there = await visit('google')
  const err = await there.export(['Patient', ...bearer, '--type', 'Patient'], { exit: 4 })
  expect(err).toMatch(/preset google: the job cannot be polled.*\nhint: .*gcloud/)
  expect(err).toMatch(/its answer names projects\/p\/locations\/\S+\/operations\/[0-9a-f]+/)
  expect(there.asked('kick-off')).toHaveLength(1)
  const group = await there.run(
    ['export', 'Group/123', '--server', there.server, '--preset', 'google', ...bearer, '--out', 'group'],
    { exit: 4 },
  )
  expect(group).toContain('needs --organize-output-by')
})

test('hapi: the same request again gives the job that was there, and it is said', async () => {
  const there = await visit('hapi')
  const argv = ['export', 'Patient', '--type', 'Patient', '--server', there.server, '--preset', 'none']
  await there.run([...argv, '--out', 'first'])
  there.clock.advance(HOUR_MS)
  const err = await there.run([...argv, '--out', 'second'])
  expect(err).toContain('is older than the kick-off')
})

test.each(['hapi', 'smile'] as const)('%s: the preset gets a new job for the same request', async (name) => {
  const there = await visit(name)
  const argv = ['export', 'Patient', '--type', 'Patient', '--server', there.server, '--preset', name]
  await there.run([...argv, '--out', 'first'])
  there.clock.advance(HOUR_MS)
  const err = await there.run([...argv, '--out', 'second'])
  expect(err).not.toContain('is older than the kick-off')
})

test('hapi: files that are purged end 7, each with its 404', async () => {
  const there = await visit('hapi')
  const argv = ['Patient', '--type', 'Patient', '--server', there.server, '--preset', 'hapi', '--out', 'out']
  await there.run(['kickoff', ...argv])
  there.clock.advance(3 * HOUR_MS)
  const err = await there.run(['resume', 'out'], { exit: 7 })
  expect(err).toContain('The file was removed')
})

test('medplum: a job that has failed looks busy until the deadline', async () => {
  const data = { ...syntheticData({ seed: 1, patients: 10 }), select: () => Promise.reject(new Error('no')) }
  const there = await visit('medplum', { data })
  const err = await there.export(['Group/123', '--type', 'Patient', '--deadline', '20h'], { exit: 9 })
  expect(err).toContain('the deadline has come')
})

test('openemr: an outcome in the manifest is a finding, and no data is none', async () => {
  const reports = () => [{ severity: 'error', code: 'incomplete', diagnostics: 'no time' }] as const
  const data = { ...syntheticData({ seed: 1, patients: 10 }), reports }
  const there = await visit('openemr', { data, identity: 'none' })
  const argv = ['--type', 'Patient', '--server', there.server, '--preset', 'openemr', '--auth', 'none']
  const err = await there.run(['export', ...argv, '--out', 'out'], { exit: 10 })
  expect(err).toContain('The export stopped at the end of its time')
  const scope = 'system/*.$export system/*.$bulkdata-status system/Binary.read system/Patient.read'
  const none = await visit('openemr')
  await none.export(['--type', 'Patient', '--since', '2025-12-31T00:00:00Z', '--scope', scope])
  expect(none.asked('token')[0]?.body).toContain('%24bulkdata-status')
  expect(await none.findings()).toContain('no-data')
})

test('linuxforhealth: its own form of time is understood and kept, its opaque job id sent byte for byte', async () => {
  const there = await visit('linuxforhealth')
  await there.export(['Patient', '--type', 'Patient'])
  expect((await manifestOf(there.directory))?.transactionTime).toMatch(/^\d{4}\/\d\d\/\d\d .* -0500$/)
  for (const { url } of there.asked('status')) expect(url).toMatch(/\?job=[0-9a-f]+%3D%3D$/)
})

test('firely: a cancelled job is gone', async () => {
  const there = await visit('firely', { jobMs: HOUR_MS })
  await there.export([], { exit: 130, interruptAt: 'in progress' })
  await there.run(['cancel', 'out'])
  await there.run(['resume', 'out'], { exit: 6 })
})

test('stu4: files are had while the job goes on, from the pages that come, each once', async () => {
  const there = await visit('stu4', { jobMs: 100_000 })
  const err = await there.export(['Group/123', '--allow-partial-manifests', '--scope', 'system/*.rs'])
  expect([...err.matchAll(/so far: (\d+) files/g)].map(([, number]) => number)).toEqual(['3', '6', '9'])
  const [job] = [...there.mock.jobs.all()]
  const files = there.asked('file')
  expect(new Set(files.map(({ url }) => url)).size).toBe(files.length)
  const early = files.filter(({ at }) => at < (job?.readyAt ?? 0))
  expect(early.length).toBeGreaterThan(files.length / 2)
  const looks = there.asked('status').map(({ at }) => at)
  for (const { at } of early) expect(looks.some((look) => look > at)).toBe(true)
  expect(await there.findings()).toEqual([])
})

test('stu4: Prefer: separate-export-status is a header, and the job is read from X-Export-Status', async () => {
  const prefer = ['--header', 'Prefer: respond-async, separate-export-status', '--scope', 'system/*.rs']
  const there = await visit('stu4', { jobMs: 60_000 })
  await there.export(['Group/123', '--type', 'Patient', ...prefer])
  expect(there.asked('status').map(({ status }) => status)).toEqual(there.asked('status').map(() => 200))
  expect(there.asked('status').length).toBeGreaterThan(3)
  const data = { ...syntheticData({ seed: 1, patients: 10 }), select: () => Promise.reject(new Error('no')) }
  const failing = await visit('stu4', { data })
  const err = await failing.export(['Group/123', '--type', 'Patient', ...prefer], { exit: 5 })
  expect(err).toContain('The export failed: Error: no')
})

test('stu4: files by instance, without their headers in the counts', async () => {
  const there = await visit('stu4', { pageSize: 50 })
  await there.export(['Group/123', '--organize-output-by', 'Patient', '--scope', 'system/*.rs'])
  const manifest = (await manifestOf(there.directory)) as unknown as Record<string, unknown>
  expect(manifest.outputOrganizedBy).toBe('Patient')
  const output = manifest.output as { count: number; url: string; continuesInFile?: string }[]
  expect(output.some((entry) => entry.continuesInFile !== undefined)).toBe(true)
  expect(await there.read(output[0]?.url ?? '')).toMatch(/^\{"resourceType":"Parameters".*"Patient\/pat-1"/)
  expect(await there.findings()).toEqual([])
})

test('stu4: associated data goes as a Coding; what the server says of the export is a finding of its severity', async () => {
  const reports = () => [{ severity: 'warning', code: 'processing', diagnostics: 'some are late' }] as const
  const there = await visit('stu4', { data: { ...syntheticData({ seed: 1, patients: 10 }), reports } })
  const system = 'http://hl7.org/fhir/uv/bulkdata/CodeSystem/include-associated-data'
  const argv = ['--include-associated-data', `${system}|LatestProvenanceResources`, '--scope', 'system/*.rs']
  await there.export(['Group/123', '--type', 'Patient', ...argv])
  expect(JSON.parse(there.asked('kick-off')[0]?.body ?? '')).toMatchObject({
    parameter: [{}, { valueCoding: { system, code: 'LatestProvenanceResources' } }],
  })
  expect(await there.findings()).toEqual(['server-issue'])
  expect(await manifestOf(there.directory)).toMatchObject({
    error: [{ countSeverity: [{ code: 'warning', count: 1 }] }],
  })
})
