/** A directory of NDJSON as the server's data: the lines come out as they went in. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exported, pretend, resourcesOf, textOf } from './conversation.js'

const patients = Array.from(
  { length: 25 },
  (_, n) => `{"id":"p${n}",  "resourceType":"Patient","name":[{"family":"Żółć"}]}`,
)
const observations = patients.map(
  (_, n) =>
    `{"resourceType":"Observation","id":"o${n}","subject":{"reference":"Patient/p${n}"},"valueQuantity":{"value":${n}.50}}`,
)
const organization = '{"resourceType":"Organization","id":"org"}'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bulkx-mock-'))
  writeFileSync(join(directory, 'Patient.ndjson'), `${patients.join('\n')}\n`)
  writeFileSync(join(directory, 'Observation.0001.ndjson.gz'), gzipSync(observations.slice(0, 20).join('\n')))
  writeFileSync(join(directory, 'Observation.0002.ndjson'), `${observations.slice(20).join('\r\n')}\r\n\r\n`)
  writeFileSync(join(directory, 'Organization.ndjson'), organization)
  writeFileSync(join(directory, 'README.md'), 'no data')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const server = (pageSize?: number) => pretend({ data: { directory }, pageSize })

test('every byte is served, in pages of whole lines', async () => {
  for (const pageSize of [7, 1000]) {
    const one = server(pageSize)
    const { output } = await exported(one, '$export')
    expect(await textOf(one.mock, output, 'Patient')).toBe(`${patients.join('\n')}\n`)
    expect(await textOf(one.mock, output, 'Organization')).toBe(organization)
    expect(await textOf(one.mock, output, 'Observation')).toBe(
      `${observations.slice(0, 20).join('\n')}${observations.slice(20).join('\r\n')}\r\n\r\n`,
    )
    for (const type of ['Patient', 'Observation'])
      expect(output.filter((entry) => entry.type === type).reduce((sum, { count }) => sum + count, 0)).toBe(
        25,
      )
    for (const entry of output) expect(entry.count).toBeLessThanOrEqual(pageSize)
  }
})

test('groups and patients are compartments', async () => {
  const ids = async (path: string) => (await resourcesOf(server(), path)).map(({ id }) => id)
  expect((await ids('Group/123/$export')).length).toBe(10 + 10 + 1)
  expect((await ids('Group/all/$export')).length).toBe(51)
  expect((await ids('Patient/p3/$export')).sort()).toEqual(['o3', 'p3'])
})

test('filters look into the lines, which stay as they were', async () => {
  const one = server()
  const filter = encodeURIComponent('Observation?patient=p3')
  const { output } = await exported(one, `$export?_type=Observation&_typeFilter=${filter}`)
  expect(await textOf(one.mock, output)).toBe(`${observations[3]}\n`)
  const elements = await exported(one, '$export?_type=Observation&_elements=value')
  expect(await textOf(one.mock, elements.output)).toContain('"valueQuantity":{"value":3.50}')
})

test('what does not say when it changed may have changed since', async () => {
  expect((await resourcesOf(server(), '$export?_since=2025-01-01T00:00:00Z')).length).toBe(51)
})

test('broken lines are served, whatever is asked', async () => {
  const broken = mkdtempSync(join(tmpdir(), 'bulkx-mock-'))
  try {
    const text = `${patients[0]}\n{"resourceType":"Patient","id":"half\n${patients[1]}\n`
    writeFileSync(join(broken, 'Patient.ndjson'), text)
    const one = pretend({ data: { directory: broken } })
    for (const path of ['$export', 'Group/123/$export'])
      expect(await textOf(one.mock, (await exported(one, path)).output)).toBe(text)
  } finally {
    rmSync(broken, { recursive: true, force: true })
  }
})

test('a directory without data is refused at once', () => {
  expect(() => pretend({ data: { directory: join(directory, 'nowhere') } })).toThrow(/ENOENT/)
})

const synthea = join(import.meta.dirname, '../../../shared/data/synthea-100')
describe.skipIf(!existsSync(synthea))('a hundred Synthea patients', () => {
  test('come out byte for byte', async () => {
    const one = pretend({ data: { directory: synthea } })
    const { output } = await exported(one, '$export')
    expect(output.reduce((sum, { count }) => sum + count, 0)).toBe(38_472)
    for (const name of readdirSync(synthea)) {
      const text = await textOf(one.mock, output, name.split('.')[0])
      expect(text === gunzipSync(readFileSync(join(synthea, name))).toString()).toBe(true)
    }
  })
})
