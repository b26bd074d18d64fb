/**
 * Very many small files through the real process: all of them once, no request too early, what a kill leaves, and
 * memory. A few hundred here; `BULKX_SCALE=20000 npx vitest run test/scale` is the real thing.
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { run, start } from '../process/child.js'
import { factsOf, filesBelow, newPlace, type Place } from '../process/place.js'
import { type Served, serve } from '../process/server.js'
import { manyFiles, type Trouble, trouble } from './many-files.js'

const scale = Number(process.env.BULKX_SCALE ?? 300)
const fileBytes = 20_000

vi.setConfig({ testTimeout: 120_000 + scale * 60, hookTimeout: 120_000 })

/** Collects garbage every second, and tells at the end the most that was alive, and the most that was taken; bytes. */
const tellMemory = [
  'import { setFlagsFromString } from "node:v8"',
  'import { runInNewContext } from "node:vm"',
  'import { writeFileSync } from "node:fs"',
  'setFlagsFromString("--expose-gc")',
  'const gc = runInNewContext("gc")',
  'let heap = 0',
  'setInterval(() => { gc(); heap = Math.max(heap, process.memoryUsage().heapUsed) }, 1000).unref()',
  'const tell = () => ({ heap, rss: process.resourceUsage().maxRSS * 1024 })',
  'process.on("exit", () => writeFileSync(process.env.MEMORY_FILE, JSON.stringify(tell())))',
].join('\n')

const parallel = 8

const command = ({ out }: Place, { fhirUrl }: Served): string[] => [
  ...['export', '--server', fhirUrl, '--out', out, '--parallel', `${parallel}`, '--poll-min', '20ms'],
]

const serveFiles = (count: number, seen: Trouble): Promise<Served> =>
  serve({ data: manyFiles(count, fileBytes), hook: seen.hook })

const often = { brokenEvery: 10, refusedEvery: Math.max(200, Math.round(scale / 20)), retryAfterSeconds: 2 }
const never = {
  brokenEvery: Number.POSITIVE_INFINITY,
  refusedEvery: Number.POSITIVE_INFINITY,
  retryAfterSeconds: 0,
}

/** Every file is there, of its size, under a name of its own. */
const expectAll = async ({ out }: Place, count: number): Promise<void> => {
  const names = (await filesBelow(out)).filter((name) => /^Patient\.\d+\.ndjson$/.test(name))
  expect(names).toHaveLength(count)
  const manifest: { output: { url: string; bulkx: { bytes: number } }[] } = JSON.parse(
    await readFile(join(out, 'manifest.json'), 'utf8'),
  )
  expect(manifest.output.map(({ url }) => url).sort()).toEqual(names)
  for (const name of names.filter((_, at) => at % 97 === 0))
    expect((await stat(join(out, name))).size).toBe(fileBytes)
  expect(manifest.output.every(({ bulkx }) => bulkx.bytes === fileBytes)).toBe(true)
}

test(`${scale} files, one in ten broken once, and refusals: each is sent once, none is asked too early`, async () => {
  await using place = await newPlace()
  const seen = trouble(often)
  await using server = await serveFiles(scale, seen)
  const startedAt = performance.now()
  const { code, stderr } = await run(place, command(place, server))
  const seconds = (performance.now() - startedAt) / 1000
  expect(code, stderr.slice(-2000)).toBe(0)
  await expectAll(place, scale)
  expect([seen.served.size, Math.max(...seen.served.values())]).toEqual([scale, 1])
  // However slow a client is to read the refusal: those that were under way, and one for each of their answers.
  expect(seen.duringRefusal).toBeLessThan(2 * parallel)
  expect(seen.refused).toBeGreaterThan(0)
  expect(stderr.match(/the server asks for fewer requests: 4 downloads at once/g)).toHaveLength(1)
  console.info(
    `${scale} files in ${seconds.toFixed(1)} s, ${seen.broken} broken once, ${seen.refused} refusals`,
  )
})

test('killed at 95 %, the next run fetches only the rest', async () => {
  await using place = await newPlace()
  const seen = trouble(never, (files) => {
    if (files === Math.floor(scale * 0.95)) child.kill('SIGKILL')
  })
  await using server = await serveFiles(scale, seen)
  const child = start(place, command(place, server))
  expect((await child.ended).signal).toBe('SIGKILL')
  const facts = await factsOf(place.out)
  const here = facts.filter(({ type }) => type === 'file-completed').length
  expect(here).toBeGreaterThan(scale / 2)
  const startedAt = performance.now()
  // What the first one sent may be read by the server only now: the second one says who it is.
  const { code, stderr } = await run(place, [...command(place, server), '--header', 'x-run: second'])
  expect(code, stderr.slice(-2000)).toBe(0)
  await expectAll(place, scale)
  const ofSecond = server.asked('file').filter(({ headers }) => headers['x-run'] === 'second')
  expect(ofSecond).toHaveLength(scale - here)
  const seconds = (performance.now() - startedAt) / 1000
  console.info(`killed with ${here} of ${scale} files here; the rest took ${seconds.toFixed(1)} s`)
})

const memoryOf = async (count: number): Promise<{ heap: number; rss: number }> => {
  await using place = await newPlace()
  await using server = await serveFiles(count, trouble(never))
  const file = join(place.root, 'memory')
  const preload = [`data:text/javascript,${encodeURIComponent(tellMemory)}`]
  const args = [...command(place, server), '--quiet']
  const { code, stderr } = await run(place, args, { preload, env: { MEMORY_FILE: file } })
  expect(code, stderr).toBe(0)
  return JSON.parse(await readFile(file, 'utf8'))
}

// Of a few hundred files, the noise is larger than what they take.
test.runIf(scale >= 5_000)('no file takes more than 3 kB of memory', async () => {
  const few = await memoryOf(500)
  const many = await memoryOf(scale)
  const each = (what: 'heap' | 'rss'): number => (many[what] - few[what]) / (scale - 500)
  console.info(`a file takes ${Math.round(each('heap'))} bytes alive, ${Math.round(each('rss'))} of RSS`)
  expect(each('heap')).toBeLessThan(3_000)
  expect(each('rss')).toBeLessThan(3_000)
})
