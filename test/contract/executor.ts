/** What every executor promises of a file, wherever its content is looked at: one suite, run for each of them. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { authorize } from '../../src/auth/authorize.js'
import { bearer } from '../../src/auth/credentials.js'
import type { Checks } from '../../src/fetch/check.js'
import { inProcess } from '../../src/fetch/in-process.js'
import { newProgress } from '../../src/fetch/progress.js'
import type { Executor, FileResult, FileTask, StoredFile } from '../../src/fetch/task.js'
import { throttle } from '../../src/fetch/throttle.js'
import { compose, type Exchange } from '../../src/http/exchange.js'
import { NetworkError } from '../../src/http/network-error.js'
import { localSink } from '../../src/sink/local.js'
import type { Part, Sink } from '../../src/sink/sink.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { temporaryDirectory } from '../helpers/job.js'
import {
  origin,
  outcome,
  type Reply,
  type Script,
  type ScriptedServer,
  scriptedServer,
} from '../helpers/scripted-server.js'

let seed = 5
const noise = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed >>> 24
}

/** Lines of about a hundred bytes that hardly shrink. */
export const patients = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.from(Array.from({ length: 45 }, noise)).toString('base64')
    return `{"resourceType":"Patient","id":"${index}","x":"${bytes}"}\n`
  }).join('')

/** More than a block of those in which contents are handed on. */
const text = patients(12_000)
const whole = Buffer.from(text)
const sha256 = createHash('sha256').update(whole).digest('hex')

export const taskOf = (name: string, differences: Partial<FileTask> = {}): FileTask => ({
  name: `${name}.ndjson`,
  section: 'output',
  type: 'Patient',
  url: `${origin}/files/${name}`,
  gzip: false,
  ...differences,
})

export interface Place {
  executor: Executor
  server: ScriptedServer
  sink: Sink
  clock: FakeClock
  stored(name: string): Promise<Buffer>
}

export interface PlaceOptions {
  parallel?: number
  maxLineBytes?: number
  maxBytesPerSecond?: number
  sink?: (sink: Sink) => Sink
  exchange?: (exchange: Exchange) => Exchange
}

/** What an executor of this process needs, whoever gives it tasks. */
export const surroundings = async (
  checks: Checks,
  files: Record<string, Script>,
  { parallel = 3, maxLineBytes = 1e6, maxBytesPerSecond, ...options }: PlaceOptions = {},
) => {
  const directory = await temporaryDirectory()
  const clock = fakeClock()
  const routes = Object.entries(files).map(([name, script]) => [`GET ${origin}/files/${name}`, script])
  const server = scriptedServer(clock, Object.fromEntries(routes))
  const own = localSink({ directory, system: 'test' })
  const sink = options.sink?.(own) ?? own
  const exchange = options.exchange?.(server.exchange) ?? server.exchange
  const progress = newProgress()
  const executorFor = (into: Sink): Executor =>
    inProcess({
      exchangeFor: () => exchange,
      parallel,
      progress,
      throttle: throttle(clock, maxBytesPerSecond),
      checks,
      maxLineBytes,
      sink: into,
      clock,
      random: () => 0,
      fhirOrigin: origin,
      patienceMs: 60_000,
    })
  const stored = (name: string): Promise<Buffer> => readFile(join(directory, name))
  return { directory, clock, server, sink, progress, parallel, executorFor, stored }
}

export const placeOf = async (
  checks: Checks,
  files: Record<string, Script>,
  options?: PlaceOptions,
): Promise<Place> => {
  const { executorFor, ...place } = await surroundings(checks, files, options)
  const executor = executorFor(place.sink)
  onTestFinished(() => executor.close())
  return { executor, ...place }
}

export type OpenPlace = (files: Record<string, Script>, options?: PlaceOptions) => Promise<Place>

export const storedOf = (result: FileResult): StoredFile => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.stored
}

const breaks = new NetworkError('broken', 'the connection was reset', { sent: true })

/** A sink whose parts are others in some ways. */
const withParts =
  (differ: (part: Part) => Partial<Part>) =>
  (sink: Sink): Sink => ({
    ...sink,
    part: async (name) => {
      const part = await sink.part(name)
      const own: Part = {
        kept: () => part.kept(),
        read: () => part.read(),
        restart: (validators) => part.restart(validators),
        append: (chunk) => part.append(chunk),
        suspend: () => part.suspend(),
        publish: () => part.publish(),
        discard: () => part.discard(),
      }
      return { ...own, ...differ(part) }
    },
  })

