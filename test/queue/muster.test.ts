/** What a coordinator says of its workers: who came, who is silent, and that nobody takes the files that wait. */
import { expect, test } from 'vitest'
import { newProgress } from '../../src/fetch/progress.js'
import { type Gauges, writeGauges } from '../../src/queue/gauges.js'
import { Muster } from '../../src/queue/muster.js'

const leaseMs = 15_000

const mustered = () => {
  const notes: string[] = []
  const counts: number[] = []
  const muster = new Muster({
    leaseMs,
    queue: 'redis://queue:6379',
    progress: newProgress(),
    onNote: (text) => notes.push(text),
    onCount: (count) => counts.push(count),
  })
  const look = (now: number, workers: Record<string, Partial<Gauges> & { at?: number }>, waiting = 3) => {
    const told = Object.entries(workers)
    const gauges = told.map(([id, { at: _, ...rest }]): [string, string] => [
      id,
      writeGauges({ host: 'here', parallel: 2, state: 'working', active: [], ...rest }),
    ])
    const alive = told.map(([id, { at = now }]): [string, string] => [id, String(at)])
    muster.look({ now, gauges: new Map(gauges), alive: new Map(alive), paused: new Map() }, waiting, now)
    return notes.splice(0)
  }
  return { look, counts }
}

test('no worker has been seen: said after 10 s, and every minute', () => {
  const { look } = mustered()
  const start = 1_000_000
  const said = Array.from({ length: 200 }, (_, second) => look(start + second * 1000, {}).length > 0)
  const seconds = said.flatMap((is, second) => (is ? [second] : []))
  expect(seconds[0]).toBe(10)
  expect(seconds.filter((second) => second > 60).length).toBe(2)
  expect(look(start + 400_000, {})).toEqual([
    '3 files wait, and no worker has been seen for 400 s; start one with `bulkx worker --queue redis://queue:6379`',
  ])
  expect(look(start + 900_000, {}, 0)).toEqual([])
})

test('workers that refuse are named with their reason', () => {
  const { look } = mustered()
  const refused = { w: { state: 'refused' as const, reason: 'it is bulkx 9' } }
  expect(look(1_000_000, refused)).toEqual(['the worker w takes no file of this export: it is bulkx 9'])
  expect(look(1_011_000, refused)).toEqual([
    expect.stringMatching(/^3 files wait, and no worker can take them: w: it is bulkx 9; start one with/),
  ])
})

test('who comes, is silent, comes back and goes', () => {
  const { look, counts } = mustered()
  const at = 1_000_000
  expect(look(at, { w: {} })).toEqual(['the worker w has come'])
  expect(look(at + 20_000, { w: { at } })).toEqual([
    'the worker w is silent for 20 s: its files go to others',
  ])
  expect(look(at + 21_000, { w: {} })).toEqual(['the worker w has come'])
  expect(look(at + 22_000, { w: { state: 'leaving' } })).toEqual([
    'the worker w finishes what it has, and goes',
  ])
  expect(look(at + 23_000, {})).toEqual(['the worker w has gone'])
  expect(counts).toEqual([1, 0, 1, 0])
})
