/**
 * A data set over many nights: a real process syncs it from a server whose data change, that makes trouble, and in a
 * third of the nights the process is killed, again and again. After each night the snapshot is the server's own truth.
 * For a long run: NIGHTS (of each policy, default 8), NIGHTS_SEED.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import type { Call, Fault, Handler, Truth } from '../../src/mock/index.js'
import { wireInstruction } from '../../src/mock/wire.js'
import { run, start } from '../process/child.js'
import { newPlace, type Place } from '../process/place.js'
import { type Served, serve } from '../process/server.js'
import { type Dice, dice } from './dice.js'
import { finishedFiles, listedFiles } from './invariants.js'
import { Killer, type Trigger } from './killer.js'
import { drawTrouble } from './servers.js'

const { NIGHTS = '8', NIGHTS_SEED = '1' } = process.env
const nights = Number(NIGHTS)
const seed = Number(NIGHTS_SEED)

// Processes are slow to start where many of them do at once.
vi.setConfig({ testTimeout: nights * 100_000, hookTimeout: 120_000 })

const preload = [new URL('kill-at.mjs', import.meta.url).href]

/** Moments of a round that no request tells of: its plan, its merge, its switch; and some of its exports. */
const moments = [
  ...['round.json', 'Observation.ndjson', 'current', 'dataset.json', 'members.json', 'manifest.json'].flatMap(
    (name) => [`rename-before ${name}`, `rename-after ${name}`],
  ),
  ...['kick-off-accepted', 'manifest-received', 'file-completed', 'delete-answered'].flatMap((fact) => [
    `journal-half ${fact}`,
    `journal-synced ${fact}`,
  ]),
].filter((moment) => moment !== 'journal-half kick-off-accepted')

/** What a kill waits for: a moment at the child's own side, or so much seen by the server since the child began. */
const drawKill = (roll: Dice): { at: string } | { trigger: Trigger } => {
  const kind = roll.upTo(3)
  if (kind === 1) return { trigger: { on: 'requests', count: roll.upTo(14) } }
  if (kind === 2) return { trigger: { on: 'bytes', count: roll.upTo(60_000) } }
  return { at: roll.pick(moments) }
}

/** A request for a file, as the server saw it. */
interface Fetch {
  path: string
  /** The run of the command in which it was asked for, from 1, over all nights. */
  run: number
  status: number
  /** A fault met its answer. */
  troubled: boolean
}

interface Watch {
  fetches: Fetch[]
  troubled: WeakSet<Request>
  /** What goes wrong tonight. */
  faults: readonly Fault[]
}

const telling = (watch: Watch, { around }: Fault) => {
  return async (call: Call, next: Handler): Promise<Response> => {
    let own: Response | undefined
    const response = await around(call, async (passed) => {
      own = await next(passed)
      return own
    })
    if (response !== own || wireInstruction(response)) watch.troubled.add(call.request)
    return response
  }
}

const hookOf =
  (watch: Watch, killer: Killer) =>
  async (call: Call, next: Handler): Promise<Response> => {
    const layers = watch.faults.map((fault) => telling(watch, fault))
    const troubled = layers.reduceRight<Handler>((inner, layer) => (passed) => layer(passed, inner), next)
    const fetch: Fetch = {
      path: new URL(call.request.url).pathname,
      // What a process that was killed has sent may be read here when the next one is at work.
      run: Number(call.request.headers.get('x-run')),
      status: 0,
      troubled: false,
    }
    if (call.phase === 'file') watch.fetches.push(fetch)
    const response = await killer.hook(call, troubled)
    fetch.status = response.status
    fetch.troubled = watch.troubled.has(call.request)
    return response
  }

interface Nightly {
  place: Place
  server: Served
  watch: Watch
  killer: Killer
  /** The dice of this night. */
  roll: Dice
  /** Of the command so far. */
  runs: number
  departed: 'keep' | 'remove'
  /** Names of the files that were whole when a process was killed, by export. */
  whole: { run: number; export: string; names: string[] }[]
  kills: number
}

const commandOf = ({ place, server, departed, runs }: Nightly): string[] => [
  ...['sync', 'Group/123', '--server', server.fhirUrl, '--out', place.out, '--departed', departed],
  ...['--poll-min', '20ms', '--json', '--header', `x-run: ${runs}`],
]

const exportsOf = async (out: string): Promise<string[]> =>
  (await readdir(join(out, 'exports')).catch(() => [])).filter((name) => /^\d+$/.test(name)).sort()

/** Runs the command once, killed where the lot says so; true when it came to its end. */
const runOnce = async (nightly: Nightly, isKilled: boolean, when: string): Promise<boolean> => {
  const { place, killer, roll } = nightly
  nightly.runs += 1
  const kill = isKilled ? drawKill(roll) : undefined
  const options = kill && 'at' in kill ? { preload, env: { KILL_AT: kill.at } } : {}
  const child = start(place, commandOf(nightly), options)
  if (kill && 'trigger' in kill) killer.arm(child, kill.trigger)
  const { code, signal, stderr } = await child.ended
  killer.disarm()
  if (signal === 'SIGKILL') {
    nightly.kills += 1
    for (const name of await exportsOf(place.out))
      nightly.whole.push({
        run: nightly.runs,
        export: name,
        names: await finishedFiles(join(place.out, 'exports', name)),
      })
    return false
  }
  // Trouble that outlasts the attempts at a file ends a run, and the next one goes on.
  expect([0, 7, 9], `${when}, ${JSON.stringify(kill)}: ended ${code}: ${stderr}`).toContain(code)
  return code === 0
}

