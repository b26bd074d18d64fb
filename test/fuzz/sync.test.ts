/** What a data set has of its own, and what a Group says: documented errors, ids that can be used, nothing touched. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import { openDataset } from '../../src/sync/dataset.js'
import { descriptionText, isId } from '../../src/sync/description.js'
import { exportFiles } from '../../src/sync/export-files.js'
import { changesOf, readKnownMembers } from '../../src/sync/known-members.js'
import { readMembers } from '../../src/sync/members.js'
import { firstOf, generationOf, readRound } from '../../src/sync/round.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { jsonFile } from './disk-readers.js'
import { casesOf, seed } from './play.js'
import { must, mustBeUntouched } from './properties.js'
import { type Random, randomFrom } from './values.js'

const series = { server: 'https://ehr.example/fhir', target: 'Group/1', parameters: { type: ['Patient'] } }
const file = { resources: 2, bytes: 40 }
const dataset = {
  version: 1,
  generation: 2,
  snapshot: 'snapshots/002',
  transactionTime: '2026-01-01T00:00:00Z',
  series,
  files: { 'Patient.ndjson': 'a'.repeat(64) },
  sizes: { 'Patient.ndjson': file },
  rounds: [
    { generation: 1, exports: [{ number: 1, role: 'base' }] },
    { generation: 2, exports: [{ number: 2, role: 'delta' }], removed: ['a'], returned: ['b'] },
  ],
}
const round = {
  version: 1,
  exports: [
    { number: 2, role: 'delta' },
    { number: 3, role: 'newcomers', patients: ['a', 'b'] },
  ],
  since: '2026-01-01T00:00:00Z',
  series,
  members: ['a', 'b'],
  departed: ['c'],
  pending: [],
}
const members = { version: 1, members: ['a', 'b'], kept: ['c'] }
const stored = { bytes: 0, sha256: 'a'.repeat(64), lines: 0, badLines: 0 }
const manifest = {
  transactionTime: '2026-01-01T00:00:00Z',
  request: 'https://ehr.example/fhir/Group/1/$export',
  output: [{ type: 'Patient', url: 'Patient.0001.ndjson', count: 0, bulkx: stored }],
  deleted: [{ type: 'Bundle', url: 'deleted/Bundle.0001.ndjson', bulkx: stored }],
  bulkx: { server: 'https://ehr.example/fhir' },
}

const mustBeDocumented = (error: unknown, text: string): void => {
  if (!(error instanceof BulkxError) || error.exitCode === 1)
    throw new Error(`no documented end: ${text}`, { cause: error })
}

const allIds = (ids: readonly unknown[] | undefined): boolean => ids === undefined || ids.every(isId)

interface Row {
  name: string
  path: string
  seed: unknown
  read(directory: string): Promise<void>
}

const rows: readonly Row[] = [
  {
    name: 'dataset.json',
    path: 'dataset.json',
    seed: dataset,
    read: async (directory) => {
      const found = await openDataset(directory)
      must(found.snapshot === `snapshots/${String(found.generation).padStart(3, '0')}`, 'a snapshot of ours')
      for (const name of Object.keys(found.files))
        must(/^[A-Za-z]+\.ndjson$/.test(name), 'a name of ours', name)
      for (const { removed, returned } of found.rounds) must(allIds(removed) && allIds(returned), 'ids')
      await writeFile(join(directory, 'dataset.json'), descriptionText(found))
      expect({ ...(await openDataset(directory)), exports: 0 }).toEqual({ ...found, exports: 0 })
    },
  },
  {
    name: 'round.json',
    path: '.bulkx/round.json',
    seed: round,
    read: async (directory) => {
      const found = await readRound(directory)
      if (found === undefined) return
      must(
        firstOf(found).role !== 'newcomers' && generationOf(found) >= 1,
        'a round that can be gone on with',
      )
      must(allIds(found.members) && allIds(found.departed) && allIds(found.pending), 'ids', found)
    },
  },
  {
    name: 'members.json',
    path: '.bulkx/members.json',
    seed: members,
    read: async (directory) => {
      const known = await readKnownMembers(directory)
      must(allIds(known?.members) && allIds(known?.kept), 'ids', known)
      changesOf(known, { ids: ['a'], unnamed: 0 })
    },
  },
  {
    name: 'manifest.json of an export',
    path: 'exports/001/manifest.json',
    seed: manifest,
    read: async (directory) => {
      const { outputs, deletes } = await exportFiles(directory, 1)
      for (const { path, bytes } of [...outputs, ...deletes]) {
        must(path.startsWith(join(directory, 'exports/001/')) && !path.includes('..'), 'inside', path)
        must(bytes >= 0, 'a size', bytes)
      }
    },
  },
]

const place = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'bulkx-fuzz-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  for (const folder of ['.bulkx', 'exports/001/deleted'])
    await mkdir(join(directory, folder), { recursive: true })
  for (const name of ['Patient.0001.ndjson', 'deleted/Bundle.0001.ndjson'])
    await writeFile(join(directory, 'exports/001', name), '')
  return directory
}

test.each(rows)('$name', { timeout: 600_000 }, async ({ path, seed: whole, read }) => {
  const random = randomFrom(seed)
  const directory = await place()
  await writeFile(join(directory, path), JSON.stringify(whole))
  await read(directory)
  for (let number = 0; number < casesOf(300); number += 1) {
    const text = jsonFile(random, whole)
    await writeFile(join(directory, path), text)
    await read(directory).catch((error: unknown) => mustBeDocumented(error, text))
    mustBeUntouched()
  }
})

const group = {
  resourceType: 'Group',
  quantity: 2,
  member: [
    { entity: { reference: 'Patient/a' } },
    { entity: { reference: 'https://ehr.example/fhir/Patient/b' }, inactive: false },
    { entity: { type: 'Patient', identifier: { value: '1' } } },
    { entity: { reference: 'Practitioner/c' } },
  ],
}
const page = {
  resourceType: 'Bundle',
  link: [{ relation: 'next', url: 'https://ehr.example/fhir/Group/1?page=2' }],
  entry: [{ resource: group }],
}

const said = (random: Random): string => jsonFile(random, random(2) === 0 ? group : page)

test('answers of a Group', { timeout: 600_000 }, async () => {
  const random = randomFrom(seed)
  for (let number = 0; number < casesOf(500); number += 1) {
    const fhir = async ({ url }: { url: string }) => ({
      status: 200,
      headers: {},
      url,
      body: Readable.from([Buffer.from(said(random))]),
    })
    const found = await readMembers(
      { fhirUrl: 'https://ehr.example/fhir', id: '1' },
      { fhir, clock: fakeClock() },
    )
    if ('unknown' in found) must(found.unknown.length < 3000, 'bounded words', found.unknown.length)
    else {
      must(
        found.ids.length > 0 && allIds(found.ids) && new Set(found.ids).size === found.ids.length,
        'ids',
        found,
      )
      must(Number.isSafeInteger(found.unnamed) && found.unnamed >= 0, 'a number', found.unnamed)
    }
    mustBeUntouched()
  }
})
