/** Workers that must not, or cannot: they say so and take no more, and others have their files. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import { checks } from '../../src/fetch/checks.js'
import type { FileResult, FileTask } from '../../src/fetch/task.js'
import { OriginPaused } from '../../src/http/pace.js'
import { keysOf } from '../../src/queue/keys.js'
import { keepFleetPauses, limitFleetRate } from '../../src/queue/pacing.js'
import { connectRedis } from '../../src/queue/redis.js'
import { systemClock } from '../../src/system-clock.js'
import { patients, storedOf, surroundings, taskOf } from '../contract/executor.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { origin, type Script } from '../helpers/scripted-server.js'
import { lacks } from '../helpers/tools.js'
import { type Coordinated, coordinate, employ } from './fleet.js'
import { type RedisServer, redisServer } from './redis-server.js'

const nameOf = (index: number): string => `Patient.${String(index).padStart(4, '0')}.ndjson`
const task = (index: number): FileTask => ({ ...taskOf(`f${index}`), name: nameOf(index) })
const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const files = (count: number, script: Script = { body: patients(3) }): Record<string, Script> =>
  Object.fromEntries(indexes(count).map((index) => [`f${index}`, script]))

const fetchAll = ({ executor }: Pick<Coordinated, 'executor'>, count: number): Promise<FileResult[]> =>
  Promise.all(indexes(count).map((index) => executor.execute(task(index))))

describe.skipIf(lacks('redis-server'))('workers of a queue', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await redisServer()
  })
  afterAll(() => redis[Symbol.asyncDispose]())

  const placeOf = (count: number, script?: Script) =>
    surroundings(checks(undefined), files(count, script), { parallel: 2 })

  const refusals: [string, Parameters<typeof employ>[2], RegExp][] = [
    ['another version', { own: { version: '9.9.9' } }, /is bulkx 9\.9\.9, and the coordinator is 1\.2\.3/],
    ['another server', { own: { fhirUrl: 'https://other.example/fhir' } }, /is set up for https:\/\/other/],
    ['another place', { own: { root: '/nowhere' } }, /may write to \/nowhere, and .* is not there/],
    [
      'a place that cannot be reached',
      { openSink: () => Promise.reject(new BulkxError('BULKX_STORAGE', 'the bucket is not to be had')) },
      /the bucket is not to be had/,
    ],
  ]
  test.each(refusals)('%s: says so, and takes nothing', async (_, differences, reason) => {
    const place = await placeOf(6)
    const wrong = await employ(redis.url, place, differences)
    const job = await coordinate(redis.url, place.directory, place.sink)
    await expect.poll(() => wrong.events).toMatchObject([{ type: 'export-refused', exportId: job.exportId }])
    const results = fetchAll(job, 6)
    const right = await employ(redis.url, place)
    for (const result of await results) storedOf(result)
    expect(wrong.events).toHaveLength(1)
    const [said] = wrong.events
    expect(said?.type === 'export-refused' && said.reason).toMatch(reason)
    await expect.poll(() => right.events.filter(({ type }) => type === 'file-stored')).toHaveLength(6)
    await expect.poll(() => job.notes.join('\n')).toMatch(reason)
  })

  test('a directory of the same name on another machine', async () => {
    const place = await placeOf(1)
    const worker = await employ(redis.url, place)
    await coordinate(redis.url, place.directory, place.sink, { sign: 'another' })
    await expect
      .poll(() => worker.events)
      .toMatchObject([
        { type: 'export-refused', reason: expect.stringMatching(/not the coordinator's directory/) },
      ])
  })

  const refusing = async () => {
    const wrong = await placeOf(8, { status: 401 })
    const right = await surroundings(checks(undefined), files(8), { parallel: 2 })
    return { wrong, right: { ...right, directory: wrong.directory, sink: wrong.sink } }
  }

  test('401 where others succeed: this worker goes, and no file is lost', async () => {
    const { wrong, right } = await refusing()
    const job = await coordinate(redis.url, wrong.directory, wrong.sink)
    const good = await employ(redis.url, right)
    await expect.poll(() => good.events.length).toBe(1)
    const bad = await employ(redis.url, wrong)
    await expect.poll(() => bad.events.length).toBe(1)
    // Of many files the worker that is refused gets some.
    const results = fetchAll(job, 8)
    for (const result of await results) storedOf(result)
    const given = bad.events.filter(({ type }) => type === 'file-given-back')
    expect(bad.events.filter(({ type }) => type === 'file-stored' || type === 'file-failed')).toEqual([])
    // Room for two downloads, and as many that are ready; then it stands aside.
    expect(given.length).toBeLessThanOrEqual(4)
    if (given.length > 0) {
      const error = await bad.ended
      expect(error).toMatchObject({ code: 'BULKX_UNAUTHORIZED' })
    }
  })

  test('401 for everybody is what the server says', async () => {
    const { wrong } = await refusing()
    const job = await coordinate(redis.url, wrong.directory, wrong.sink)
    const workers = [await employ(redis.url, wrong), await employ(redis.url, wrong)]
    for (const { events } of workers) await expect.poll(() => events.length).toBe(1)
    const results = await fetchAll(job, 8)
    expect(results.map((result) => result.ok || result.failure.code)).toEqual(
      indexes(8).map(() => 'unauthorized'),
    )
    for (const { leave } of workers) expect(await leave()).toBeUndefined()
  })

  test('a task that is none is refused, and the others go on', async () => {
    const place = await placeOf(3)
    const job = await coordinate(redis.url, place.directory, place.sink)
    await fetchAllBut(job, place)
  })

  const fetchAllBut = async (job: Coordinated, place: Awaited<ReturnType<typeof placeOf>>): Promise<void> => {
    const keys = keysOf(job.exportId)
    const evil = { ...task(7), url: 'file:///etc/passwd' }
    await redis.ask('XGROUP', 'CREATE', keys.queue, 'workers', '0', 'MKSTREAM')
    await redis.ask('HSET', keys.tasks, evil.name, JSON.stringify(evil))
    await redis.ask('XADD', keys.queue, '*', 'name', evil.name)
    await redis.ask('XADD', keys.queue, '*', 'name', '../../../etc/passwd')
    await redis.ask('XADD', keys.results, '*', 'name', nameOf(0), 'result', '{"ok":true,"stored":{}}')
    const worker = await employ(redis.url, place)
    for (const result of await fetchAll(job, 3)) storedOf(result)
    await expect.poll(() => worker.events.filter(({ type }) => type === 'file-failed')).toHaveLength(1)
    expect(place.server.requests.filter(({ url }) => !url.startsWith(origin))).toEqual([])
  }

  test('a worker that goes gives back what it has not begun', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = await surroundings(checks(undefined), files(8), {
      parallel: 2,
      exchange: (exchange) => async (request) => {
        await held
        return exchange(request)
      },
    })
    const job = await coordinate(redis.url, slow.directory, slow.sink)
    const first = await employ(redis.url, slow)
    const results = fetchAll(job, 8)
    await expect.poll(() => slow.progress.active.size).toBe(2)
    await expect.poll(async () => pendingOf(job, first.id)).toBe(4)
    const left = first.leave()
    await expect.poll(async () => pendingOf(job, first.id)).toBe(2)
    const quick = await surroundings(checks(undefined), files(8), { parallel: 2 })
    const second = await employ(redis.url, { ...quick, directory: slow.directory, sink: slow.sink })
    await expect.poll(() => second.events.filter(({ type }) => type === 'file-stored')).toHaveLength(6)
    release()
    expect(await left).toBeUndefined()
    for (const result of await results) storedOf(result)
    expect(first.events.filter(({ type }) => type === 'file-stored')).toHaveLength(2)
  })

  const pendingOf = async ({ exportId }: Coordinated, worker: string): Promise<number> => {
    const found = await redis.ask('XPENDING', keysOf(exportId).queue, 'workers', '-', '+', '100', worker)
    return Array.isArray(found) ? found.length : 0
  }

  test('what was stored for a coordinator that wrote nothing down is taken by the next, and not fetched again', async () => {
    const place = await placeOf(4)
    const first = await coordinate(redis.url, place.directory, place.sink)
    await employ(redis.url, place)
    for (const result of await fetchAll(first, 4)) storedOf(result)
    const second = await coordinate(redis.url, place.directory, place.sink, { exportId: first.exportId })
    for (const result of await fetchAll(second, 4)) storedOf(result)
    expect(place.server.requests).toHaveLength(4)
    // Unless it is not there any more.
    await rm(join(place.directory, nameOf(2)))
    const third = await coordinate(redis.url, place.directory, place.sink, { exportId: first.exportId })
    for (const result of await fetchAll(third, 4)) storedOf(result)
    expect(place.server.requests).toHaveLength(5)
  })

  test('Redis forgets everything: what has no answer is queued again', async () => {
    const place = await placeOf(3)
    const job = await coordinate(redis.url, place.directory, place.sink)
    const results = fetchAll(job, 3)
    await expect.poll(async () => redis.ask('XLEN', keysOf(job.exportId).queue)).toBe(3)
    await redis.ask('FLUSHALL')
    await redis.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await employ(redis.url, place)
    for (const result of await results) storedOf(result)
    expect(place.server.requests).toHaveLength(3)
  })

  test('nobody comes: the coordinator says so, and the deadline holds', async () => {
    const place = await placeOf(1)
    const job = await coordinate(redis.url, place.directory, place.sink, { deadlineAt: 0 })
    await expect(job.executor.execute(task(0))).rejects.toMatchObject({ code: 'BULKX_DEADLINE' })
  })

  test('an abort takes back what nobody has begun, and the end leaves nothing', async () => {
    const place = await placeOf(3)
    const job = await coordinate(redis.url, place.directory, place.sink)
    const stop = new AbortController()
    const asked = Promise.allSettled(
      indexes(3).map((index) => job.executor.execute(task(index), stop.signal)),
    )
    const keys = keysOf(job.exportId)
    await expect.poll(async () => redis.ask('XLEN', keys.queue)).toBe(3)
    stop.abort(new Error('Ctrl-C'))
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await job.executor.close()
    expect(await redis.ask('XLEN', keys.queue)).toBe(0)
    expect(await redis.ask('HLEN', keys.tasks)).toBe(0)

    const again = await coordinate(redis.url, place.directory, place.sink, { exportId: job.exportId })
    await employ(redis.url, place)
    for (const result of await fetchAll(again, 3)) storedOf(result)
    await again.executor.close()
    expect(await redis.ask('EXISTS', ...keys.all.filter((key) => key.includes(job.exportId)))).toBe(0)
  })
})

describe.skipIf(lacks('redis-server'))('pacing of a fleet', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await redisServer()
  })
  afterAll(() => redis[Symbol.asyncDispose]())

  const connected = async () => {
    const connection = await connectRedis({ url: redis.url, clock: systemClock })
    onTestFinished(() => connection.close())
    return connection
  }
  const request = { method: 'GET', url: `${origin}/files/a`, headers: {} }

  test('a pause that one is asked for holds for all', async () => {
    const clock = fakeClock()
    const here = new Map<string, number>()
    const there = new Map<string, number>()
    const first = keepFleetPauses({ redis: await connected(), clock }, here)
    const second = keepFleetPauses({ redis: await connected(), clock }, there)
    const busy = { status: 429, headers: {}, url: request.url, body: await empty() }
    await first(request, async () => {
      here.set(origin, clock.now() + 3_600_000)
      return busy
    })
    let sent = 0
    const send = async () => {
      sent += 1
      return { ...busy, status: 200 }
    }
    await expect(second(request, send)).rejects.toBeInstanceOf(OriginPaused)
    expect(sent).toBe(0)
    expect((there.get(origin) ?? 0) - clock.now()).toBeGreaterThan(3_000_000)
    await second({ ...request, url: 'https://other.example/a' }, send)
    expect(sent).toBe(1)
  })

  test('a rate is kept by all together', async () => {
    const clock = fakeClock()
    const key = 'bulkx:rate:test'
    const everyHundredSeconds = (): number => 0.01
    const middlewares = [
      limitFleetRate({ redis: await connected(), clock }, key, everyHundredSeconds),
      limitFleetRate({ redis: await connected(), clock }, key, everyHundredSeconds),
    ]
    const answer = { status: 200, headers: {}, url: request.url, body: await empty() }
    for (const turn of indexes(6)) await middlewares[turn % 2]?.(request, async () => answer)
    // Less what the test itself takes.
    const waits = clock.sleeps.map((ms) => Math.ceil(ms / 100_000))
    expect(waits).toEqual([1, 2, 3, 4, 5])
  })
})

const empty = async () => (await import('node:stream')).Readable.from([])