export const executorContract = (kind: string, place: OpenPlace): void => {
  describe(`the contract of an executor: ${kind}`, () => {
    test('a whole file, and what it looks like', async () => {
      const more = `${JSON.stringify({ resourceType: 'Group', id: 'g' })}\n\n${JSON.stringify(outcome('warning', 'slow'))}\n`
      const { executor, stored } = await place({ a: { body: text + more } })
      const file = storedOf(await executor.execute(taskOf('a')))
      expect(file).toMatchObject({
        bytes: whole.length + more.length,
        lines: 12_002,
        resources: 12_002,
        badLines: 0,
        otherTypes: { Group: 1, OperationOutcome: 1 },
        issues: { counts: { warning: 1 }, first: [{ severity: 'warning', text: 'slow' }] },
        attempts: 1,
      })
      expect(file.sha256).toBe(
        createHash('sha256')
          .update(await stored('a.ndjson'))
          .digest('hex'),
      )
      expect((await stored('a.ndjson')).toString() === text + more).toBe(true)
    })

    test('an empty file', async () => {
      const { executor, stored } = await place({ a: { body: '' } })
      expect(storedOf(await executor.execute(taskOf('a')))).toMatchObject({ bytes: 0, lines: 0 })
      expect(await stored('a.ndjson')).toHaveLength(0)
    })

    test('many files at once, more than there is room for, each with its own verdict', async () => {
      const counts = Array.from({ length: 30 }, (_, index) => 1 + index * 150)
      const files = counts.map((count, index) => [`f${index}`, { body: patients(count) }] as const)
      const { executor } = await place(Object.fromEntries(files), { parallel: 30 })
      const results = await Promise.all(counts.map((_, index) => executor.execute(taskOf(`f${index}`))))
      expect(results.map((result) => storedOf(result).lines)).toEqual(counts)
    })

    test('a transfer that breaks goes on by Range, and its digest is that of all bytes', async () => {
      const headers = { etag: '"v"', 'content-length': String(whole.length) }
      const { executor, server, stored } = await place({
        a: ({ headers: asked }): Reply => {
          const start = Number(/^bytes=(\d+)-$/.exec(asked.range ?? '')?.[1] ?? 0)
          if (start === 0) return { headers, body: whole.subarray(0, 700_000), breaks }
          const range = `bytes ${start}-${whole.length - 1}/${whole.length}`
          const length = String(whole.length - start)
          return {
            status: 206,
            headers: { ...headers, 'content-range': range, 'content-length': length },
            body: whole.subarray(start),
          }
        },
      })
      const file = storedOf(await executor.execute(taskOf('a')))
      expect(file).toMatchObject({ sha256, lines: 12_000, badLines: 0, attempts: 2 })
      expect(server.requests.map((asked) => asked.headers.range)).toEqual([undefined, 'bytes=700000-'])
      expect((await stored('a.ndjson')).equals(whole)).toBe(true)
    })

    test('a wrong count twice is what the server has', async () => {
      const { executor, server } = await place({ a: { body: text } })
      const file = storedOf(await executor.execute(taskOf('a', { count: 7 })))
      expect(file).toMatchObject({ resources: 12_000, attempts: 2, again: { same: true } })
      expect(server.requests).toHaveLength(2)
    })

    test('a bad line, in its place', async () => {
      const at = text.indexOf('\n', 900_000) + 1
      const line = text.slice(0, at).split('\n').length
      const { executor } = await place({ a: { body: `${text.slice(0, at)}{"broken\n${text.slice(at)}` } })
      const file = storedOf(await executor.execute(taskOf('a')))
      expect(file).toMatchObject({ badLines: 1, firstBadLine: { line, byte: at } })
    })

    test('a line that is longer than is allowed', async () => {
      const long = `{"resourceType":"Patient","x":"${'x'.repeat(600_000)}"}\n`
      const { executor } = await place({ a: { body: `${text}${long}${text}` } }, { maxLineBytes: 500_000 })
      const result = await executor.execute(taskOf('a'))
      expect(result).toMatchObject({ ok: false, failure: { code: 'too-large', attempts: 1 } })
      expect(result.ok || result.failure.message).toBe('line 12001 is longer than 500000 bytes')
    })

    test.each([false, true])('gzip on the wire; stored compressed: %s', async (gzip) => {
      const headers = { 'content-encoding': 'gzip' }
      const { executor, stored } = await place({ a: { headers, body: gzipSync(text) } })
      const file = storedOf(await executor.execute(taskOf('a', { gzip })))
      expect(file).toMatchObject({ sha256, bytes: whole.length, lines: 12_000 })
      const bytes = await stored(gzip ? 'a.ndjson.gz' : 'a.ndjson')
      expect((gzip ? gunzipSync(bytes) : bytes).equals(whole)).toBe(true)
    })

    test('a token that has expired is renewed', async () => {
      let token = 'old'
      const credentials = bearer(async () => token)
      const { executor, server } = await place(
        {
          a: ({ headers }): Reply => {
            if (headers.authorization === 'Bearer new') return { body: text }
            token = 'new'
            return { status: 401 }
          },
        },
        {
          exchange: (exchange) => {
            const policy = { fhirOrigin: origin, trustedOrigins: [] }
            return compose(authorize({ credentials, policy, headers: {} }))(exchange)
          },
        },
      )
      expect(storedOf(await executor.execute(taskOf('a')))).toMatchObject({ sha256, attempts: 1 })
      expect(server.requests).toHaveLength(2)
    })

    test('a disk that is slow is waited for: no more comes than it takes', async () => {
      let given = 0
      let written = 0
      let most = 0
      async function* counted(): AsyncGenerator<Buffer> {
        for (let at = 0; at < whole.length; at += 16_384) {
          const chunk = whole.subarray(at, at + 16_384)
          given += chunk.length
          most = Math.max(most, given - written)
          yield chunk
        }
      }
      const { executor } = await place(
        {},
        {
          exchange: () => async (request) => ({
            status: 200,
            headers: { 'content-length': String(whole.length) },
            url: request.url,
            body: Readable.from(counted(), { objectMode: false }),
          }),
          sink: withParts((part) => ({
            append: async (chunk) => {
              for (let turn = 0; turn < 3; turn += 1) await setImmediate()
              written += chunk.length
              await part.append(chunk)
            },
          })),
        },
      )
      expect(storedOf(await executor.execute(taskOf('a')))).toMatchObject({ sha256 })
      expect(most).toBeLessThan(150_000)
    })

    test('--max-rate holds', async () => {
      const { executor, clock } = await place({ a: { body: text } }, { maxBytesPerSecond: 100_000 })
      const startedAt = clock.now()
      storedOf(await executor.execute(taskOf('a')))
      const seconds = (clock.now() - startedAt) / 1000
      expect(seconds).toBeGreaterThan(whole.length / 100_000 - 1)
      expect(seconds).toBeLessThan(whole.length / 100_000 + 1)
    })
  })
}

