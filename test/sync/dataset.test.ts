/** dataset.json and the folders around it as a stranger may have left them. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/sync/dataset.js'
import { fastDirectory, lines, putExport, resource, round, type StoredFile } from './place.js'

const patients: StoredFile = { name: 'Patient.0001.ndjson', text: lines(resource('Patient', 'a')) }

const dataset = async (): Promise<string> => {
  const directory = fastDirectory()
  putExport(directory, 1, { output: [patients] })
  await round(directory, [[1, 'base']])
  return directory
}

const change = (directory: string, changes: (value: Record<string, unknown>) => unknown): void => {
  const path = join(directory, 'dataset.json')
  writeFileSync(path, JSON.stringify(changes(JSON.parse(readFileSync(path, 'utf8')))))
}

const sha = 'a'.repeat(64)
const size = { bytes: 1, resources: 1 }

describe('dataset.json', () => {
  test('nothing there is a data set without a round', async () => {
    const none = await openDataset(join(fastDirectory(), 'none'))
    expect(none).toMatchObject({ generation: 0, files: {}, rounds: [] })
    expect(await none.exports()).toEqual([])
  })

  test('what was written is read', async () => {
    expect(await openDataset(await dataset())).toMatchObject({
      generation: 1,
      snapshot: 'snapshots/001',
      transactionTime: '2026-01-1',
      series: { server: 'https://ehr.example/fhir' },
      files: { 'Patient.ndjson': { bytes: 36, resources: 1 } },
      rounds: [{ generation: 1, exports: [{ number: 1, role: 'base' }] }],
    })
  })

  test('keys of later versions are no trouble', async () => {
    const directory = await dataset()
    change(directory, (value) => ({ ...value, more: [1] }))
    expect((await openDataset(directory)).generation).toBe(1)
  })

  const rows: [string, (value: Record<string, unknown>) => unknown][] = [
    ['a list', () => []],
    ['a text', () => 'x'],
    ['no version', ({ version: _, ...rest }) => rest],
    ['a later version', (value) => ({ ...value, version: 2 })],
    ['a generation of none', (value) => ({ ...value, generation: 0 })],
    ['half a generation', (value) => ({ ...value, generation: 1.5 })],
    ['a generation as text', (value) => ({ ...value, generation: '1' })],
    ['a snapshot above', (value) => ({ ...value, snapshot: '../snapshots/001' })],
    ['an absolute snapshot', (value) => ({ ...value, snapshot: '/etc' })],
    ['the snapshot of another generation', (value) => ({ ...value, snapshot: 'snapshots/002' })],
    ['no time', (value) => ({ ...value, transactionTime: 7 })],
    ['a long time', (value) => ({ ...value, transactionTime: 'x'.repeat(1000) })],
    ['no series', (value) => ({ ...value, series: null })],
    [
      'a deep series',
      (value) => ({ ...value, series: JSON.parse(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`) }),
    ],
    ['files as a list', (value) => ({ ...value, files: [] })],
    [
      'a file above',
      (value) => ({ ...value, files: { '../x.ndjson': sha }, sizes: { '../x.ndjson': size } }),
    ],
    ['a file below', (value) => ({ ...value, files: { 'x/y.ndjson': sha }, sizes: { 'x/y.ndjson': size } })],
    [
      'a file of another kind',
      (value) => ({ ...value, files: { 'x.json': sha }, sizes: { 'x.json': size } }),
    ],
    ['a sha256 that is none', (value) => ({ ...value, files: { 'Patient.ndjson': 'x' } })],
    ['no sizes', (value) => ({ ...value, sizes: {} })],
    ['a negative size', (value) => ({ ...value, sizes: { 'Patient.ndjson': { bytes: -1, resources: 1 } } })],
    ['rounds as an object', (value) => ({ ...value, rounds: {} })],
    ['a round that is none', (value) => ({ ...value, rounds: [null] })],
    [
      'an unknown role',
      (value) => ({ ...value, rounds: [{ generation: 1, exports: [{ number: 1, role: 'x' }] }] }),
    ],
    [
      'an export above',
      (value) => ({ ...value, rounds: [{ generation: 1, exports: [{ number: '../1', role: 'base' }] }] }),
    ],
    [
      'removed that are no ids',
      (value) => ({ ...value, rounds: [{ generation: 1, exports: [], removed: ['../x'] }] }),
    ],
  ]

  test.each(rows)('%s', async (_what, changes) => {
    const directory = await dataset()
    change(directory, changes)
    await expect(openDataset(directory)).rejects.toMatchObject({
      code: 'BULKX_CONFIG',
      message: expect.stringMatching(/dataset\.json/),
      hint: expect.stringMatching(/--out|version of bulkx/),
    })
  })

  test.each(['', '{', '{"version":1', '\u0000', `[${'['.repeat(50_000)}`])('text %#', async (text) => {
    const directory = await dataset()
    writeFileSync(join(directory, 'dataset.json'), text)
    await expect(openDataset(directory)).rejects.toMatchObject({ code: 'BULKX_CONFIG' })
  })

  test('a link, a directory', async () => {
    const directory = await dataset()
    const path = join(directory, 'dataset.json')
    renameSync(path, join(directory, 'elsewhere'))
    symlinkSync('elsewhere', path)
    await expect(openDataset(directory)).rejects.toMatchObject({ code: 'BULKX_STORAGE' })
    rmSync(path)
    mkdirSync(path)
    await expect(openDataset(directory)).rejects.toMatchObject({ code: 'BULKX_STORAGE' })
  })
})

test('only folders that are numbered as ours are exports', async () => {
  const directory = await dataset()
  for (const name of ['002', '010', '1000', '0001', '00', '000', 'x', '3', '003.1', '99999999999999999999'])
    mkdirSync(join(directory, 'exports', name))
  expect(await (await openDataset(directory)).exports()).toEqual([1, 2, 10, 1000])
})

describe('links in the place of our own', () => {
  test.each([
    'exports',
    'exports/002',
    'exports/002/Patient.0001.ndjson',
    'exports/002/manifest.json',
    'exports/002/deleted',
    'snapshots',
    'snapshots/001',
    'snapshots/001/Patient.ndjson',
    '.bulkx',
    'snapshots/002',
  ])('%s', async (name) => {
    const directory = await dataset()
    putExport(directory, 2, {
      output: [patients],
      deleted: [{ name: 'deleted/Bundle.0001.ndjson', text: '{"resourceType":"Bundle"}\n' }],
    })
    const path = join(directory, name)
    const elsewhere = join(fastDirectory(), 'elsewhere')
    if (name === 'snapshots/002') mkdirSync(elsewhere)
    else renameSync(path, elsewhere)
    symlinkSync(elsewhere, path)
    await expect(round(directory, [[2, 'delta']])).rejects.toMatchObject({ code: 'BULKX_STORAGE' })
    expect((await openDataset(directory).catch(() => ({ generation: 1 }))).generation).toBe(1)
  })
})

describe('an export that cannot be merged', () => {
  const manifestOf = (directory: string): string => join(directory, 'exports/002/manifest.json')
  const rewrite = (
    directory: string,
    changes: (value: { output: { url: string; bulkx: object }[] }) => unknown,
  ): void =>
    writeFileSync(
      manifestOf(directory),
      JSON.stringify(changes(JSON.parse(readFileSync(manifestOf(directory), 'utf8')))),
    )
  const entry = (directory: string, more: object): void =>
    rewrite(directory, ({ output: [first], ...rest }) => ({ ...rest, output: [{ ...first, ...more }] }))

  const rows: [string, (directory: string) => void][] = [
    ['no manifest', (directory) => rmSync(manifestOf(directory))],
    ['no folder', (directory) => rmSync(join(directory, 'exports/002'), { recursive: true })],
    ['rubbish', (directory) => writeFileSync(manifestOf(directory), '{')],
    ['no output', (directory) => rewrite(directory, ({ output: _, ...rest }) => rest)],
    ['a file above', (directory) => entry(directory, { url: '../../Patient.0001.ndjson' })],
    ['an absolute file', (directory) => entry(directory, { url: '/etc/passwd' })],
    ['a URL', (directory) => entry(directory, { url: 'https://ehr.example/1' })],
    ['a file that is not there', (directory) => entry(directory, { url: 'Patient.0002.ndjson' })],
    ['no size', (directory) => entry(directory, { bulkx: {} })],
    ['another size', (directory) => writeFileSync(join(directory, 'exports/002/Patient.0001.ndjson'), 'x')],
  ]

  test.each(rows)('%s', async (_what, spoil) => {
    const directory = await dataset()
    putExport(directory, 2, { output: [patients] })
    spoil(directory)
    await expect(round(directory, [[2, 'delta']])).rejects.toMatchObject({
      code: 'BULKX_STORAGE',
      hint: expect.stringMatching(/bulkx|--out/),
    })
    expect((await openDataset(directory)).generation).toBe(1)
  })
})
