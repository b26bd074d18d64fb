/** The client at Greenway Health. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { syntheticData } from '../../src/mock/data/synthetic.js'
import { faults } from '../../src/mock/index.js'
import { temporaryDirectory } from '../cli/fake-io.js'
import { manifestOf } from '../helpers/stored-export.js'
import { visit } from './visit.js'

const FILES = 'https://elsewhere.example'
const trusting = ['--trust-origin', FILES]
const everything = ['--since', '1900-01-01']

const outcome = (severity: string, diagnostics: string): string =>
  JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity, code: 'processing', diagnostics }] })

test('greenway: a group is exported with a signed assertion, files of a host that is trusted', async () => {
  const there = await visit('greenway', { pageSize: 5 })
  const err = await there.export(['Group/123', '--type', 'Patient,Observation', ...everything, ...trusting])
  expect(there.kickedOff()).toBe(
    '/fhir/R4/tenant-1/Group/123/$export?_since=1900-01-01&_type=Patient,Observation',
  )
  const [token] = there.asked('token')
  expect(token?.url).toBe(`${FILES}/auth/token`)
  expect(token?.body).toContain('system%2FPatient.rs')
  expect(
    Buffer.from(/client_assertion=([^.&]+)/.exec(token?.body ?? '')?.[1] ?? '', 'base64url').toString(),
  ).toContain('"alg":"ES384"')
  for (const { headers, elsewhere } of there.asked('file')) {
    expect(elsewhere).toBe(true)
    expect(headers.authorization).toMatch(/^Bearer /)
    expect(headers.accept).toMatch(/^application\/fhir\+ndjson/)
  }
  expect(await there.read('Patient.0002.ndjson')).toContain('"resourceType":"Patient"')
  expect((await manifestOf(there.directory))?.transactionTime).toBe('2026-01-01T00:00:00.000Z')
  expect(err).toContain('\nthe server says (information): The export was accepted')
})

test('greenway: a host that nobody named sees no token, and the option is named', async () => {
  const there = await visit('greenway')
  const err = await there.export(['Group/123', '--type', 'Patient', ...everything], { exit: 7 })
  expect(err).toContain(`--trust-origin ${FILES}`)
  expect(there.asked('delete')).toEqual([])
})

test('greenway: files over plain http never see the token', async () => {
  const there = await visit('greenway', { elsewhere: 'http://serverpath2.example' })
  await there.export(
    [
      ...['Group/123', '--type', 'Patient', ...everything],
      ...['--token-url', 'https://vendor.example/auth/token'],
      ...['--audience', 'http://serverpath2.example/auth/token'],
    ],
    { exit: 7 },
  )
  expect(there.asked('file').length).toBeGreaterThan(0)
})

test('greenway: without --since the last 24 hours come, and that is said before', async () => {
  const there = await visit('greenway')
  const err = await there.export(['Group/123', '--type', 'Patient', ...trusting])
  expect(err).toContain(
    'without --since the export holds only what was created or updated in the last 24 hours',
  )
  expect(err).toContain('--since 1900-01-01')
  expect(there.kickedOff()).not.toContain('_since')
  expect((await there.read('Patient.0001.ndjson')).split('\n').length).toBeLessThan(11)
})

test('greenway: types that were asked for and did not come are named', async () => {
  const there = await visit('greenway')
  const err = await there.export(['Group/123', '--type', 'Patient,CarePlan', ...everything, ...trusting])
  expect(err).toContain('CarePlan')
  expect(await there.findings()).toContain('type-not-delivered')
})

test('greenway: what it does not know is refused in its own words', async () => {
  const there = await visit('greenway')
  const parameter = await there.export(['Group/123', '--elements', 'id'], { exit: 4 })
  expect(parameter).toContain('the parameter "_elements" is not supported')
  const level = await there.export(['Patient', '--again'], { exit: 4 })
  expect(level).toContain('This server has no $export at this level')
  expect(level).toContain('no export of Patient is known here')
})

test('greenway: progress is shown in its words, and waits are our own', async () => {
  const there = await visit('greenway', { jobMs: 60_000 })
  const err = await there.export(['Group/123', ...everything, ...trusting])
  expect(err).toContain('Collecting resources')
  expect(err).toContain('Writing files')
  const looks = there.asked('status').length
  expect(looks).toBeGreaterThan(5)
  expect(looks).toBeLessThan(60)
})

test('greenway: an OperationOutcome is known by its body, whatever its media type', async () => {
  const error = { on: 'status', status: 500, contentType: 'application/json', times: 50 } as const
  const body = outcome('error', 'The practice is closed')
  const there = await visit('greenway', { faults: [faults.answer({ ...error, body })] })
  expect(await there.export(['Group/123', ...everything], { exit: 5 })).toContain('The practice is closed')
})

test('greenway: a request that nobody made and an extension of its own are kept, and mean nothing', async () => {
  const there = await visit('greenway')
  await there.export(['Group/123', '--type', 'Patient', ...everything, ...trusting])
  const manifest: unknown = JSON.parse(await there.read('manifest.json'))
  expect(manifest).toMatchObject({
    request: expect.stringContaining('/Group/123/$export'),
    extension: { 'http://myserver.example.org/extra-property': true },
    bulkx: { target: { type: 'Group', id: '123' } },
  })
  expect(await there.findings()).toEqual([])
})

test('greenway: errors in a file are fetched and reported', async () => {
  const data = {
    ...syntheticData({ seed: 1, patients: 10 }),
    reports: () => [{ severity: 'error', code: 'exception', diagnostics: 'obs-17 is locked' } as const],
  }
  const there = await visit('greenway', { data })
  const err = await there.export(['Group/123', '--type', 'Patient', ...everything, ...trusting], { exit: 10 })
  expect(err).toContain('obs-17 is locked')
  expect(await there.read('outcome/OperationOutcome.0001.ndjson')).toContain('obs-17')
})

test('greenway: cancelled with an OperationOutcome, refused with one: both are shown', async () => {
  const there = await visit('greenway', { jobMs: 600_000 })
  await there.export(['Group/123', ...everything], { exit: 130, interruptAt: 'in progress' })
  await there.run(['cancel', 'out'])
  expect(there.asked('delete').map(({ status }) => status)).toEqual([202])
  const refusing = await visit('greenway', {
    faults: [
      faults.answer({
        on: 'delete',
        status: 409,
        times: 5,
        contentType: 'application/json',
        body: outcome('error', 'The job is being written'),
      }),
    ],
  })
  const err = await refusing.export(['Group/123', '--type', 'Patient', ...everything, ...trusting])
  expect(err).toContain('The job is being written')
})

test.each([
  ['nothing', undefined],
  ['a web page', '<html><body>Oops</body></html>'],
])('greenway: a file error of %s is survived', async (_, body) => {
  const there = await visit('greenway', {
    faults: [faults.answer({ on: 'file', file: 1, status: 404, times: 100, body })],
  })
  const err = await there.export(['Group/123', '--type', 'Patient,Observation', ...everything, ...trusting], {
    exit: 7,
  })
  expect(err).toContain('404')
  expect(await there.read('Observation.0001.ndjson')).toContain('Observation')
  expect(there.asked('delete')).toEqual([])
})

test('greenway: resources with their keys in any order, and not quite FHIR, are taken as they are', async () => {
  const source = temporaryDirectory()
  const lines = `{"id":"5c41cecf-cf81-434f-9da7-e24e5a99dbc2","name":[{"given":["Brenda"],"family":["Jackson"]}],"gender":"female","birthDate":"1956-10-14T00:00:00.000Z","resourceType":"Patient"}
{"id":"3fabcb98-0995-447d-a03f-314d202b32f4","name":[{"given":["Bram"],"family":["Sandeep"]}],"gender":"male","birthDate":"1994-11-01T00:00:00.000Z","resourceType":"Patient"}
`
  await writeFile(join(source, 'Patient.ndjson'), lines)
  const there = await visit('greenway', { data: { directory: source } })
  await there.export(['Group/all', '--type', 'Patient', ...everything, ...trusting])
  expect(await there.read('Patient.0001.ndjson')).toBe(lines)
  expect(await there.findings()).toEqual([])
})

test('greenway: the job is deleted when all is on disk, and not before', async () => {
  const there = await visit('greenway')
  await there.export(['Group/123', '--type', 'Patient,Observation', ...everything, ...trusting])
  const phases = there.mock.requests.map(({ phase }) => phase)
  expect(phases.at(-1)).toBe('delete')
  expect(phases.indexOf('delete')).toBeGreaterThan(phases.lastIndexOf('file'))
})
