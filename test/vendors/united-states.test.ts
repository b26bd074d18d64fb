/** The client at servers of records and claims in the United States: from kick-off to DELETE, as their rows say. */
import { expect, test } from 'vitest'
import {
  editContent,
  editManifest,
  entriesOf,
  faults,
  personalities,
  personality,
} from '../../src/mock/index.js'
import { session } from '../cli/session.js'
import { type Vendor, visit } from './visit.js'

interface Row {
  argv: readonly string[]
  kickedOff: string
  /** The statuses of DELETE. */
  deleted?: readonly number[]
  /** In the token request. */
  token?: string
  withoutScope?: true
  /** Files are on the second host, and see no credential. */
  filesElsewhere?: true
}

const rows: readonly (readonly [Vendor, Row])[] = [
  [
    'epic',
    {
      argv: ['Group/123', '--type', 'Patient,Observation'],
      kickedOff: '/interconnect-fhir-oauth/api/FHIR/R4/Group/123/$export?_type=Patient,Observation',
      deleted: [202],
      withoutScope: true,
    },
  ],
  [
    'athena',
    {
      argv: ['Group/a-1.C-195900', '--type', 'Patient'],
      kickedOff: '/fhir/r4/Group/a-1.C-195900/$export?_type=Patient',
      deleted: [202],
      token: 'scope=system%2FPatient.rs',
      filesElsewhere: true,
    },
  ],
  [
    'veradigm',
    {
      argv: ['Group/123', '--type', 'Patient'],
      kickedOff: '/r4/fhir/Group/123/$export?_type=Patient',
      deleted: [202],
    },
  ],
  [
    'nextech',
    { argv: ['Group/123'], kickedOff: '/api/r4/Group/123/$export', deleted: [202], filesElsewhere: true },
  ],
  [
    'modmed',
    {
      argv: ['Patient', '--type', 'Patient,Condition'],
      kickedOff: '/firm/ema/fhir/v2/Patient/$export?_type=Patient,Condition',
      deleted: [202],
      token: 'scope=system%2FPatient.rs+system%2FCondition.rs',
      filesElsewhere: true,
    },
  ],
  [
    'netsmart',
    {
      argv: ['Group/123', '--type', 'Patient'],
      kickedOff: '/fhir/certified/v1/Group/123/$export?_type=Patient',
      deleted: [202],
      token: 'scope=system%2FPatient.rs',
    },
  ],
  [
    'soarian',
    {
      argv: ['Group/All_Patients', '--type', 'Patient'],
      kickedOff: '/fhir/r4/Group/All_Patients/$export?_type=Patient',
      deleted: [202],
    },
  ],
  [
    'bcda',
    {
      argv: ['Group/runout', '--type', 'Patient,ExplanationOfBenefit'],
      kickedOff: '/api/v2/Group/runout/$export?_type=Patient,ExplanationOfBenefit',
    },
  ],
  ['ab2d', { argv: ['Patient'], kickedOff: '/api/v2/fhir/Patient/$export', token: 'scope=clientCreds' }],
  [
    'dpc',
    {
      argv: ['Group/123', '--type', 'Patient,ExplanationOfBenefit'],
      kickedOff: '/api/v1/Group/123/$export?_type=Patient,ExplanationOfBenefit',
      token: 'scope=system%2F*.*',
    },
  ],
]

test.each(rows)('%s: an export goes as its row says', async (vendor, row) => {
  const there = await visit(vendor)
  await there.export(row.argv)
  expect(there.kickedOff()).toBe(row.kickedOff)
  expect(there.asked('kick-off')).toHaveLength(1)
  expect(there.asked('delete').map(({ status }) => status)).toEqual(row.deleted ?? [])
  expect(there.asked('token')[0]?.body).toContain(row.token ?? '')
  expect(there.asked('token')[0]?.body?.includes('scope=')).toBe(row.withoutScope !== true)
  for (const { elsewhere, status, headers } of there.asked('file')) {
    expect([elsewhere, status]).toEqual([row.filesElsewhere === true, 200])
    expect(headers.authorization !== undefined).toBe(row.filesElsewhere !== true)
  }
  expect(await there.findings()).toEqual([])
})

const DAY_MS = 86_400_000

