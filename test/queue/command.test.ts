/** `bulkx export --queue` and `bulkx worker` as people meet them: what is missing, what is wrong, and how they end. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lacks } from '../helpers/tools.js'
import { run, start } from '../process/child.js'
import { factsOf, filesBelow, newPlace, objectsOf } from '../process/place.js'
import { serve } from '../process/server.js'
import { redisServer } from './redis-server.js'

const withoutClient = join(import.meta.dirname, 'without-client.mjs')
const nobody = 'redis://127.0.0.1:1'
const server = ['--server', 'https://ehr.example/fhir']

describe('without the client of Redis', () => {
  test('everything else works', async () => {
    await using place = await newPlace()
    const words = ['export', 'Group/123', '--type', 'Patient', '--server', 'mock:', '--out', place.out]
    const { code, stderr } = await run(place, words, { preload: [withoutClient] })
    expect(code, stderr).toBe(0)
  })

  test.each([
    ['export', ['export', ...server, '--out', 'out', '--queue', nobody]],
    ['worker', ['worker', ...server, '--queue', nobody]],
  ])('%s names the package, and starts nothing', async (_, words) => {
    await using place = await newPlace()
    const { code, stderr } = await run(place, words, { preload: [withoutClient] })
    expect(code, stderr).toBe(2)
    expect(stderr).toMatch(/needs the package @redis\/client/)
    expect(stderr).toContain('`npm install @redis/client@6`')
    expect(await filesBelow(place.out)).toEqual([])
  })
})

describe('wrong from the start', () => {
  const password = 'hunter2'
  test.each<[string, string[], number, RegExp]>([
    ['a worker without a queue', ['worker', ...server], 2, /No queue was named[\s\S]*--queue/],
    ['a worker without a server', ['worker', '--queue', nobody], 2, /No server was named/],
    ['a worker of mock:', ['worker', '--server', 'mock:', '--queue', nobody], 2, /bulkx mock/],
    ['workers for mock:', ['export', '--server', 'mock:', '--queue', nobody], 2, /bulkx mock/],
    ['no Redis', ['worker', ...server, '--queue', 'localhost:6379'], 2, /is not the URL of a Redis/],
    [
      'a password that everybody sees',
      ['export', ...server, '--queue', `redis://:${password}@127.0.0.1:1`],
      2,
      /BULKX_QUEUE_PASSWORD/,
    ],
  ])('%s', async (_, words, expected, said) => {
    await using place = await newPlace()
    const { code, stderr, stdout } = await run(place, words)
    expect(code, stderr).toBe(expected)
    expect(stderr).toMatch(said)
    expect(`${stdout}${stderr}`).not.toContain(password)
  })

  test('nobody at the address: nothing is kicked off', async () => {
    await using place = await newPlace()
    await using pretended = await serve()
    const words = ['export', '--server', pretended.fhirUrl, '--out', place.out, '--queue', nobody]
    const { code, stderr } = await run(place, words)
    expect(code, stderr).toBe(9)
    expect(stderr).toMatch(/There is no Redis at 127\.0\.0\.1:1/)
    expect(pretended.mock.requests).toEqual([])
    expect(await factsOf(place.out)).toEqual([])
  })
})

describe.skipIf(lacks('redis-server'))('with a Redis that asks for a password', () => {
  test('without it 3, with it files by a worker, who is seen from outside, and goes when he is told', async () => {
    await using place = await newPlace()
    await using redis = await redisServer({ password: 'open sesame' })
    let answer = (): void => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    await using pretended = await serve({
      hook: async (call, next) => {
        if (call.phase === 'file') await asked
        return next(call)
      },
    })
    const common = ['--server', pretended.fhirUrl, '--queue', redis.url]
    const refused = await run(place, ['worker', ...common])
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('BULKX_QUEUE_PASSWORD')])

    const env = { BULKX_QUEUE_PASSWORD: 'open sesame' }
    const worker = start(place, ['worker', ...common, '--out', place.root, '--json'], { env })
    const job = start(place, ['export', ...common, '--out', place.out, '--poll-min', '20ms'], { env })
    await worker.saying(/export-taken-up/)
    await job.saying(/the worker \S+ has come/)
    await job.saying(/manifest: /)
    await expect
      .poll(async () => (await run(place, ['jobs'])).stdout, { timeout: 120_000 })
      .toMatch(/^(in-progress|downloading), 1 worker /)
    answer()
    const { code, stderr, stdout } = await job.ended
    expect(code, stderr).toBe(0)
    expect((await run(place, ['verify', place.out])).code).toBe(0)
    expect((await run(place, ['jobs'])).stdout).toMatch(/^complete /)
    await worker.saying(/export-over/)
    worker.kill('SIGTERM')
    const ended = await worker.ended
    expect(ended.code).toBe(143)
    const lines = objectsOf(ended.stdout)
    const files = (await filesBelow(place.out)).filter((name) => /^[A-Z].*ndjson$/.test(name))
    expect(lines.filter(({ type }) => type === 'file-stored')).toHaveLength(files.length)
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      command: 'worker',
      exitCode: 143,
      files: files.length,
    })
    expect(`${stdout}${stderr}${ended.stderr}${ended.stdout}`).not.toContain('open sesame')
  })

  test('nobody fetches until the deadline: 9, and the next run goes on', async () => {
    await using place = await newPlace()
    await using redis = await redisServer()
    await using pretended = await serve()
    const common = ['--server', pretended.fhirUrl, '--queue', redis.url]
    const words = ['export', ...common, '--out', place.out, '--poll-min', '20ms']
    const late = await run(place, [...words, '--deadline', '3s'])
    expect([late.code, late.stderr]).toEqual([9, expect.stringContaining('deadline has come')])
    const worker = start(place, ['worker', ...common, '--out', place.root])
    const { code, stderr } = await run(place, words)
    expect(code, stderr).toBe(0)
    worker.kill('SIGINT')
    expect((await worker.ended).code).toBe(130)
  })
})
