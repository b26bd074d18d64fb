/** Exports that are killed again and again, at moments drawn by a seeded dice, and started again each time. */
import { appendFile } from 'node:fs/promises'
import { beforeAll, expect, test, vi } from 'vitest'
import type { Call, Handler } from '../../src/mock/index.js'
import { type Child, run, start } from '../process/child.js'
import { journalOf, newPlace, type Place } from '../process/place.js'
import { mixedData, type Served, serve } from '../process/server.js'
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

// Processes are slow to start where many of them do at once.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const seed = Number(process.env.CRASH_SEED ?? 1)
const exportsInAll = 10
const killsEach = 5
const data = mixedData(120)
const pageSize = 60

let reference: Digests

const command = ({ out }: Place, { fhirUrl }: Served, gzip: boolean): string[] => [
  ...['export', '--server', fhirUrl, '--out', out, '--json', '--poll-min', '20ms'],
  ...(gzip ? ['--gzip'] : []),
]

beforeAll(async () => {
  await using place = await newPlace()
  await using server = await serve({ data, pageSize })
  const { code, stderr } = await run(place, command(place, server, false))
  expect(code, stderr).toBe(0)
  reference = await digestsOf(place.out)
  expect(reference.size).toBeGreaterThan(30)
})

/** What a kill waits for: so many requests arrived, bytes of files sent, or facts written, since the start. */
interface Trigger {
  on: 'requests' | 'bytes' | 'facts'
  count: number
}

/** Torn ends of a journal, as a crash of the machine may leave them. */
const tornTails = [
  '{"at":1767225600000,"type":"file-comp',
  '{"type":"file-completed","name":"Patient.0001.ndjson","bytes":1',
  '{',
  '\u0000\u0000\u0000\u0000',
  '{"type":"job-cancelled","status":202,"at":1767225600000}',
  '{"type":"status-in-progress","progress":"\u00e9',
]

/** Kills the child once its trigger is met, and before any DELETE is answered. */
class Killer {
  trigger: Trigger | undefined
  child: Child | undefined
  private counts = { requests: 0, bytes: 0, facts: 0 }

  arm(child: Child, trigger: Trigger | undefined): void {
    this.child = child
    this.trigger = trigger
    this.counts = { requests: 0, bytes: 0, facts: 0 }
    child.process.stdout?.on('data', (text: string) => this.count('facts', text.split('\n').length - 1))
  }

  private count(on: Trigger['on'], by: number): void {
    this.counts[on] += by
    if (this.trigger?.on === on && this.counts[on] >= this.trigger.count) this.strike()
  }

  private strike(): void {
    if (this.trigger === undefined) return
    this.trigger = undefined
    this.child?.kill('SIGKILL')
  }

  /** Never between a kick-off and its answer: that is another test. */
  readonly hook = async (call: Call, next: Handler): Promise<Response> => {
    if (call.phase === 'kick-off') return next(call)
    this.count('requests', 1)
    if (call.phase === 'delete' && this.trigger) {
      this.strike()
      await this.child?.ended
    }
    const response = await next(call)
    if (call.phase !== 'file' || !response.body) return response
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.count('bytes', chunk.length)
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body.pipeThrough(counted), response)
  }
}

const rows = Array.from({ length: exportsInAll }, (_, index) => ({
  number: index + 1,
  seed: seed * 1000 + index,
  pages: index % 2 === 1,
  serverGzip: index % 4 >= 2,
  gzip: index % 3 === 2,
}))

const drawTrigger = (roll: ReturnType<typeof dice>, first: boolean): Trigger => {
  const on = roll.pick(['requests', 'requests', 'bytes', 'facts'] as const)
  if (on === 'bytes') return { on, count: roll.upTo(600_000) }
  if (on === 'requests') return { on, count: roll.upTo(12) }
  // The first facts are those of the kick-off.
  return { on, count: (first ? 3 : 0) + roll.upTo(10) }
}

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

test.concurrent.each(rows)(
  'export $number, seed $seed: pages $pages, server compresses $serverGzip, --gzip $gzip',
  async ({ number, seed: own, pages, serverGzip, gzip }) => {
    const roll = dice(own)
    const killer = new Killer()
    await using place = await newPlace()
    await using server = await serve({
      data,
      pageSize,
      gzip: serverGzip,
      hook: killer.hook,
      ...(pages ? { manifestEntries: 9 } : {}),
    })
    const befores: Before[] = []
    for (let kill = 1; kill <= killsEach; kill += 1) {
      const when = `after kill ${kill} of export ${number}, seed ${own}`
      const trigger = drawTrigger(roll, kill === 1)
      const child = start(place, command(place, server, gzip))
      killer.arm(child, trigger)
      const ended = await child.ended
      expect([ended.signal, ended.code], `${when}: ${ended.stderr}`).toEqual(['SIGKILL', null])
      await expectNothingHalf(place.out, reference, when)
      befores.push({ finished: await finishedFiles(place.out), requests: server.mock.requests.length })
      if (roll.upTo(2) === 1) await appendFile(journalOf(place.out), roll.pick(tornTails))
    }
    const when = `at the end of export ${number}, seed ${own}`
    const last = await run(place, command(place, server, gzip))
    expect(last.code, `${when}: ${last.stderr}`).toBe(0)
    await expectComplete(place.out, reference, when)
    expectOneJob(server, when)
    await expectNotFetchedAgain(place.out, server, befores, when)
  },
)
