/** --gzip and transfers that break: nothing of a broken attempt may reach the file of the next one. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzipSync, gzip } from 'node:zlib'
import { expect, test } from 'vitest'
import { checks } from '../../src/fetch/checks.js'
import { newProgress } from '../../src/fetch/progress.js'
import { transfer } from '../../src/fetch/transfer.js'
import { NetworkError } from '../../src/http/network-error.js'
import type { Part } from '../../src/sink/sink.js'
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
