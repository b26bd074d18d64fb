/** The client at InteropiO's Epic R4 Gateway. */
import { expect, test } from 'vitest'
import { syntheticData } from '../../src/mock/data/synthetic.js'
import { faults, personalities, personality } from '../../src/mock/index.js'
import { visit } from './visit.js'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

test.each(['Location', 'Patient', 'Practitioner'])('interopio: %s is exported by itself', async (type) => {
  const there = await visit('interopio')
  await there.export([type])
  const [kickOff] = there.asked('kick-off')
  expect(there.kickedOff()).toBe(`/gateway/fhir/r4/${type}/$export`)
  expect([kickOff?.method, kickOff?.body]).toEqual(['GET', undefined])
  expect(kickOff?.headers.prefer).toBe('respond-async')
  expect(kickOff?.headers['content-type']).toBeUndefined()
  expect(there.asked('kick-off')).toHaveLength(1)
  expect(there.asked('delete')).toHaveLength(1)
})

test('interopio: a base URL with a slash at its end is the same', async () => {
  const there = await visit('interopio')
  await there.run([
    'export',
    'Location',
    '--server',
    `${there.server}/`,
    '--preset',
    'interopio',
    '--out',
    'out',
  ])
  expect(there.kickedOff()).toBe('/gateway/fhir/r4/Location/$export')
})

test('interopio: each wait is the one that was asked for last, and no look is early', async () => {
  const there = await visit('interopio', { jobMs: 20 * MINUTE_MS })
  const err = await there.export(['Patient'])
  const times = there.asked('status').map(({ at }) => at)
  const gaps = times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / 1000)
  const wanted = [10, 20, 40, 80, 160, 320]
  wanted.forEach((seconds, index) => {
    expect(gaps[index], `wait ${index + 1}`).toBeGreaterThanOrEqual(seconds)
    expect(gaps[index], `wait ${index + 1}`).toBeLessThan(seconds * 1.5)
  })
  expect(err).not.toContain('%')
})

test('interopio: the number of ids is shown as it is, and is no percentage', async () => {
  const there = await visit('interopio', { data: { patients: 3000 }, jobMs: 20 * MINUTE_MS })
  const err = await there.export(['Patient'])
  expect(err).toMatch(/in progress after 10 s: 25\b/)
  expect(err).not.toContain('%')
})

test('interopio: a job that reads for days is waited for', async () => {
  const there = await visit('interopio', { jobMs: 2 * DAY_MS })
  await there.export(['Patient'])
  expect(there.clock.now() - (there.asked('kick-off')[0]?.at ?? 0)).toBeGreaterThan(2 * DAY_MS)
})

test('interopio: very many small files come whole, each under a name of its own', async () => {
  const there = await visit('interopio', { data: { patients: 300 }, pageSize: 1 })
  await there.export(['Patient'])
  expect(there.asked('file')).toHaveLength(300)
  expect(await there.read('Patient.0300.ndjson')).toContain('"resourceType":"Patient"')
})

test('interopio: files of a hundred, when nobody asks for others', async () => {
  const there = await visit('interopio', { data: { patients: 250 } })
  const err = await there.export(['Patient'])
  expect(err).toContain('Patient.0003.ndjson: 50 resources')
})

test('interopio: what its manifest does not say is survived and named', async () => {
  const there = await visit('interopio')
  const err = await there.export(['Patient'])
  expect(err).toContain('the manifest has no transactionTime')
  const bare = personality(
    {
      manifest: {
        reshape: ({ output, error }) => ({
          output: (output as { url: string }[]).map(({ url }) => ({ url })),
          error,
        }),
      },
    },
    personalities.interopio,
  )
  const without = await visit('interopio', { personality: bare })
  await without.run(['export', 'Patient', '--server', without.server, '--out', 'out'])
  expect((await without.read('unknown.0001.ndjson')).split('\n')).toHaveLength(11)
})

test('interopio: until when the files are there is remembered', async () => {
  const there = await visit('interopio', { faults: [faults.answer({ on: 'file', status: 404, times: 100 })] })
  await there.export(['Patient'], { exit: 7 })
  expect(await there.run(['status', 'out', '--offline'], { exit: 7 })).toContain('2026-01-02')
})

test('interopio: ids that failed are a file of their own, and not the end of the job', async () => {
  const data = {
    ...syntheticData({ seed: 1, patients: 10 }),
    reports: () => [
      { severity: 'error', code: 'not-found', diagnostics: 'Epic does not know Patient eXYZ' } as const,
    ],
  }
  const there = await visit('interopio', { data })
  const err = await there.export(['Patient'], { exit: 10 })
  expect(err).toContain('Epic does not know Patient eXYZ')
  expect(await there.read('outcome/OperationOutcome.0001.ndjson')).toContain('eXYZ')
  expect(await there.read('Patient.0001.ndjson')).toContain('"resourceType":"Patient"')
})

test('interopio: a missing file of ids fails the job, is said in full, and is not asked for ever', async () => {
  const diagnostics = 'The file /gateway-1/Location/Location.csv was not found'
  const there = await visit('interopio', { faults: [faults.failJob({ after: 1, diagnostics })] })
  const err = await there.export(['Location'], { exit: 5 })
  expect(err).toContain('The export failed on the server')
  expect(err).toContain(diagnostics)
  expect(err).not.toMatch(/refused the kick-off/)
  expect(there.asked('status').length).toBeLessThan(10)
  expect(there.asked('delete')).toEqual([])
})

test.each([404, 410, 500])(
  'interopio: cancelled is cancelled, whatever status says then (%s)',
  async (after) => {
    const row = personality({ delete: { after } }, personalities.interopio)
    const there = await visit('interopio', { personality: row, jobMs: DAY_MS })
    await there.run(['kickoff', 'Patient', '--server', there.server, '--out', 'out'])
    await there.run(['cancel', 'out'])
    expect(there.asked('delete').map(({ status }) => status)).toEqual([202])
    expect(await there.run(['resume', 'out'], { exit: 6 })).toContain('cancel')
  },
)

test('interopio: files need no credential, and none is made up', async () => {
  const there = await visit('interopio')
  await there.export(['Patient'])
  for (const { headers } of there.mock.requests) expect(headers.authorization).toBeUndefined()
})
