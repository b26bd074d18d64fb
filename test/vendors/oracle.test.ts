/** The client at Oracle Health Millennium. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { syntheticData } from '../../src/mock/data/synthetic.js'
import { fault, faults, personalities, personality } from '../../src/mock/index.js'
import { visit } from './visit.js'

const BASE = '/r4/ec2458f2-1e24-41c8-b71b-0e701af7583d'
const DAY_MS = 86_400_000
const group = ['Group/123', '--type', 'Patient,Observation']

test('oracle: the token goes to the file, and not on to where the file leads', async () => {
  const there = await visit('oracle')
  await there.export(group)
  expect(there.kickedOff()).toBe(`${BASE}/Group/123/$export?_type=Patient,Observation`)
  expect(there.asked('file-url')).toHaveLength(2)
  for (const { headers, url } of there.asked('file-url')) {
    expect(headers.authorization).toMatch(/^Bearer /)
    expect(url).toMatch(/\/bulk-export\/files\/[-0-9a-f]+$/)
  }
  expect(there.asked('file')).toHaveLength(2)
  for (const { headers, elsewhere, status } of there.asked('file')) {
    expect([elsewhere, status]).toEqual([true, 200])
    expect(headers.authorization).toBeUndefined()
    expect(headers.accept).toMatch(/^application\/fhir\+ndjson/)
  }
})

test('oracle: files without names are named by type and number', async () => {
  const there = await visit('oracle', { pageSize: 5 })
  await there.export(['Group/123', '--type', 'Patient'])
  expect(await there.read('Patient.0001.ndjson')).toContain('"pat-1"')
  expect(await there.read('Patient.0002.ndjson')).toContain('"pat-6"')
})

test('oracle: status and DELETE go where the kick-off said, below the base', async () => {
  const there = await visit('oracle')
  await there.export(group)
  const job = [...there.mock.jobs.all()][0]?.id
  for (const { url, headers } of [...there.asked('status'), ...there.asked('delete')]) {
    expect(url).toBe(`${there.server}/bulk-export/jobs/${job}`)
    expect(headers.authorization).toMatch(/^Bearer /)
  }
  expect(there.asked('delete').map(({ status }) => status)).toEqual([202])
})

test('oracle: patients are posted, one parameter each', async () => {
  const there = await visit('oracle')
  await there.export(['Patient', '--patient', 'pat-2,Patient/pat-4', '--type', 'Patient'])
  const [kickOff] = there.asked('kick-off')
  expect([kickOff?.method, there.kickedOff()]).toEqual(['POST', `${BASE}/Patient/$export`])
  expect(JSON.parse(kickOff?.body ?? '')).toMatchObject({
    parameter: expect.arrayContaining([
      { name: 'patient', valueReference: { reference: 'Patient/pat-2' } },
      { name: 'patient', valueReference: { reference: 'Patient/pat-4' } },
    ]),
  })
  expect((await there.read('Patient.0001.ndjson')).match(/"id":"pat-\d+"/g)).toEqual([
    '"id":"pat-2"',
    '"id":"pat-4"',
  ])
})

test('oracle: all patients are refused, and it is said what is missing', async () => {
  const there = await visit('oracle')
  const err = await there.export(['Patient', '--type', 'Patient', '--method', 'post'], { exit: 4 })
  expect(err).toContain('The parameter "patient" is missing: all patients cannot be exported')
  expect(err).toContain('an export of Patient needs --patient here')
})

test('oracle: 20,000 patients fit into one export, more do not, and fewer are better', async () => {
  const there = await visit('oracle', { data: { patients: 20_001 }, pageSize: 20_000 })
  const ids = Array.from({ length: 20_001 }, (_, index) => `pat-${index + 1}`)
  await writeFile(join(there.cwd, 'out.txt'), ids.slice(0, 20_000).join('\n'))
  const argv = ['Patient', '--type', 'Patient', '--patient']
  const stdin = ids.slice(0, 20_000).join('\n')
  const err = await there.run(
    [
      'export',
      ...argv,
      '@-',
      '--server',
      there.server,
      '--preset',
      'oracle',
      '--auth',
      'client-secret-basic',
      '--out',
      'out',
    ],
    { stdin },
  )
  expect(err).toContain('an export is best with 10,000 or fewer here')
  expect(err).toContain('Patient.0001.ndjson: 20,000 resources')
  const refused = await there.export([...argv, '@-', '--again'], { exit: 4, stdin: ids.join('\n') })
  expect(refused).toContain('At most 20000 patients may be given, not 20001')
})

test('oracle: types, filters and times are asked for as typed, lists by comma', async () => {
  const there = await visit('oracle')
  await there.export([
    'Group/123',
    ...['--type', 'Observation', '--type', 'Condition'],
    ...['--type-filter', 'Observation?category=laboratory'],
    ...['--since', '2019-01-01T00:00:00Z'],
  ])
  const query = new URLSearchParams(there.kickedOff()?.replace(/^[^?]*/, ''))
  expect([...query].sort()).toEqual([
    ['_since', '2019-01-01T00:00:00Z'],
    ['_type', 'Observation,Condition'],
    ['_typeFilter', 'Observation?category=laboratory'],
  ])
})

