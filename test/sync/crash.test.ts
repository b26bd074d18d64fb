/** A process that ends at any change of the disk: readers see one generation, and the next run ends as if nothing was. */
import { cpSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ExportRole } from '../../src/sync/dataset.js'
import { openDataset } from '../../src/sync/dataset.js'
import { bundle, currentOf, fastDirectory, lines, putExport, resource, round } from './place.js'
import { stoppingDisk } from './stopping-disk.js'

/** What stands in a data set: text by path, links by where they lead. */
const treeOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry): [string, string] => {
        const path = join(entry.parentPath, entry.name)
        return [
          relative(directory, path),
          entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'utf8'),
        ]
      })
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )

const within = (tree: Record<string, string>, folder: string): Record<string, string> =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => path.startsWith(`${folder}/`)))

const put = (directory: string, number: number): void =>
  putExport(directory, number, {
    output: [
      {
        name: 'Patient.0001.ndjson',
        text: lines(...['a', 'b', `n${number}`].map((id) => resource('Patient', id, { number }))),
      },
      { name: 'Condition.0001.ndjson', text: lines(resource('Condition', `c${number}`)) },
    ],
    deleted: [{ name: 'deleted/Bundle.0001.ndjson', text: lines(bundle(`Patient/n${number - 1}`)) }],
  })

interface Course {
  roles: readonly ExportRole[]
  keysBytesMax?: number
}

/** Rounds 1 and 2 are over; the exports of 3 and 4 are there. */
const prepared = async (): Promise<string> => {
  const directory = fastDirectory()
  for (const number of [1, 2, 3, 4]) put(directory, number)
  await round(directory, [[1, 'base']])
  await round(directory, [[2, 'delta']])
  return directory
}

/** As a run of the command: what is committed is not merged again. */
const complete = async (
  directory: string,
  number: number,
  { roles, keysBytesMax }: Course,
): Promise<void> => {
  if ((await openDataset(directory)).generation >= number) return
  await round(directory, [[number, roles[number - 1] ?? 'delta']], { keysBytesMax, seed: 1, keep: 2 })
}

const courses: Record<string, Course> = {
  'a delta': { roles: ['base', 'delta', 'delta', 'delta'] },
  'a delta, spilled': { roles: ['base', 'delta', 'delta', 'delta'], keysBytesMax: 1 },
  'a new base': { roles: ['base', 'delta', 'base', 'delta'] },
}

describe.each(Object.entries(courses))('%s', (_name, course) => {
  test.each(['half', 'not'] as const)('stopped at each change, which is done %s', async (how) => {
    const before = await prepared()
    const reference = fastDirectory()
    cpSync(before, reference, { recursive: true, verbatimSymlinks: true })
    const second = currentOf(reference)
    const start = treeOf(before)
    let changes = 0
    {
      using disk = await stoppingDisk()
      await complete(reference, 3, course)
      changes = disk.changes.length
    }
    const third = currentOf(reference)
    await complete(reference, 4, course)
    const end = treeOf(reference)
    expect(changes).toBeGreaterThan(20)
    for (let number = 1; number <= changes; number += 1) {
      const directory = fastDirectory()
      cpSync(before, directory, { recursive: true, verbatimSymlinks: true })
      let last = ''
      {
        using disk = await stoppingDisk()
        disk.stopAt(number, how)
        await expect(complete(directory, 3, course)).rejects.toThrow(/stopped at|Cannot/)
        last = disk.changes[number - 1] ?? ''
      }
      const when = `stopped at ${number}, ${relative(directory, last)}`
      const { generation } = await openDataset(directory)
      expect([second, third], when).toContainEqual(currentOf(directory))
      for (const folder of ['exports/001', 'snapshots/001', 'snapshots/002'])
        expect([{}, within(start, folder)], when).toContainEqual(within(treeOf(directory), folder))
      // dataset.json is written when readers see the generation already.
      if (generation === 3) expect(currentOf(directory), when).toEqual(third)
      await complete(directory, 3, course)
      expect(currentOf(directory), when).toEqual(third)
      await complete(directory, 4, course)
      expect(treeOf(directory), when).toEqual(end)
      rmSync(directory, { recursive: true })
    }
    for (const directory of [before, reference]) rmSync(directory, { recursive: true })
  })
})
