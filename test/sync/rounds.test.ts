/** Random rounds, from a seed: each snapshot equals a naive merge in memory, byte for byte. More: `BULKX_ROUNDS=4000`. */
import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkDataset } from '../../src/sync/check.js'
import type { ExportRole } from '../../src/sync/dataset.js'
import { type Dice, dice } from '../crash/dice.js'
import { filesOf, type NaiveRound, naiveMerge, type Row, type Snapshot } from './naive.js'
import { bundle, currentOf, fastDirectory, lines, putExport, round, type StoredFile } from './place.js'

const types = ['Patient', 'Observation', 'Condition', 'Parameters']
const hour = 3_600_000_000
const begin = Date.UTC(2026, 0, 1) * 1000

/** An instant as text, in some zone, with as many digits as it needs or more. */
const instantText = (micros: number, at: Dice): string => {
  const zone = at.upTo(27) - 14
  const local = new Date(micros / 1000 + zone * 3_600_000).toISOString().slice(0, 19)
  const below = String(micros % 1_000_000).padStart(6, '0')
  const fraction =
    micros % 1_000_000 === 0 ? at.pick(['', '.0', '.000']) : at.pick([`.${below}`, `.${below}0`])
  const sign = zone < 0 ? '-' : '+'
  const name = `${sign}${String(Math.abs(zone)).padStart(2, '0')}:00`
  return `${local}${fraction}${zone === 0 ? at.pick(['Z', '+00:00', '-00:00']) : name}`
}

const escaped = (id: string): string => `\\u${id.charCodeAt(0).toString(16).padStart(4, '0')}${id.slice(1)}`

const rowOf = (at: Dice, number: number): Row => {
  const type = at.pick(types)
  const id = `${at.pick(['a', 'b', 'c', 'd'])}${at.upTo(6)}`
  const time = at.upTo(4) === 1 ? undefined : begin + at.upTo(3) * hour + at.pick([0, 0, 1, 250_000])
  const meta = time === undefined ? '' : `"meta":{"lastUpdated":"${instantText(time, at)}"},`
  const rest = `${meta}"n":${number}.10,"text":"Zoë \\"${at.upTo(9)}"`
  const line = at.pick([
    `{"resourceType":"${type}","id":"${id}",${rest}}`,
    `{"resourceType":"${type}","id":"${id}",${rest}}`,
    `{"id":"${id}",${rest},"resourceType":"${type}"}`,
    `{"contained":[{"resourceType":"X","id":"no"}],"resourceType":"${type}",${rest},"id":"${id}"}`,
    `{ "resourceType" : "${type}", "id" : "${id}", ${rest} }`,
    `{"resourceType":"${type}","id":"${escaped(id)}",${rest}}`,
  ])
  return { type, id, line, at: time }
}

/** The rows of one file as a server may send them. */
const textOf = (rows: readonly Row[], at: Dice): string => {
  const end = at.pick(['\n', '\n', '\r\n', '\n\n', ' \n\t\r\n'])
  const text = rows.map(({ line }) => `${at.pick(['', '', ' '])}${line}${end}`).join('')
  return `${at.pick(['', '', '\ufeff'])}${at.upTo(3) === 1 ? text.trimEnd() : text}`
}

interface RandomExport {
  rows: Row[]
  deleted: string[]
  output: StoredFile[]
  deletedFiles: StoredFile[]
}

const exportOf = (at: Dice, number: number): RandomExport => {
  const rows: Row[] = []
  const output: StoredFile[] = []
  for (let file = at.upTo(4) - 1; file > 0; file -= 1) {
    const own = Array.from({ length: at.upTo(12) - 1 }, (_, line) =>
      rowOf(at, number * 1000 + file * 100 + line),
    )
    rows.push(...own)
    // Each holds several types, Parameters among them.
    output.push({
      name: `unknown.000${file}.ndjson`,
      type: 'Parameters',
      text: textOf(own, at),
      gzip: at.upTo(3) === 1,
      badLines: at.upTo(5) === 1 ? 1 : 0,
    })
  }
  const deleted = Array.from(
    { length: at.upTo(8) - 1 },
    () => `${at.pick(types)}/${at.pick(['a', 'b'])}${at.upTo(6)}`,
  )
  const text = lines(bundle(...deleted.slice(0, 2)), bundle(...deleted.slice(2), 'Patient?x=y'))
  return { rows, deleted, output, deletedFiles: [{ name: 'deleted/Bundle.0001.ndjson', text }] }
}

/** One data set and its rounds. Returns how many there were. */
const live = async (seed: number): Promise<number> => {
  const at = dice(seed)
  const directory = fastDirectory()
  let snapshot: Snapshot = new Map()
  let number = 0
  const rounds = at.upTo(6)
  for (let done = 0; done < rounds; done += 1) {
    const isBase = done === 0 || at.upTo(6) === 1
    const roles: ExportRole[] = [
      isBase ? 'base' : 'delta',
      ...(at.upTo(3) === 1 ? (['newcomers'] as const) : []),
    ]
    const naive: NaiveRound & { output: Row[]; deleted: string[] } = { isBase, output: [], deleted: [] }
    const exports = roles.map((role): [number, ExportRole] => {
      number += 1
      const one = exportOf(at, number)
      putExport(directory, number, { output: one.output, deleted: one.deletedFiles })
      naive.output.push(...one.rows)
      naive.deleted.push(...one.deleted)
      return [number, role]
    })
    const before = snapshot
    snapshot = naiveMerge(snapshot, naive)
    const { merged, dataset } = await round(directory, exports, {
      keysBytesMax: at.pick([Number.POSITIVE_INFINITY, 1]),
    })
    const when = `seed ${seed}, round ${done + 1}`
    expect(currentOf(directory), when).toEqual(filesOf(snapshot))
    const { added, replaced, unchanged, deleted } = merged.counts
    expect(added + replaced + unchanged, when).toBe(snapshot.size)
    expect(replaced + unchanged + deleted, when).toBe(before.size)
    const resources = Object.values(dataset.files).reduce((sum, file) => sum + file.resources, 0)
    expect(resources, when).toBe(snapshot.size)
  }
  const checked = await checkDataset(directory, { keysBytesMax: at.pick([Number.POSITIVE_INFINITY, 1]) })
  expect(checked, `seed ${seed}`).toMatchObject({ problems: [], mergedAgain: true, resources: snapshot.size })
  rmSync(directory, { recursive: true })
  return rounds
}

/** Data sets that are played at a time: one alone waits for the disk most of the time. */
const together = 4

test('400 rounds', async () => {
  const wanted = Number(process.env.BULKX_ROUNDS ?? 400)
  let seed = 0
  let done = 0
  const play = async (): Promise<void> => {
    while (done < wanted) {
      seed += 1
      const rounds = await live(seed)
      done += rounds
    }
  }
  await Promise.all(Array.from({ length: together }, play))
}, 600_000)