test('oracle: what it does not export is said in its words, and no list of ours stands before it', async () => {
  const there = await visit('oracle')
  const alone = await there.export(['Group/123', '--type', 'Location'], { exit: 4 })
  expect(alone).toContain('_type "Location" is not exported without a clinical resource type')
  expect(alone).toContain('add a clinical type such as Patient')
  const unknown = await there.export(
    ['Group/123', '--type', 'Slot', '--scope', 'system/Patient.read', '--again'],
    { exit: 4 },
  )
  expect(unknown).toContain('_type "Slot" is not exported')
  const filter = ['Group/123', '--type', 'Patient', '--type-filter', 'Observation?code=1', '--again']
  expect(await there.export(filter, { exit: 4 })).toContain('HTTP 422')
  expect(there.asked('kick-off').map(({ status }) => status)).toEqual([400, 400, 422])
})

test('oracle: Location comes beside a clinical type', async () => {
  const there = await visit('oracle')
  await there.export(['Group/123', '--type', 'Patient,Location'])
  expect(await there.read('Location.0001.ndjson')).toContain('"resourceType":"Location"')
})

test('oracle: a second job is refused while one runs, and what to do is said', async () => {
  const there = await visit('oracle', { jobMs: 10 * DAY_MS })
  await there.export(group, { exit: 130, interruptAt: 'in progress' })
  const argv = ['export', 'Group/all', '--type', 'Patient', '--server', there.server, '--preset', 'oracle']
  const err = await there.run([...argv, '--auth', 'client-secret-basic', '--out', 'second'], { exit: 4 })
  expect(err).toContain('There is an export already')
  expect(there.asked('kick-off').map(({ status }) => status)).toContain(429)
})

test('oracle: ten minutes between two looks are kept, and shorter waits are our own where nothing is said', async () => {
  const there = await visit('oracle', { jobMs: 2 * 3_600_000 })
  await there.export(group)
  const times = there.asked('status').map(({ at }) => at)
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  for (const gap of gaps.slice(0, -1)) expect(gap).toBeGreaterThanOrEqual(600_000)
  expect(times.length).toBeLessThan(20)
  const silent = personality({ retryAfter: () => undefined }, personalities.oracle)
  const elsewhere = await visit('oracle', { personality: silent, jobMs: 2 * 3_600_000 })
  await elsewhere.export(group)
  const looks = elsewhere.asked('status').map(({ at }) => at)
  const waits = looks.slice(1).map((at, index) => at - (looks[index] ?? 0))
  expect(Math.max(...waits.slice(0, 10))).toBeLessThan(60_000)
  expect(Math.max(...waits)).toBeGreaterThan(120_000)
})

test('oracle: weeks later the files are still there', async () => {
  let broken = true
  const outage = fault('outage', { on: 'file-url', times: Number.POSITIVE_INFINITY }, async (call, next) =>
    broken ? new Response(null, { status: 503 }) : next(call),
  )
  const there = await visit('oracle', { faults: [outage] })
  await there.export(group, { exit: 7 })
  broken = false
  there.clock.advance(21 * DAY_MS)
  await there.run(['resume', 'out', '--auth', 'client-secret-basic'])
  expect(there.asked('kick-off')).toHaveLength(1)
  expect(await there.read('Patient.0001.ndjson')).toContain('"pat-10"')
})

test('oracle: a storage URL that has ended is asked for anew', async () => {
  const ended =
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
  const there = await visit('oracle', {
    faults: [
      faults.answer({ on: 'file', file: 1, status: 403, contentType: 'application/xml', body: ended }),
    ],
  })
  await there.export(group)
  expect(there.asked('file-url')).toHaveLength(3)
})

test('oracle: what was exported is deleted when it is on disk, and not when a file is missing', async () => {
  const there = await visit('oracle', {
    faults: [faults.answer({ on: 'file', file: 2, status: 404, times: 200 })],
  })
  await there.export(group, { exit: 7 })
  expect(there.asked('delete')).toEqual([])
})

test('oracle: scopes are asked for one by one', async () => {
  const there = await visit('oracle')
  await there.export(group)
  const scope = new URLSearchParams(there.asked('token')[0]?.body).get('scope')
  expect(scope?.split(' ').every((one) => /^system\/(Patient|Observation)\.\w+$/.test(one))).toBe(true)
})

test('oracle: a resource that comes twice is kept as it came', async () => {
  const data = syntheticData({ seed: 1, patients: 10 })
  const there = await visit('oracle', {
    data: {
      ...data,
      select: async (type, selection, pageSize) => {
        const contents = await data.select(type, selection, pageSize)
        return [...contents, ...contents]
      },
    },
  })
  await there.export(['Group/123', '--type', 'Patient'])
  expect(await there.read('Patient.0002.ndjson')).toBe(await there.read('Patient.0001.ndjson'))
})