test('epic: a group that was asked for is locked, and free again once its running job is cancelled', async () => {
  const there = await visit('epic', { jobMs: DAY_MS / 24, identity: 'bearer' })
  const group = ['Group/123', '--type', 'Patient']
  await there.export([...group, '--auth', 'bearer'], { exit: 130, interruptAt: 'accepted' })
  const second = ['export', ...group, '--server', there.server, '--preset', 'epic', '--auth', 'bearer']
  const said = await there.run([...second, '--out', 'other'], { exit: 4 })
  expect(said).toContain('bulkx jobs')
  expect(there.asked('kick-off').at(-1)?.status).toBe(429)
  await there.run(['cancel', 'out'])
  await there.run([...second, '--out', 'third'])
})

test('epic: looks are ten minutes apart, half an hour at most', async () => {
  const there = await visit('epic', { jobMs: DAY_MS / 4, identity: 'bearer' })
  await there.export(['Group/123', '--type', 'Patient', '--auth', 'bearer'])
  const times = there.asked('status').map(({ at }) => at)
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(540_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(1_800_000)
})

test('epic: a bare 400 where a token is renewed is tried again', async () => {
  const bare = faults.answer({ on: 'token', status: 400, after: 1, times: 1 })
  const there = await visit('epic', { jobMs: DAY_MS / 24, tokenLifetimeMs: DAY_MS / 48, faults: [bare] })
  await there.export(['Group/123', '--type', 'Patient'])
  expect(there.asked('token').filter(({ status }) => status === 400)).toHaveLength(1)
})

test('athena: raw control characters are a finding, and stay as they came', async () => {
  const raw = editContent('raw tab', { file: 1 }, (bytes) =>
    Buffer.from(bytes.toString().replace('"official"', '"offi\tcial"')),
  )
  const there = await visit('athena', { faults: [raw] })
  await there.run(
    [
      ...['export', 'Group/a-1.C-195900', '--type', 'Patient', '--server', there.server],
      ...['--preset', 'athena', '--auth', 'client-secret-basic', '--out', 'out'],
    ],
    { exit: 10 },
  )
  expect(await there.read('Patient.0001.ndjson')).toContain('offi\tcial')
})

test('athena: scopes without searching are refused in words that name them', async () => {
  const there = await visit('athena')
  const argv = ['Group/a-1.C-195900', '--type', 'Patient', '--scope', 'system/Patient.read']
  const said = await there.export(argv, { exit: 3 })
  expect(said).toContain('Must have scopes allowing read+search')
  expect(said).toContain('--scope')
})

test.each<[Vendor, string]>([
  ['veradigm', 'Group/123'],
  ['ab2d', 'Patient'],
  ['nextech', 'Group/123'],
])('%s: nothing is asked too early, or too often', async (vendor, target) => {
  const there = await visit(vendor, { jobMs: 300_000, pageSize: 5 })
  await there.export([target])
  expect(there.asked('status').length).toBeGreaterThan(1)
  expect(there.mock.requests.filter(({ status }) => status === 429)).toEqual([])
})

test('modmed: types beyond the scopes are left out, and named', async () => {
  const there = await visit('modmed')
  const argv = ['Patient', '--type', 'Patient,Condition', '--scope', 'system/Patient.rs']
  const said = await there.export(argv, { exit: 0 })
  expect(said).toContain('Condition')
  expect(await there.findings()).toContain('type-not-delivered')
})

test('soarian: the same request while one runs is refused, and all patients may be switched off', async () => {
  const there = await visit('soarian', { jobMs: DAY_MS, identity: 'bearer' })
  await there.export(['Patient'], { exit: 130, interruptAt: 'accepted' })
  const again = ['export', 'Patient', '--server', there.server, '--preset', 'soarian', '--auth', 'bearer']
  expect(await there.run([...again, '--out', 'other'], { exit: 4 })).toContain('bulkx jobs')
  const off = await visit('soarian', {
    personality: personality({ levels: ['group'] }, personalities.soarian),
  })
  expect(await off.export(['Patient'], { exit: 4 })).toContain('not enabled on this server')
})

test('soarian: who cancelled a job is told so', async () => {
  const there = await visit('soarian', { jobMs: DAY_MS, identity: 'bearer' })
  await there.export(['Patient'], { exit: 130, interruptAt: 'accepted' })
  await there.run(['cancel', 'out'])
  expect(there.asked('delete').map(({ status }) => status)).toEqual([202])
})

test('bcda: the same request while one runs is refused once, without a loop', async () => {
  const there = await visit('bcda', { jobMs: DAY_MS })
  const argv = ['Patient', '--type', 'Patient']
  await there.export(argv, { exit: 130, interruptAt: 'accepted' })
  const again = ['export', ...argv, '--server', there.server, '--preset', 'bcda', '--out', 'other']
  expect(await there.run(again, { exit: 4 })).toContain('bulkx jobs')
  expect(there.asked('kick-off').length).toBeLessThanOrEqual(3)
})

test('bcda: DELETE of a finished job is refused, which is a note; an empty type is one, too', async () => {
  const there = await visit('bcda')
  const said = await there.export(['Patient', '--cleanup', 'on-success'])
  expect(there.asked('delete').map(({ status }) => status)).toEqual([410])
  expect(said).toContain('the job is gone on the server')
  expect(await there.read('Coverage.0001.ndjson')).toBe('')
})

test('bcda: files whose URLs say http behind a proxy are fetched over https', async () => {
  const clear = editManifest('plain http', {}, (manifest) => {
    for (const entry of entriesOf(manifest)) entry.url = String(entry.url).replace('https:', 'http:')
  })
  const there = await visit('bcda', { faults: [clear] })
  await there.export(['Patient', '--type', 'Patient'])
  for (const { url } of there.asked('file')) expect(url).toMatch(/^https:/)
})

test('ab2d: each file is fetched once, and an old token is renewed after its 403', async () => {
  const there = await visit('ab2d', {
    pageSize: 3,
    jobMs: 300_000,
    faults: [faults.revokeToken({ on: 'status', after: 2 })],
  })
  await there.export(['Patient'])
  expect(there.asked('status').filter(({ status }) => status === 403)).toHaveLength(1)
  const urls = there.asked('file').map(({ url }) => url)
  expect(urls.length).toBeGreaterThan(3)
  expect(new Set(urls).size).toBe(urls.length)
})

test('ab2d: a second export is told of the first, with its commands', async () => {
  const there = await visit('ab2d', { jobMs: DAY_MS / 24 })
  await there.export(['Patient'], { exit: 130, interruptAt: 'accepted' })
  const again = ['export', 'Patient', '--server', there.server, '--preset', 'ab2d', '--out', 'other']
  const said = await there.run(again, { exit: 4 })
  expect(said).toMatch(/bulkx resume \S+\/Job\/[0-9a-f]+\/\S*status/)
})

test('ab2d: without --since it is said before what an export leaves out', async () => {
  const there = await visit('ab2d')
  const said = await there.export(['Patient'])
  expect(said).toContain('only what is new since the last export that succeeded')
  const everything = await visit('ab2d')
  expect(await everything.export(['Patient', '--since', '2020-01-01T00:00:00Z'])).not.toContain(
    'since the last export',
  )
})

test('dpc: a file that breaks off is whole in the end, whatever the ranges say', async () => {
  const { run, server } = await session({
    personality: personalities.dpc,
    data: { patients: 4000 },
    faults: [faults.cut({ file: 1, keepBytes: 1_500_000 })],
  })
  const argv = ['Patient', '--type', 'Patient', '--server', server, '--preset', 'dpc', '--auth', 'none']
  const { code, err } = await run(['export', ...argv, '--out', 'out'])
  expect([code, err]).toEqual([0, expect.stringContaining('4,000 resources')])
})

test('dpc: a wrong checksum is not taken for a right one', async () => {
  const there = await visit('dpc', { faults: [faults.wrongChecksum({ file: 1 })] })
  const said = await there.run(
    [
      ...['export', 'Group/123', '--type', 'Patient', '--server', there.server, '--preset', 'dpc'],
      ...['--client-id', 'bulkx-test', '--key', 'key.pem', '--kid', 'ec-1', '--out', 'out'],
    ],
    { exit: 10 },
  )
  expect(said).toContain('its sha256 is not the one the server gave')
})
