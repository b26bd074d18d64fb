/** --gzip: what is stored as it was sent, what is compressed here, and nothing of a broken attempt in the file of the next one. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { brotliCompressSync, gunzipSync, gzip, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { checks } from '../../src/fetch/checks.js'
import { newProgress } from '../../src/fetch/progress.js'
import { transfer } from '../../src/fetch/transfer.js'
import { NetworkError } from '../../src/http/network-error.js'
import type { Part } from '../../src/sink/sink.js'
import { placeOf, storedOf, taskOf } from '../contract/executor.js'
import { conversation, exitOf, manifestOf } from '../helpers/conversation.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { file, manifest, origin, type Reply, routes, statusUrl } from '../helpers/scripted-server.js'

let seed = 11
const noise = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed >>> 24
}

const text = Array.from({ length: 6_000 }, (_, index) => {
  const bytes = Buffer.from(Array.from({ length: 90 }, noise)).toString('base64')
  return `{"resourceType":"Patient","id":"${index}","x":"${bytes}"}\n`
}).join('')

test('four broken attempts, each further than the one before, then a whole one', async () => {
  const breaks = new NetworkError('broken', 'the connection was reset', { sent: true })
  const names = Array.from({ length: 8 }, (_, index) => `g${index}`)
  const attempts = (_asked: unknown, number: number): Reply =>
    number < 4 ? { body: text.slice(0, text.length * 0.2 * (number + 1)), breaks } : { body: text }
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: { body: manifest(names.map((name) => file(name))) },
      ...Object.fromEntries(names.map((name) => [`GET ${origin}/files/${name}`, attempts])),
    }),
  )
  expect(exitOf(await talk.run({ files: { gzip: true } }))).toBe(0)
  const { output } = await manifestOf(talk.directory)
  expect(output).toHaveLength(8)
  for (const { url, bulkx } of output) {
    const stored = await readFile(join(talk.directory, url))
    expect(stored.length).toBe(bulkx.storedBytes)
    expect(gunzipSync(stored).equals(Buffer.from(text))).toBe(true)
  }
})

test('a transfer that has broken off gives nothing more to its part', async () => {
  const breaks = new NetworkError('broken', 'the connection was reset', { sent: true })
  async function* body(): AsyncGenerator<Buffer> {
    for (let at = 0; at < 640_000; at += 16_000) yield Buffer.from(text.slice(at, at + 16_000))
    throw breaks
  }
  let over = false
  let late = 0
  const part: Part = {
    kept: () => ({ bytes: 0 }),
    read: () => Readable.from([]),
    restart: async () => {},
    append: async () => {
      if (over) late += 1
      // A slow disk: compressed bytes queue up behind it.
      for (let turn = 0; turn < 50; turn += 1) await setImmediate()
    },
    suspend: async () => {},
    publish: async () => {},
    discard: async () => {},
  }
  const deps = {
    exchange: async () => ({
      status: 200,
      headers: {},
      url: `${origin}/1`,
      body: Readable.from(body(), { objectMode: false }),
    }),
    progress: newProgress(),
    throttle: () => undefined,
    clock: fakeClock(),
    checks: checks(undefined),
    maxLineBytes: 1e6,
  }
  const task = { name: 'a', section: 'output', type: 'Patient', url: `${origin}/1`, gzip: true } as const
  await expect(transfer(task, part, deps, { bytes: 0, attempt: 1 })).rejects.toBe(breaks)
  over = true
  // The same thread pool compresses for both: whatever was still under way has come out by then.
  for (let round = 0; round < 20; round += 1) await promisify(gzip)(text)
  expect(late).toBe(0)
})

const half = Math.floor(text.length / 2)
const zipped = gzipSync(text)
const members = (between: string): Buffer =>
  Buffer.concat([gzipSync(text.slice(0, half)), Buffer.from(between), gzipSync(text.slice(half))])

/** A header with the file's name in it, of any length. */
const named = (length: number): Buffer =>
  Buffer.concat([
    zipped.subarray(0, 3),
    Buffer.from([8]),
    zipped.subarray(4, 10),
    Buffer.alloc(length, 'n'),
    Buffer.from([0]),
    zipped.subarray(10),
  ])

const coded = { 'content-encoding': 'gzip' }

test.each<[string, Record<string, string>, Buffer, boolean, number]>([
  ['gzip on the wire', coded, zipped, true, 1],
  ['a stored .gz', {}, zipped, true, 1],
  ['a stored .gz with its name', {}, named(60_000), true, 1],
  ['members that follow one another', coded, members(''), true, 1],
  ['nothing, compressed', coded, gzipSync(''), true, 1],
  ['members with zeros between', coded, members('\0'.repeat(512)), false, 2],
  ['two layers', coded, gzipSync(zipped), false, 1],
  [
    'gzip around another coding',
    { 'content-encoding': 'br, gzip' },
    gzipSync(brotliCompressSync(text)),
    false,
    1,
  ],
  ['another coding', { 'content-encoding': 'br' }, brotliCompressSync(text), false, 1],
  ['plain bytes', {}, Buffer.from(text), false, 1],
  ['plain bytes, said to be gzip', coded, Buffer.from(text), false, 1],
  ['a name without end', coded, named(3_000_000), false, 1],
])('%s', async (_name, headers, body, asSent, attempts) => {
  const place = await placeOf(checks(undefined), { a: { headers, body } })
  const file = storedOf(await place.executor.execute(taskOf('a', { gzip: true })))
  const stored = await place.stored('a.ndjson.gz')
  expect(file).toMatchObject({ storedBytes: stored.length, attempts })
  expect(stored.equals(body)).toBe(asSent)
  expect(gunzipSync(stored).toString() === text || file.bytes === 0).toBe(true)
})

test('what was sent and broke off is not in the file of the next attempt', async () => {
  const breaks = new NetworkError('broken', 'the connection was reset', { sent: true })
  const attempts = (_asked: unknown, number: number): Reply =>
    number < 3
      ? { headers: coded, body: zipped.subarray(0, zipped.length * 0.3 * (number + 1)), breaks }
      : { headers: coded, body: zipped }
  const place = await placeOf(checks(undefined), { a: attempts })
  storedOf(await place.executor.execute(taskOf('a', { gzip: true })))
  expect((await place.stored('a.ndjson.gz')).equals(zipped)).toBe(true)
})
