/**
 * Workers are killed, Redis is restarted, the coordinator is killed: at the end every file is there, once and whole,
 * and none was fetched more often than the kills explain. What happens, happens after so many requests, by a seed; no
 * time passes here but where a test says so.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dice } from '../crash/dice.js'
import { lacks } from '../helpers/tools.js'
import { type Child, start } from '../process/child.js'
import { filesBelow, newPlace, type Place } from '../process/place.js'
import { type Served, serve } from '../process/server.js'
import { manyFiles } from '../scale/many-files.js'
import { type Employed, employ, giveUpOn } from './processes.js'
import { type RedisServer, redisServer } from './redis-server.js'

const seed = Number(process.env.BULKX_FLEET_SEED ?? 7)
const files = 240
const fileBytes = 2_000
const workers = 4
const parallel = 2
/** What a worker may hold: downloads, and as many that are ready. */
const room = 2 * parallel

const coordinate = (place: Place, redis: RedisServer, { fhirUrl }: Served): Child =>
  start(place, [
    ...['export', '--server', fhirUrl, '--out', place.out, '--queue', redis.url, '--lease', '1h'],
    ...['--poll-min', '20ms'],
  ])

describe.skipIf(lacks('redis-server'))('a fleet in which everything dies', () => {
  test(`seed ${seed}: every file once and whole`, async () => {
    const roll = dice(seed)
    await using place = await newPlace()
    await using redis = await redisServer()
    let requests = 0
    let happening = Promise.resolve()
    const schedule: { at: number; happens: () => Promise<void> }[] = []
    await using server = await serve({
      data: manyFiles(files, fileBytes),
      hook: async (call, next) => {
        if (call.phase === 'file') {
          requests += 1
          while ((schedule[0]?.at ?? Number.POSITIVE_INFINITY) <= requests) {
            const due = schedule.shift()
            happening = happening.then(due?.happens)
          }
          // Nothing is answered while something happens: so all of it does.
          await happening
        }
        return next(call)
      },
    })

    const fleet: Employed[] = []
    for (let count = 0; count < workers; count += 1)
      fleet.push(await employ(place, redis, server, { root: place.root, parallel }))
    let coordinator: Child
    let kills = 0
    const killOne = async (): Promise<void> => {
      kills += 1
      const [victim] = fleet.splice(roll.upTo(fleet.length) - 1, 1)
      victim?.child.kill('SIGKILL')
      await victim?.child.ended
      await giveUpOn(victim?.id ?? '', redis)
      fleet.push(await employ(place, redis, server, { root: place.root, parallel }))
    }
    const restartRedis = (signal: 'SIGTERM' | 'SIGKILL') => async (): Promise<void> => {
      await redis.stop(signal)
      await redis.start()
    }
    const killCoordinator = async (): Promise<void> => {
      coordinator.kill('SIGKILL')
      await coordinator.ended
      coordinator = coordinate(place, redis, server)
    }
    const happenings = [
      ...[killOne, restartRedis('SIGTERM'), killOne, killOne, killCoordinator],
      ...[killOne, killOne, restartRedis('SIGKILL'), killOne, killOne],
    ]
    const step = Math.floor((files * 0.8) / happenings.length)
    happenings.forEach((happens, index) => {
      schedule.push({ at: index * step + roll.upTo(step), happens })
    })
    coordinator = coordinate(place, redis, server)

    let end = await coordinator.ended
    while (end.signal === 'SIGKILL') end = await coordinator.ended
    expect(end.code, end.stderr.slice(-3000)).toBe(0)
    expect(schedule).toEqual([])

    const names = (await filesBelow(place.out)).filter((name) => /^Patient\.\d+\.ndjson$/.test(name))
    expect(names).toHaveLength(files)
    const manifest: { output: { url: string; count: number; bulkx: { sha256: string } }[] } = JSON.parse(
      await readFile(join(place.out, 'manifest.json'), 'utf8'),
    )
    for (const { url, bulkx } of manifest.output) {
      const bytes = await readFile(join(place.out, url))
      expect([url, bytes.length]).toEqual([url, fileBytes])
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(bulkx.sha256)
    }
    // What a worker that was killed had is fetched again; nothing else is.
    const fetched = new Map<string, number>()
    for (const { url } of server.asked('file')) fetched.set(url, (fetched.get(url) ?? 0) + 1)
    expect(fetched.size).toBe(files)
    expect(requests - files).toBeLessThanOrEqual(kills * room)

    for (const { child } of fleet) child.kill('SIGTERM')
    for (const { child } of fleet) expect((await child.ended).code).toBe(143)
    // Nothing is left, in Redis or in the directory.
    expect(await redis.ask('KEYS', 'bulkx:????????-*')).toEqual([])
    expect(await filesBelow(join(place.out, '.bulkx/workers'))).toEqual([])
  })
})
