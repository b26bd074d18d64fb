/** The client at 1upHealth, single-tenant environment. */
import { expect, test } from 'vitest'
import { editManifest, entriesOf, fault, faults, withHeaders } from '../../src/mock/index.js'
import { visit } from './visit.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

test('1up-ste: the client headers go with every request, files too', async () => {
  const there = await visit('1up-ste')
  await there.export(['--type', 'Patient'])
  expect(there.kickedOff()).toBe('/bulk-data/r4/$export?_type=Patient')
  for (const { headers } of there.mock.requests) {
    expect([headers.client_id, headers.client_secret?.length]).toEqual(['bulkx-test', 21])
    expect(headers.authorization).toBeUndefined()
  }
  expect(there.asked('file').map(({ status }) => status)).toEqual([200])
})

test.each([
  ['system', '/bulk-data/r4/$export'],
  ['Group/123', '/bulk-data/r4/Group/123/$export'],
  ['Patient/pat-3', '/bulk-data/r4/Patient/pat-3/$export'],
])('1up-ste: %s can be exported', async (target, path) => {
  const there = await visit('1up-ste')
  await there.export([target])
  expect(there.kickedOff()).toBe(path)
})

test('1up-ste: the status URL is found in the header, and without it in the body', async () => {
  const there = await visit('1up-ste')
  await there.export(['--type', 'Patient'])
  const hidden = fault('no Content-Location', { on: 'kick-off' }, async (call, next) =>
    withHeaders(await next(call), { 'content-location': undefined }),
  )
  const without = await visit('1up-ste', { faults: [hidden] })
  await without.export(['--type', 'Patient'])
  expect(without.asked('status').length).toBeGreaterThan(0)
})

test('1up-ste: a token ends before a long job does, and is renewed', async () => {
  const there = await visit('1up-ste', { identity: 'secret', jobMs: 5 * HOUR_MS })
  const err = await there.export(['--type', 'Patient', '--scope', 'system/*.rs'], { exit: 7 })
  expect(there.asked('token').length).toBeGreaterThanOrEqual(3)
  expect(there.asked('kick-off')).toHaveLength(1)
  expect(new Set(there.asked('status').map(({ url }) => url)).size).toBe(1)
  expect(err).toContain('Files need the client headers')
})

test('1up-ste: a token that nobody renews stops the run, and the job goes on', async () => {
  const there = await visit('1up-ste', {
    token: 'other',
    jobMs: 5 * HOUR_MS,
    faults: [faults.answer({ on: 'status', status: 401, after: 2, times: 100 })],
  })
  await there.export(['--type', 'Patient'], { exit: 3 })
  expect(there.asked('delete')).toEqual([])
})

test('1up-ste: a type in small letters is sent as typed, and known when it comes', async () => {
  const there = await visit('1up-ste')
  await there.export(['--param', '_type=patient', '--since', '2018-01-01'])
  expect(there.kickedOff()).toContain('_type=patient')
  expect(there.kickedOff()).toContain('_since=2018-01-01')
  expect(await there.findings()).toEqual([])
  expect(await there.read('Patient.0001.ndjson')).toContain('"resourceType":"Patient"')
})

test('1up-ste: a body in progress is no manifest, whether it comes as 200 or as 202', async () => {
  const there = await visit('1up-ste', { jobMs: HOUR_MS })
  const err = await there.export(['--type', 'Patient'])
  const codes = there.asked('status').map(({ status }) => status)
  expect(codes.slice(0, 4)).toEqual([200, 202, 200, 202])
  expect(codes.length).toBeLessThan(100)
  expect(err).toMatch(/in progress after [^:]+: \d+\/23 batches/)
})

test('1up-ste: batches that failed are a finding', async () => {
  const there = await visit('1up-ste', { faults: [faults.failBatches({ failed: 2 })] })
  const err = await there.export(['--type', 'Patient'], { exit: 10 })
  expect(err).toContain('2 ')
  expect(err).toMatch(/batches/)
  expect(await there.findings()).toEqual(['failed-batches'])
})

test('1up-ste: "file" is as good as "url", files without errors are good, several files are one type', async () => {
  const there = await visit('1up-ste', { data: { patients: 1200 } })
  await there.export(['--type', 'Patient'])
  expect(there.asked('file')).toHaveLength(3)
  for (const { url } of there.asked('file'))
    expect(url).toMatch(/\/\$export\/file\/Patient_[-0-9a-f]+\.ndjson$/)
  const manifest = JSON.parse(await there.read('manifest.json')) as Record<string, unknown>
  expect(manifest.id).toBe([...there.mock.jobs.all()][0]?.id)
  expect(manifest.request).toContain('_type=Patient')
})

test('1up-ste: files over plain http see no client headers', async () => {
  const clear = editManifest('plain http', {}, (manifest) => {
    for (const entry of entriesOf(manifest)) entry.file = String(entry.file).replace('https:', 'http:')
  })
  const there = await visit('1up-ste', { faults: [clear] })
  await there.export(['--type', 'Patient'])
  for (const { url, headers } of there.asked('file'))
    if (url.startsWith('http:')) expect(headers.client_secret).toBeUndefined()
})

test('1up-ste: nothing ends, and nothing is deleted', async () => {
  let broken = true
  const outage = fault('outage', { on: 'file', times: Number.POSITIVE_INFINITY }, async (call, next) =>
    broken ? new Response(null, { status: 503 }) : next(call),
  )
  const there = await visit('1up-ste', { faults: [outage] })
  await there.export(['--type', 'Patient'], { exit: 7 })
  broken = false
  there.clock.advance(100 * DAY_MS)
  const err = await there.run(['resume', 'out', '--header-file', 'headers.txt'])
  expect(err).not.toMatch(/expire/i)
  expect(there.asked('delete')).toEqual([])
})

test('1up-ste: a DELETE that is refused changes nothing', async () => {
  const there = await visit('1up-ste')
  const err = await there.export(['--type', 'Patient', '--cleanup', 'on-success'])
  expect(there.asked('delete').map(({ status }) => status)).toEqual([405])
  expect(err).toContain('did not delete the job')
})

test('1up-ste: an export of everything is warned of by the preset, and done', async () => {
  const there = await visit('1up-ste')
  const err = await there.export([])
  expect(err).toContain('its vendor warns of exports of everything')
  expect(there.kickedOff()).toBe('/bulk-data/r4/$export')
})
