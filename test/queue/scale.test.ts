/**
 * More workers, more at once: what a fleet has under way, and that the bytes are the same. Here by counting;
 * `BULKX_SCALE=20000 npx vitest run test/queue/scale` measures the times with 1, 2 and 4 workers, and what Redis does.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { lacks } from '../helpers/tools.js'
import { type Ended, run, start } from '../process/child.js'
import { newPlace, type Place } from '../process/place.js'
import { type Hook, type Served, serve } from '../process/server.js'
import { manyFiles } from '../scale/many-files.js'
import { type RedisServer, redisServer } from './redis-server.js'

const scale = Number(process.env.BULKX_SCALE ?? 0)
const fileBytes = 20_000

vi.setConfig({ testTimeout: 300_000 + scale * 150, hookTimeout: 120_000 })

/** One digest of all names and contents. */
const digestOf = async (out: string): Promise<string> => {
  const manifest: { output: { url: string; bulkx: { sha256: string } }[] } = JSON.parse(
    await readFile(join(out, 'manifest.json'), 'utf8'),
  )
  const all = createHash('sha256')
  for (const { url, bulkx } of manifest.output) {
    const own = createHash('sha256')
      .update(await readFile(join(out, url)))
      .digest('hex')
    expect([url, own]).toEqual([url, bulkx.sha256])
    all.update(`${url} ${own}\n`)
  }
  return all.digest('hex')
}

interface Fleet {
  workers: number
  parallel: number
}

const preload = [join(import.meta.dirname, 'tell-cpu.mjs')]

/** Seconds of the processor, as `tell-cpu.mjs` tells them. */
const cpuOf = ({ stderr }: Ended): number => Number(/^cpu (\d+)$/m.exec(stderr)?.[1] ?? Number.NaN) / 1000

/** An export by so many workers, which are ready before it begins; what each process has used, seconds. */
const exported = async (
  place: Place,
  redis: RedisServer,
  { fhirUrl }: Served,
  { workers, parallel }: Fleet,
): Promise<{ coordinator: number; workers: number }> => {
  const common = ['--server', fhirUrl, '--queue', redis.url]
  const fleet = Array.from({ length: workers }, () =>
    start(place, ['worker', ...common, '--parallel', String(parallel), '--out', place.root], { preload }),
  )
  for (const worker of fleet) await worker.saying(/: files of/)
  const words = ['export', ...common, '--out', place.out, '--poll-min', '20ms']
  const coordinator = await run(place, words, { preload })
  expect(coordinator.code, coordinator.stderr.slice(-2000)).toBe(0)
  for (const worker of fleet) worker.kill('SIGTERM')
  const ended = await Promise.all(fleet.map((worker) => worker.ended))
  expect(new Set(ended.map(({ code }) => code))).toEqual(new Set([143]))
  return { coordinator: cpuOf(coordinator), workers: ended.reduce((sum, worker) => sum + cpuOf(worker), 0) }
}

describe.skipIf(lacks('redis-server'))('a fleet', () => {
  test.each([1, 2, 4])(
    '%i workers have as many times their downloads under way, and no more',
    async (workers) => {
      const fleet = { workers, parallel: 3 }
      const together = workers * fleet.parallel
      const files = together * 8
      let underWay = 0
      let most = 0
      let goOn = (): void => {}
      const all = new Promise<void>((resolve) => {
        goOn = resolve
      })
      // The first ones wait for one another: were there fewer than there can be, none would be answered.
      const barrier: Hook = async (call, next) => {
        if (call.phase !== 'file') return next(call)
        underWay += 1
        most = Math.max(most, underWay)
        if (underWay === together) goOn()
        await all
        underWay -= 1
        return next(call)
      }
      await using place = await newPlace()
      await using redis = await redisServer()
      await using server = await serve({ data: manyFiles(files, 2_000), hook: barrier })
      await exported(place, redis, server, fleet)
      expect([most, server.asked('file').length]).toEqual([together, files])
      await using alone = await newPlace()
      await run(alone, ['export', '--server', server.fhirUrl, '--out', alone.out, '--poll-min', '20ms'])
      expect(await digestOf(place.out)).toBe(await digestOf(alone.out))
    },
  )
})

/** Counters and gauges of `INFO`. */
const infoOf = async (redis: RedisServer): Promise<Map<string, number>> => {
  const text = String(await redis.ask('INFO', 'everything'))
  return new Map(
    text.split('\r\n').flatMap((line): [string, number][] => {
      const [name = '', value = ''] = line.split(':')
      return /^\d+(\.\d+)?$/.test(value) ? [[name, Number(value)]] : []
    }),
  )
}

describe.skipIf(scale === 0 || lacks('redis-server'))(`${scale} files, each after a while`, () => {
  const parallel = Number(process.env.BULKX_SCALE_PARALLEL ?? 10)
  const latencyMs = Number(process.env.BULKX_SCALE_LATENCY ?? 200)
  const measured = async (workers: number): Promise<{ seconds: number; digest: string }> => {
    let firstAt = 0
    let lastAt = 0
    const hook: Hook = async (call, next) => {
      if (call.phase !== 'file') return next(call)
      firstAt ||= performance.now()
      if (latencyMs > 0) await setTimeout(latencyMs)
      const answer = await next(call)
      lastAt = performance.now()
      return answer
    }
    await using place = await newPlace()
    await using redis = await redisServer()
    await using server = await serve({ data: manyFiles(scale, fileBytes), hook })
    const before = await infoOf(redis)
    const cpu = process.cpuUsage()
    const used = await exported(place, redis, server, { workers, parallel })
    const { user, system } = process.cpuUsage(cpu)
    const after = await infoOf(redis)
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    const seconds = (lastAt - firstAt) / 1000
    const ideal = (scale * latencyMs) / 1000 / (workers * parallel)
    const each = (cpuSeconds: number): string => `${((cpuSeconds / scale) * 1000).toFixed(2)} ms`
    console.info(
      [
        `${workers} workers: ${seconds.toFixed(1)} s of ${ideal.toFixed(1)} s`,
        `${(grown('total_commands_processed') / scale).toFixed(1)} commands a file`,
        `Redis at most ${(((after.get('used_memory_peak') ?? 0) - (before.get('used_memory') ?? 0)) / 1e6).toFixed(1)} MB more`,
        `Redis CPU ${(grown('used_cpu_user') + grown('used_cpu_sys')).toFixed(1)} s`,
        `CPU a file: coordinator ${each(used.coordinator)}, workers ${each(used.workers)}, mock ${each((user + system) / 1e6)}`,
      ].join(', '),
    )
    return { seconds, digest: await digestOf(place.out) }
  }

  test('1, 2 and 4 workers: in proportion, and the same bytes', async () => {
    const [one, two, four] = [await measured(1), await measured(2), await measured(4)]
    const efficiency = [2, 4].map((workers, at) => one.seconds / (workers * ([two, four][at]?.seconds ?? 1)))
    console.info(`efficiency with 2 and 4 workers: ${efficiency.map((part) => part.toFixed(2)).join(', ')}`)
    expect(new Set([one, two, four].map(({ digest }) => digest)).size).toBe(1)
  })
})
