/** Files whose workers fall silent, one that silences all of them, and a worker whom Redis has left. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks } from '../../src/fetch/checks.js'
import type { FileTask } from '../../src/fetch/task.js'
import { keysOf } from '../../src/queue/keys.js'
import { passedTime } from '../../src/queue/passed-time.js'
import { connectRedis, type Redis } from '../../src/queue/redis.js'
import { run } from '../../src/queue/scripts.js'
import { takeOver } from '../../src/queue/take-over.js'
import { systemClock } from '../../src/system-clock.js'
import { patients, storedOf, surroundings, taskOf } from '../contract/executor.js'
import { lacks } from '../helpers/tools.js'
import { type Coordinated, coordinate, employ } from './fleet.js'
import { type RedisServer, redisServer } from './redis-server.js'

const names = ['Patient.0000.ndjson', 'Patient.0001.ndjson'] as const
const task = (index: 0 | 1): FileTask => ({ ...taskOf(`f${index}`), name: names[index] })
const files = { f0: { body: patients(3) }, f1: { body: patients(3) } }

test('time that passed while the machine slept, or the clock was set', () => {
  const at = { wall: 1000, steady: 5 }
  const passed = passedTime({ now: () => at.wall }, () => at.steady)
  at.wall += 60_000
  at.steady += 10
  expect(passed()).toBe(60_000)
  at.wall -= 3_600_000
  at.steady += 10
  expect(passed()).toBe(60_010)
})

describe.skipIf(lacks('redis-server'))('workers that fall silent', () => {
  let redis: RedisServer
  let own: Redis
  beforeAll(async () => {
    redis = await redisServer()
    own = await connectRedis({ url: redis.url, clock: systemClock })
  })
  afterAll(async () => {
    own.close()
    await redis[Symbol.asyncDispose]()
  })

  const fleetOf = (job: Coordinated) => {
    const keys = keysOf(job.exportId)
    const taken = async (worker: string, suspects: 0 | 1 = 1) => {
      const served = { keys, description: job.description } as Parameters<typeof takeOver>[1]
      return takeOver(own, served, { worker, room: 10, suspects })
    }
    /** As if nothing had been heard of it for longer than the lease. */
    const silence = async (worker: string): Promise<void> => {
      const pending = (await redis.ask('XPENDING', keys.queue, 'workers', '-', '+', '10', worker)) as [
        string,
      ][]
      const ids = pending.map(([id]) => id)
      await redis.ask('XCLAIM', keys.queue, 'workers', worker, '0', ...ids, 'IDLE', '7200000', 'JUSTID')
    }
    return { keys, taken, silence }
  }

  test('a file that silences whoever takes it fails, named with them; the others are fetched', async () => {
    const place = await surroundings(checks(undefined), files, { parallel: 2 })
    const job = await coordinate(redis.url, place.directory, place.sink)
    const { keys, taken, silence } = fleetOf(job)
    const results = [job.executor.execute(task(0)), job.executor.execute(task(1))] as const
    await expect.poll(() => redis.ask('XLEN', keys.queue)).toBe(2)
    await redis.ask('XREADGROUP', 'GROUP', 'workers', 'w1', 'COUNT', '9', 'STREAMS', keys.queue, '>')
    expect(await taken('early')).toEqual([])
    await silence('w1')
    const both = await taken('w2')
    const [poison, other] = both[0]?.name === names[0] ? ([0, 1] as const) : ([1, 0] as const)
    expect(both.map(({ isSuspect }) => isSuspect)).toEqual([false, false])
    await silence('w2')
    // From now on one at a time: what ends a worker is alone with it.
    expect(await taken('w3', 0)).toEqual([])
    expect(await taken('w3')).toMatchObject([{ name: names[poison], isSuspect: true }])
    const [second] = await taken('w4')
    expect(second).toMatchObject({ name: names[other], isSuspect: true })
    await run(own, 'release', keys, 'w4', second?.id ?? '')
    for (const [last, next] of [
      ['w3', 'w5'],
      ['w5', 'w6'],
    ] as const) {
      await silence(last)
      expect((await taken(next)).map(({ name }) => name)).toContain(names[poison])
      const given = (await redis.ask('XPENDING', keys.queue, 'workers', '-', '+', '9', next)) as [string][]
      for (const [id] of given) if (id === second?.id) await run(own, 'release', keys, next, id)
    }
    await silence('w6')
    await taken('w7', 0)
    expect(await results[poison]).toMatchObject({
      ok: false,
      failure: {
        code: 'broken',
        message: '5 workers fell silent with it in hand: w1, w2, w3, w5, w6',
        hint: expect.stringContaining('bulkx resume'),
      },
    })
    await employ(redis.url, place)
    storedOf(await results[other])
    expect(await redis.ask('HLEN', keys.tasks)).toBe(0)
    expect(await redis.ask('EXISTS', keys.all[9] ?? '')).toBe(0)
  })

  test('a worker that is to go does not wait for a Redis that is away', async () => {
    await using mortal = await redisServer()
    const never = new Promise<void>(() => {})
    const place = await surroundings(checks(undefined), files, {
      parallel: 2,
      exchange: (exchange) => async (request) => {
        await never
        return exchange(request)
      },
    })
    const job = await coordinate(mortal.url, place.directory, place.sink)
    let hours = 0
    const worker = await employ(mortal.url, place, {
      elapsed: () => {
        hours += 3_600_000
        return hours
      },
    })
    job.executor.execute(task(0)).catch(() => {})
    await expect.poll(() => place.progress.active.size).toBe(1)
    await mortal.stop('SIGKILL')
    expect(await worker.leave()).toBeUndefined()
  })
})