const RUNS_MAX = 12

const sleepThrough = async (nightly: Nightly, when: string): Promise<void> => {
  const { roll } = nightly
  let kills = roll.upTo(3) === 1 ? roll.upTo(3) : 0
  for (let count = 1; ; count += 1) {
    const isOver = await runOnce(nightly, kills > 0, `${when}, run ${count}`)
    kills -= 1
    if (isOver) return
    expect(count, `runs of ${when}`).toBeLessThan(RUNS_MAX)
  }
}

interface Description {
  generation: number
  transactionTime: string
}

const descriptionOf = async ({ place }: Nightly): Promise<Description> =>
  JSON.parse(await readFile(join(place.out, 'dataset.json'), 'utf8')) as Description

/** The lines of each type of what readers see. */
const snapshotOf = async ({ place }: Nightly): Promise<Truth> => {
  const current = join(place.out, 'current')
  const names = (await readdir(current)).sort()
  const entries = names.map(async (name): Promise<[string, Set<string>]> => {
    const lines = (await readFile(join(current, name), 'utf8')).split('\n')
    expect(lines.pop(), `the end of ${name}`).toBe('')
    const different = new Set(lines)
    expect(different.size, `lines of ${name} that are there once`).toBe(lines.length)
    return [name.replace(/\.ndjson$/, ''), different]
  })
  return new Map(await Promise.all(entries))
}

/** The lines that only the one has. */
const only = (one: Truth, other: Truth): string[] =>
  [...one].flatMap(([type, lines]) => [...lines].filter((line) => other.get(type)?.has(line) !== true))

const expectTruth = async (nightly: Nightly, when: string): Promise<void> => {
  const { transactionTime } = await descriptionOf(nightly)
  const { server, departed } = nightly
  const truth = await server.mock.truth(transactionTime, 'Group/123', { departed })
  const snapshot = await snapshotOf(nightly)
  const differences = { missing: only(truth, snapshot), surplus: only(snapshot, truth) }
  expect(differences, `the snapshot and the truth, ${when}`).toEqual({ missing: [], surplus: [] })
}

/** A file is asked for again only after a refusal, after trouble, or after a kill that found it unfinished. */
const expectNothingInVain = async (nightly: Nightly, when: string): Promise<void> => {
  const { place, watch, whole } = nightly
  const paths = new Map<string, number>()
  for (const { run: killed, export: name, names } of whole) {
    const listed = await listedFiles(join(place.out, 'exports', name)).catch(() => new Map())
    for (const file of names) {
      const path = listed.get(file)?.path
      if (path !== undefined) paths.set(path, Math.min(killed, paths.get(path) ?? killed))
    }
  }
  const before = new Map<string, Fetch>()
  const inVain: Fetch[] = []
  for (const fetch of watch.fetches) {
    const last = before.get(fetch.path)
    before.set(fetch.path, fetch)
    const isKnown = (paths.get(fetch.path) ?? Number.POSITIVE_INFINITY) < fetch.run
    const isExcused = last === undefined || last.run < fetch.run || last.troubled || last.status >= 400
    if (isKnown || !isExcused) inVain.push(fetch)
  }
  expect(inVain, `fetched again, ${when}`).toEqual([])
}

const totals = { nights: 0, kills: 0, exports: 0 }

test.concurrent.each(['keep', 'remove'] as const)(
  `${nights} nights, departed members: %s (seed ${seed})`,
  async (departed) => {
    const own = seed * 1000 + (departed === 'keep' ? 1 : 2)
    const killer = new Killer()
    const watch: Watch = { fetches: [], troubled: new WeakSet(), faults: [] }
    await using place = await newPlace()
    await using server = await serve({
      evolve: 'when-told',
      data: { seed: own, patients: 40 },
      pageSize: 20,
      hook: hookOf(watch, killer),
    })
    const state = { runs: 0, whole: [], kills: 0 }
    const nightly: Nightly = { place, server, watch, killer, roll: dice(own), departed, ...state }
    let generation = 0
    for (let night = 1; night <= nights; night += 1) {
      const when = `night ${night}, seed ${seed}, ${departed}`
      // How many runs a night takes depends on when trouble meets whom: the next one begins with a dice of its own.
      const roll = dice(own * 10_000 + night)
      nightly.roll = roll
      watch.faults = roll.upTo(2) === 1 ? drawTrouble(roll, 'reference', roll.upTo(3)) : []
      const accepted = () => server.asked('kick-off').filter(({ status }) => status === 202).length
      const before = accepted()
      await sleepThrough(nightly, when)
      await expectTruth(nightly, when)
      const now = await descriptionOf(nightly)
      expect(accepted() - before, `kick-offs, ${when}`).toBe(now.generation - generation)
      generation = now.generation
      for (let step = roll.upTo(2); step > 0; step -= 1) await server.mock.evolve()
    }
    await expectNothingInVain(nightly, departed)
    expect(nightly.kills).toBeGreaterThan(0)
    const verified = await run(place, ['verify', place.out])
    expect(verified.code, verified.stderr).toBe(0)
    totals.nights += nights
    totals.kills += nightly.kills
    totals.exports += generation
  },
)

afterAll(() => {
  if (process.env.NIGHTS !== undefined)
    process.stdout.write(
      `${totals.kills} kills in ${totals.nights} nights, ${totals.exports} exports, seed ${seed}\n`,
    )
})
