/** Stores that have trouble: what passes is waited for, what stays is told of, and nothing half is ever seen. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/clock.js'
import { objectSink } from '../../src/sink/object/object-sink.js'
import type { OpenSink } from '../../src/sink/open-sink.js'
import { systemClock } from '../../src/system-clock.js'
import { readAll } from '../contract/sink.js'
import { startAzure } from '../helpers/stores/azure.js'
import { startGcs } from '../helpers/stores/gcs.js'
import { lacksStores } from '../helpers/stores/installed.js'
import { startS3 } from '../helpers/stores/s3.js'
import type { StoreAnswer, StoreRequest, TestStore } from '../helpers/stores/store.js'

const kinds: [string, () => Promise<TestStore>][] = [
  ['S3', startS3],
  ['Azure Blob Storage', startAzure],
  ['Google Cloud Storage, scripted', startGcs],
]

const mebibyte = 1024 * 1024
const pieces = 20
const block = Buffer.alloc(mebibyte + 3, 'x')

/** What a request is for, without what differs from one to the next. */
const purposeOf = ({ method, path }: StoreRequest): string =>
  `${method} ${path.replaceAll(/(?<=uploadId=|upload_id=|blockid=|partNumber=|sig=|name=)[^&]*|process\/\d+/g, '')}`

/** Each kind of request fails once, the first time that it comes. */
const onceEach = (answer: StoreAnswer) => {
  const seen = new Set<string>()
  return (request: StoreRequest): StoreAnswer | undefined => {
    const purpose = purposeOf(request)
    if (seen.has(purpose)) return undefined
    seen.add(purpose)
    return answer
  }
}

describe.skipIf(lacksStores()).each(kinds)('%s', (_kind, start) => {
  let store: TestStore
  let places = 0
  const waits: number[] = []
  const clock: Clock = { ...systemClock, sleep: async (ms) => void waits.push(ms) }
  beforeAll(async () => {
    store = await start()
    Object.assign(process.env, store.env)
  })
  afterAll(() => store.close())
  afterEach(() => {
    store.onRequest = undefined
    waits.length = 0
  })

  const open = (more: { url?: string; notes?: string } = {}): OpenSink => {
    places += 1
    return objectSink({ url: store.at(`faults/${places}`), env: store.env, clock, random: () => 0, ...more })
  }
  const namesIn = async (sink: OpenSink): Promise<string[]> => {
    const names: string[] = []
    for await (const { name } of sink.list?.() ?? []) names.push(name)
    return names.sort()
  }
  const writeLarge = async (sink: OpenSink): Promise<string> => {
    const part = await sink.part('large.ndjson')
    await part.restart()
    const hash = createHash('sha256')
    for (let number = 0; number < pieces; number += 1) {
      hash.update(block)
      await part.append(block)
    }
    await part.publish()
    return hash.digest('hex')
  }
  const digestIn = async (sink: OpenSink, name: string): Promise<string> => {
    const hash = createHash('sha256')
    for await (const chunk of sink.read(name)) hash.update(chunk)
    return hash.digest('hex')
  }

  test.each(['asks for fewer requests', 'breaks the connection', 'fails', 'loses its answer'] as const)(
    'each call %s once, and all is well',
    async (trouble) => {
      const sink = open()
      store.onRequest = onceEach(
        {
          'asks for fewer requests': store.slowDown,
          'breaks the connection': 'reset' as const,
          fails: { status: 500, body: '' },
          'loses its answer': 'lost' as const,
        }[trouble],
      )
      await sink.assertReady?.('new')
      await sink.write('small.ndjson', 'small')
      const digest = await writeLarge(sink)
      store.onRequest = onceEach('reset')
      expect(await readAll(sink.read('small.ndjson'))).toBe('small')
      expect(await sink.sizes(['small.ndjson', 'large.ndjson', 'none'])).toEqual([
        5,
        pieces * block.length,
        undefined,
      ])
      store.onRequest = undefined
      expect(await digestIn(sink, 'large.ndjson')).toBe(digest)
      expect(await namesIn(sink)).toEqual(['large.ndjson', 'small.ndjson'])
      expect(waits.length).toBeGreaterThan(3)
    },
  )

  test('trouble that stays ends with what to do, and leaves the older object', async () => {
    const sink = open()
    await sink.write('large.ndjson', 'older')
    store.onRequest = ({ method }) => (method === 'GET' || method === 'HEAD' ? undefined : store.slowDown)
    const error = await writeLarge(sink).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'BULKX_STORAGE',
      exitCode: 8,
      message: expect.stringMatching(/^Cannot write large\.ndjson in \w\w:\/\/exports\/faults\/\d+: /),
      hint: expect.stringContaining('run the same command again'),
    })
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000])
    expect([await readAll(sink.read('large.ndjson')), await namesIn(sink)]).toEqual([
      'older',
      ['large.ndjson'],
    ])
  })

  test('a store that refuses is told of at once', async () => {
    const sink = open()
    store.onRequest = () => ({ status: 403, body: '' })
    await expect(sink.assertReady?.('begun')).rejects.toMatchObject({
      code: 'BULKX_STORAGE',
      hint: expect.stringContaining('docs/object-stores.md'),
    })
    expect(waits).toEqual([])
  })

  test('a bucket that is not there', async () => {
    const sink = open({ url: `${store.url.slice(0, 5)}nowhere/first` })
    await expect(sink.assertReady?.('new')).rejects.toMatchObject({
      code: 'BULKX_STORAGE',
      hint: expect.stringContaining('create it, or name another one with --out'),
    })
  })

  test('a slow store is waited for, with two pieces in memory', async () => {
    const sink = open()
    let release = (): void => {}
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined)
    })
    store.onRequest = ({ method }) => (method === 'PUT' ? held : undefined)
    const part = await sink.part('large.ndjson')
    await part.restart()
    for (let number = 0; number < 16; number += 1) await part.append(Buffer.alloc(mebibyte))
    let isTaken = false
    const taking = part.append(Buffer.alloc(1))?.then(() => {
      isTaken = true
    })
    expect(taking).toBeDefined()
    // The store is asked for something else meanwhile, so that there was time.
    await sink.sizes(['large.ndjson'])
    expect(isTaken).toBe(false)
    release()
    await taking
    await part.publish()
    expect(await sink.sizes(['large.ndjson'])).toEqual([16 * mebibyte + 1])
  })

  test('what a process leaves of uploads is aborted by the next one', async () => {
    const notes = await mkdtemp(join(tmpdir(), 'bulkx-notes-'))
    const sink = open({ notes })
    const part = await sink.part('large.ndjson')
    await part.restart()
    for (let number = 0; number < pieces; number += 1) await part.append(block)
    const left = await readdir(notes)
    const before = store.requests.length
    await objectSink({
      url: store.at(`faults/${places}`),
      env: store.env,
      clock,
      random: () => 0,
      notes,
    }).assertReady?.('begun')
    expect(await readdir(notes)).toEqual([])
    const aborts = store.requests.slice(before).filter(({ method }) => method === 'DELETE')
    // Beside the one of the look whether it can be written to.
    if (left.length > 0) expect(aborts).toHaveLength(left.length + 1)
    await part.discard()
    await rm(notes, { recursive: true })
  })
})
