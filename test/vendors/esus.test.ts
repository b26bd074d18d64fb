/** The client at Esus Health. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { manifestOf } from '../helpers/stored-export.js'
import { type Visit, visit } from './visit.js'

const DAY_MS = 86_400_000

const into = (there: Visit, out: string, argv: readonly string[]): string[] => [
  ...['export', ...argv],
  ...['--server', there.server, '--preset', 'esus', '--out', out],
]

test('esus: one token for kick-off, status, files and DELETE', async () => {
  const there = await visit('esus')
  const err = await there.export([])
  expect(there.kickedOff()).toBe('/fhir/$export')
  expect(there.asked('kick-off')[0]?.headers).toMatchObject({
    accept: 'application/fhir+json',
    prefer: 'respond-async',
  })
  for (const phase of ['kick-off', 'status', 'file', 'delete'] as const)
    for (const { headers, status = 0 } of there.asked(phase)) {
      expect(headers.authorization).toMatch(/^Bearer /)
      expect(status).toBeLessThan(300)
    }
  expect(there.asked('delete').map(({ status }) => status)).toEqual([204])
  expect(err).toContain('cleaned up')
})

test('esus: status and files outside of the FHIR base are the same server', async () => {
  const there = await visit('esus')
  await there.export(['--type', 'Patient'])
  for (const { url } of [...there.asked('status'), ...there.asked('file')])
    expect(url).toMatch(/^https:\/\/vendor\.example\/bulk-export\/[0-9a-f]+/)
  expect(there.asked('file')[0]?.url).toMatch(/\/Patient\.ndjson$/)
})

test('esus: all patients, and no filter that nobody asked for', async () => {
  const there = await visit('esus')
  await there.export(['Patient'])
  expect(there.kickedOff()).toBe('/fhir/Patient/$export')
  expect(await there.findings()).toEqual([])
})

test('esus: types are one list, an instant stays readable', async () => {
  const there = await visit('esus')
  await there.export(['--type', 'Patient,Observation,Condition', '--since', '2019-01-01T00:00:00Z'])
  const [path, query = ''] = there.kickedOff()?.split('?') ?? []
  expect(path).toBe('/fhir/$export')
  expect(query.split('&').sort()).toEqual([
    '_since=2019-01-01T00:00:00Z',
    '_type=Patient,Observation,Condition',
  ])
})

test('esus: a fraction is shown as a percentage, beside the words of the server', async () => {
  const there = await visit('esus', { data: { patients: 1000 }, jobMs: 600_000 })
  const err = await there.export(['--type', 'Patient'])
  expect(err).toMatch(/in progress after [^:]+: \d+%, Export in progress \(\d+ \/ 1000 resources processed\)/)
  expect(err).not.toMatch(/s: 0\.\d/)
  const looks = there.asked('status').length
  expect(looks).toBeGreaterThan(5)
  expect(looks).toBeLessThan(60)
})

test('esus: a count that is wrong is a finding', async () => {
  const there = await visit('esus', { faults: [faults.wrongCount({ file: 1, by: 5 })] })
  const err = await there.export(['--type', 'Patient'], { exit: 10 })
  expect(err).toContain('the server counts 15 resources, the file has 10')
})

test('esus: two jobs with the same names of files do not meet on disk', async () => {
  const there = await visit('esus')
  await there.run(into(there, 'one', ['--type', 'Patient']))
  await there.run(into(there, 'one', ['Patient', '--type', 'Patient']), { exit: 2 })
  await there.run(into(there, 'two', ['Patient', '--type', 'Patient']))
  for (const out of ['one', 'two'])
    expect(await readFile(join(there.cwd, out, 'Patient.0001.ndjson'), 'utf8')).toContain('"pat-10"')
})

test('esus: 204 is a success, for a running job and for a finished one', async () => {
  const there = await visit('esus', { jobMs: DAY_MS })
  await there.export([], { exit: 130, interruptAt: 'in progress' })
  await there.run(['cancel', 'out'])
  expect(there.asked('delete').map(({ status }) => status)).toEqual([204])
})

test('esus: types that are not clinical are asked for, too', async () => {
  const there = await visit('esus')
  await there.export(['--type', 'AuditEvent', '--since', '2025-01-01T00:00:00Z'])
  expect(there.kickedOff()).toContain('_type=AuditEvent')
  expect(await there.findings()).toContain('type-not-delivered')
})

test('esus: the next export is of what came since the last', async () => {
  const there = await visit('esus')
  await there.run(into(there, 'first', ['--type', 'Patient']))
  const { transactionTime = '' } = (await manifestOf(join(there.cwd, 'first'))) ?? {}
  there.clock.advance(DAY_MS)
  await there.run(into(there, 'next', ['--type', 'Patient', '--since', transactionTime]))
  expect(there.kickedOff()).toContain(`_since=${transactionTime}`)
})

test('esus: nothing is said of an end that the server does not name, and nothing in a resource is touched', async () => {
  const there = await visit('esus')
  const err = await there.export(['--type', 'Patient'])
  expect(err).not.toMatch(/expire/i)
  expect(await there.read('Patient.0001.ndjson')).toMatch(/"meta":\{[^}]*"lastUpdated":"[^"]+"/)
})

test('esus: a request without its parameters in the manifest means nothing', async () => {
  const there = await visit('esus')
  await there.export(['--type', 'Patient'])
  const manifest = JSON.parse(await there.read('manifest.json')) as { request: string }
  expect(manifest.request).toContain('_type=Patient')
})
