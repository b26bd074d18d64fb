/** Which losses of a round are suspicious, one row each; and that a merge counts them by type. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ExportRole } from '../../src/sync/dataset.js'
import { isMost, vanishing } from '../../src/sync/vanishing.js'
import { bundle, lines, newDirectory, putExport, resource, round, type StoredFile } from './place.js'

test.each<[number, number, ExportRole, boolean]>([
  [11, 5, 'delta', false],
  [11, 6, 'delta', true],
  [12, 6, 'delta', false],
  [1000, 500, 'base', false],
  [1000, 501, 'base', true],
  [1000, 1000, 'delta', true],
  [10, 9, 'delta', false],
  [10, 10, 'delta', false],
  [10, 9, 'base', false],
  [10, 10, 'base', true],
  [1, 1, 'base', true],
  [1, 1, 'delta', false],
])('of %i resources %i, by a %s', (before, deleted, role, isSuspicious) => {
  const merged = { exports: [{ number: 2, role }], losses: { Patient: { before, deleted } } }
  expect(vanishing(merged).length > 0).toBe(isSuspicious)
})

test.each([
  [0, 0, false],
  [10, 10, false],
  [11, 11, true],
  [12, 6, false],
])('of %i members %i: %s', (held, gone, isIt) => {
  expect(isMost(gone, held)).toBe(isIt)
})

const some = (type: string, from: number, to: number): StoredFile => ({
  name: `${type}.0001.ndjson`,
  text: lines(...Array.from({ length: to - from }, (_, at) => resource(type, `${type}${from + at}`))),
})

describe.each([
  ['in memory', undefined],
  ['spilled', 1],
])('losses, %s', (_name, keysBytesMax) => {
  const started = async (): Promise<string> => {
    const directory = newDirectory()
    putExport(directory, 1, { output: [some('Patient', 0, 20), some('Condition', 0, 5)] })
    await round(directory, [[1, 'base']], { keysBytesMax })
    return directory
  }

  test('of deletes', async () => {
    const directory = await started()
    const gone = ['Patient/Patient1', 'Patient/Patient2', 'Patient/none', 'Observation/x']
    putExport(directory, 2, {
      output: [some('Patient', 15, 25)],
      deleted: [{ name: 'deleted/Bundle.0001.ndjson', text: lines(bundle(...gone)) }],
    })
    const { merged } = await round(directory, [[2, 'delta']], { keysBytesMax })
    expect(merged.losses).toEqual({ Patient: { before: 20, deleted: 2 } })
  })

  test('of a new base', async () => {
    const directory = await started()
    putExport(directory, 2, { output: [some('Patient', 18, 30)] })
    const { merged } = await round(directory, [[2, 'base']], { keysBytesMax })
    expect(merged.losses).toEqual({
      Condition: { before: 5, deleted: 5 },
      Patient: { before: 20, deleted: 18 },
    })
  })

  test('of a new base in the place of a snapshot that is damaged', async () => {
    const directory = await started()
    rmSync(join(directory, 'snapshots/001/Patient.ndjson'))
    putExport(directory, 2, { output: [some('Patient', 0, 3), some('Condition', 0, 5)] })
    const { merged } = await round(directory, [[2, 'base']], { keysBytesMax })
    expect(merged.losses).toEqual({ Patient: { before: 20, deleted: 17 } })
  })
})
