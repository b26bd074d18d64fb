/** What `verify` learns of a snapshot: that it is what dataset.json says, and what its exports give. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkDataset } from '../../src/sync/check.js'
import { bundle, lines, newDirectory, putExport, resource, round } from './place.js'

const at = (n: number): object => ({ meta: { lastUpdated: `2026-01-0${n}T00:00:00Z` }, n })

/** Three rounds: what was replaced, deleted, brought again, doubled, and taken out with somebody who left. */
const dataset = async (keep?: number): Promise<string> => {
  const directory = newDirectory()
  const patients = (...ids: [string, number][]): string =>
    lines(...ids.map(([id, n]) => resource('Patient', id, at(n))))
  const subject = { subject: { reference: 'Patient/gone' } }
  putExport(directory, 1, {
    output: [
      { name: 'Patient.0001.ndjson', text: patients(['a', 1], ['b', 1], ['b', 2], ['c', 1], ['gone', 1]) },
      { name: 'Condition.0001.ndjson', text: lines(resource('Condition', 'x', subject)) },
    ],
  })
  await round(directory, [[1, 'base']])
  putExport(directory, 2, {
    output: [{ name: 'Patient.0001.ndjson', text: patients(['d', 1], ['b', 4], ['b', 3], ['e', 1]) }],
    deleted: [{ name: 'deleted/Bundle.0001.ndjson', text: lines(bundle('Patient/c')) }],
  })
  await round(directory, [[2, 'delta']])
  putExport(directory, 3, {
    output: [{ name: 'Patient.0001.ndjson', text: patients(['c', 5], ['e', 2]) }],
    deleted: [{ name: 'deleted/Bundle.0001.ndjson', text: lines(bundle('Patient/b')) }],
  })
  await round(directory, [[3, 'delta']], { removed: ['gone'], keep })
  return directory
}

const path = 'snapshots/003/Patient.ndjson'

describe.each([
  ['in memory', undefined],
  ['spilled', 1],
])('%s', (_name, keysBytesMax) => {
  test('what was merged round by round is what all of it gives at once', async () => {
    const directory = await dataset()
    expect(readFileSync(join(directory, path), 'utf8')).toBe(
      lines(
        ...['a 1', 'd 1', 'c 5', 'e 2'].map((one) => resource('Patient', one[0] ?? '', at(Number(one[2])))),
      ),
    )
    expect(await checkDataset(directory, { keysBytesMax })).toMatchObject({
      problems: [],
      mergedAgain: true,
      files: 1,
      resources: 4,
    })
  })

  test.each([
    ['another content', (text: string) => text.replace('"n":5', '"n":6'), ['Patient/c']],
    ['a line less', (text: string) => text.replace(/.*"d".*\n/, ''), ['Patient/d', 'Patient/c']],
    ['the last line less', (text: string) => text.replace(/.*"e".*\n/, ''), ['Patient/e']],
    ['a line more', (text: string) => `${text}${resource('Patient', 'z')}\n`, ['Patient/z']],
    ['rubbish', (text: string) => `x${text}`, ['Patient/a', 'a line that is no resource']],
    ['nothing', () => '', ['Patient/a']],
  ])('%s', async (_what, change, resources) => {
    const directory = await dataset()
    writeFileSync(join(directory, path), change(readFileSync(join(directory, path), 'utf8')))
    const { problems } = await checkDataset(directory, { keysBytesMax })
    expect(problems.map(({ kind }) => kind)).toEqual(['changed', 'merge'])
    expect(problems.map((problem) => problem.path)).toEqual([path, path])
    expect(problems[1]?.resources).toEqual(resources)
  })
})

test('whoever watches is told of each thing, and of all of its bytes', async () => {
  const directory = await dataset()
  const told: { what: string; bytes: number; read: number; ended: boolean }[] = []
  const { bytes } = await checkDataset(directory, {
    watch: (what, all) => {
      const one = { what, bytes: all, read: 0, ended: false }
      told.push(one)
      return {
        read: (more) => {
          one.read += more
        },
        end: () => {
          one.ended = true
        },
      }
    },
  })
  const [file, merged] = told
  expect(told.map(({ what }) => what)).toEqual([path, 'merged again'])
  expect(told.map(({ ended }) => ended)).toEqual([true, true])
  expect(file).toMatchObject({ bytes, read: bytes })
  expect(merged?.bytes).toBeGreaterThan(bytes)
  expect(merged?.read).toBe(merged?.bytes)
})

test('files that are missing, and others', async () => {
  const directory = await dataset()
  unlinkSync(join(directory, path))
  writeFileSync(join(directory, 'snapshots/003/Other.ndjson'), '')
  const { problems, files } = await checkDataset(directory)
  expect(files).toBe(0)
  expect(problems.map((problem) => [problem.kind, problem.path])).toEqual([
    ['missing', path],
    ['unexpected', 'snapshots/003/Other.ndjson'],
    ['merge', path],
  ])
})

test('a link in the place of a file', async () => {
  const directory = await dataset()
  renameSync(join(directory, path), join(directory, 'elsewhere'))
  symlinkSync('../../elsewhere', join(directory, path))
  const { problems } = await checkDataset(directory).catch((error) => ({ problems: [error] }))
  expect(problems[0]).toMatchObject({ kind: 'changed', path })
})

test('an export that is not what its manifest says', async () => {
  const directory = await dataset()
  writeFileSync(join(directory, 'exports/002/Patient.0001.ndjson'), '')
  const { problems, mergedAgain } = await checkDataset(directory)
  expect(mergedAgain).toBe(false)
  expect(problems).toMatchObject([{ kind: 'merge', path: 'exports/002' }])
})

test('without the base the snapshot is compared with dataset.json alone', async () => {
  const directory = await dataset(2)
  expect(await checkDataset(directory)).toMatchObject({ problems: [], mergedAgain: false })
})

test.each([
  ['another generation', (link: string) => symlinkSync('snapshots/002', link), ['switch']],
  ['a directory', (link: string) => mkdirSync(link), ['switch']],
  ['nothing', () => {}, []],
])('current: %s', async (_what, make, kinds) => {
  const directory = await dataset()
  const link = join(directory, 'current')
  rmSync(link)
  make(link)
  const { problems } = await checkDataset(directory)
  expect(problems.map(({ kind }) => kind)).toEqual(kinds)
})

test('no data set', async () => {
  await expect(checkDataset(newDirectory())).rejects.toMatchObject({ code: 'BULKX_CONFIG' })
})
