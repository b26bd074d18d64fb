/**
 * Exports that are killed again and again, at moments drawn by a seeded dice, and started again each time. For a long
 * run: CRASH_SEED, CRASH_EXPORTS (of each server), CRASH_KILLS (of each export), CRASH_SERVERS (names, by comma).
 */
import { appendFile } from 'node:fs/promises'
import { afterAll, expect, test, vi } from 'vitest'
import { type Ended, run, start } from '../process/child.js'
import { journalOf, newPlace, type Place } from '../process/place.js'
import { type Served, serve } from '../process/server.js'
import { dice } from './dice.js'
import {
  type Digests,
  digestsOf,
  expectComplete,
  expectNothingHalf,
  expectOneJob,
  finishedFiles,
  listedFiles,
} from './invariants.js'
import { drawTrigger, Killer } from './killer.js'
import {
  commandOf,
  drawTrouble,
  isServer,
  type ServerName,
  servers,
  usualServers,
  writeFilesOf,
} from './servers.js'

// Processes are slow to start where many of them do at once.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 })

const { CRASH_SEED = '1', CRASH_EXPORTS, CRASH_KILLS, CRASH_SERVERS } = process.env
const seed = Number(CRASH_SEED)

/** Torn ends of a journal, as a crash of the machine may leave them. */
const tornTails = [
  '{"at":1767225600000,"type":"file-comp',
  '{"type":"file-completed","name":"Patient.0001.ndjson","bytes":1',
  '{',
  '\u0000\u0000\u0000\u0000',
  '{"type":"job-cancelled","status":202,"at":1767225600000}',
  '{"type":"status-in-progress","progress":"\u00e9',
]

const references = new Map<ServerName, Promise<Digests>>()

const uninterrupted = async (name: ServerName): Promise<Digests> => {
  await using place = await newPlace()
  await using server = await serve(servers[name].options)
  await writeFilesOf(name, place)
  const { code, stderr } = await run(place, commandOf(name, place, server), { env: servers[name].env })
  expect(code, stderr).toBe(0)
  const digests = await digestsOf(place.out)
  expect(digests.size).toBeGreaterThan(3)
  return digests
}

/** What the server's files are, found out once. */
const referenceOf = (name: ServerName): Promise<Digests> => {
  const known = references.get(name) ?? uninterrupted(name)
  references.set(name, known)
  return known
}

interface Row {
  name: ServerName
  number: number
  own: number
  kills: number
  /** Faults of the server. */
  trouble: number
  pages: boolean
  serverGzip: boolean
  gzip: boolean
}

/** By default six exports of a server without trouble, killed five times each, and one of each vendor with trouble. */
const rowsOf = (name: ServerName, at: number): Row[] => {
  const isCalm = CRASH_SERVERS === undefined && name === 'reference'
  return Array.from({ length: Number(CRASH_EXPORTS ?? (isCalm ? 6 : 1)) }, (_, index) => ({
    name,
    number: index + 1,
    own: seed * 100_000 + at * 10_000 + index,
    kills: Number(CRASH_KILLS ?? (isCalm ? 5 : 2)),
    trouble: isCalm ? 0 : 4,
    pages: index % 2 === 1 && name === 'reference',
    serverGzip: index % 4 >= 2 && name === 'reference',
    gzip: index % 3 === 2,
  }))
}

const names = CRASH_SERVERS?.split(',') ?? usualServers
const rows = names.flatMap((name, at) => (isServer(name) ? rowsOf(name, at) : []))

/** What was whole when a process was killed, and how many requests the server had seen until then. */
interface Before {
  finished: string[]
  requests: number
}

const expectNotFetchedAgain = async (out: string, server: Served, befores: Before[], when: string) => {
  const listed = await listedFiles(out)
  for (const { finished, requests } of befores) {
    const paths = new Set(finished.map((name) => listed.get(name)?.path))
    const again = server.mock.requests.slice(requests).filter(({ url }) => paths.has(url))
    expect(
      again.map(({ url }) => url),
      `fetched again, ${when}`,
    ).toEqual([])
  }
}