/** What only an executor of this process promises: elsewhere, an abort and a full disk concern others. */
export const ownExecutorContract = (kind: string, place: OpenPlace): void => {
  describe(`the contract of an executor of this process: ${kind}`, () => {
    test('an abort in the middle leaves what can be gone on from', async () => {
      const stop = new AbortController()
      const validated = { etag: '"v"', 'content-length': String(whole.length) }
      async function* half(signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
        for (let at = 0; at < 600_000; at += 60_000) yield whole.subarray(at, at + 60_000)
        await setImmediate()
        stop.abort(new Error('Ctrl-C'))
        signal?.throwIfAborted()
      }
      const { executor, sink } = await place(
        {},
        {
          exchange: () => async (request) => ({
            status: 200,
            headers: validated,
            url: request.url,
            body: Readable.from(half(request.signal), { objectMode: false }),
          }),
        },
      )
      await expect(executor.execute(taskOf('a'), stop.signal)).rejects.toThrow('Ctrl-C')
      const { bytes, validators } = (await sink.part('a.ndjson')).kept()
      expect(bytes).toBe(600_000)
      expect(validators?.length).toBe(whole.length)
    })

    test('a disk that is full ends the run', async () => {
      let bytes = 0
      const { executor } = await place(
        { a: { body: text } },
        {
          sink: withParts((part) => ({
            append: (chunk) => {
              bytes += chunk.length
              return bytes > 500_000 ? Promise.reject(new Error('ENOSPC')) : part.append(chunk)
            },
          })),
        },
      )
      await expect(executor.execute(taskOf('a'))).rejects.toThrow('ENOSPC')
    })
  })
}