interface Export {
  row: Row
  place: Place
  server: Served
  killer: Killer
}

/** Kills during one run after another; true when the export came to its end before it could be killed so often. */
const killAgainAndAgain = async (
  { row, place, server, killer }: Export,
  befores: Before[],
): Promise<boolean> => {
  const { name, own, kills } = row
  const reference = await referenceOf(name)
  const roll = dice(own)
  for (let kill = 1; kill <= kills; kill += 1) {
    const when = `after kill ${kill} of ${name} ${row.number}, seed ${own}`
    const trigger = drawTrigger(roll, kill === 1)
    const child = start(place, command(row, place, server), { env: servers[name].env })
    killer.arm(child, trigger)
    const ended = await child.ended
    killer.disarm()
    await expectNothingHalf(place.out, reference, when)
    if (ended.signal === 'SIGKILL') total.kills += 1
    // Trouble that outlasts the attempts at a file ends a run, which counts as no kill.
    else if (!mayEnd(ended, row)) throw new Error(`${when}: ended ${ended.code}: ${ended.stderr}`)
    if (ended.code === 0 || ended.code === 2) return ended.code === 0
    befores.push({ finished: await finishedFiles(place.out), requests: server.mock.requests.length })
    if (roll.upTo(2) === 1) await appendFile(journalOf(place.out), roll.pick(tornTails))
  }
  return false
}

const command = (row: Row, place: Place, server: Served): string[] => [
  ...commandOf(row.name, place, server),
  ...(row.gzip ? ['--gzip'] : []),
]

const mayEnd = ({ code }: Ended, { name, trouble }: Row): boolean =>
  ((code === 0 || code === 2) && !servers[name].deletes) || (trouble > 0 && (code === 7 || code === 9))

/** Runs until the trouble is over. */
const finish = async ({ row, place, server }: Export): Promise<void> => {
  const runsMax = row.trouble > 0 ? 5 : 1
  for (let count = 1; ; count += 1) {
    const { code, stderr } = await run(place, command(row, place, server), { env: servers[row.name].env })
    if (code === 0) return
    // Killed when nothing was left to be done, for nothing is deleted here: the export is finished, and says so.
    if (code === 2 && !servers[row.name].deletes) {
      expect((await run(place, ['resume', place.out])).code, stderr).toBe(0)
      return
    }
    const when = `run ${count} at the end of ${row.name} ${row.number}, seed ${row.own}`
    expect(count < runsMax && (code === 7 || code === 9), `${when}: ended ${code}: ${stderr}`).toBe(true)
  }
}

const total = { exports: 0, kills: 0 }

test.concurrent.each(rows)(
  '$name $number, seed $own: $kills kills, $trouble faults, --gzip $gzip',
  async (row) => {
    const { name, own, pages, serverGzip } = row
    const killer = new Killer()
    await using place = await newPlace()
    await using server = await serve({
      ...servers[name].options,
      gzip: serverGzip,
      hook: killer.hook,
      faults: drawTrouble(dice(own + 1), name, row.trouble),
      ...(pages ? { manifestEntries: 9 } : {}),
    })
    await writeFilesOf(name, place)
    const befores: Before[] = []
    const exported = { row, place, server, killer }
    if (!(await killAgainAndAgain(exported, befores))) await finish(exported)
    const when = `at the end of ${name} ${row.number}, seed ${own}`
    await expectComplete(place.out, await referenceOf(name), when)
    expectOneJob(server, when, servers[name].deletes)
    await expectNotFetchedAgain(place.out, server, befores, when)
    total.exports += 1
  },
)

afterAll(() => {
  if (CRASH_EXPORTS !== undefined)
    process.stdout.write(`${total.kills} kills of ${total.exports} exports, seed ${seed}\n`)
})
