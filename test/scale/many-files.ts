/** An export of very many small files, and a server that has trouble with some of them. */
import type { DataSource } from '../../src/mock/index.js'
import type { Hook } from '../process/server.js'

const lineBytes = 500

const lineOf = (file: number, line: number): string => {
  const head = `{"resourceType":"Patient","id":"p${file}-${line}","text":"`
  return `${head.padEnd(lineBytes - 3, 'x')}"}\n`
}

/** `count` files of Patients of `fileBytes` bytes each, made when they are asked for. */
export const manyFiles = (count: number, fileBytes: number): DataSource => {
  const lines = Math.ceil(fileBytes / lineBytes)
  const bytesOf = (file: number): Buffer =>
    Buffer.from(Array.from({ length: lines }, (_, line) => lineOf(file, line)).join(''))
  const contents = Array.from({ length: count }, (_, file) => ({
    count: lines,
    tag: `${file}`,
    open: async () => ({
      sizeBytes: lines * lineBytes,
      async *read(start: number, end: number) {
        yield bytesOf(file).subarray(start, end)
      },
    }),
  }))
  return {
    types: ['Patient'],
    hasPatient: async () => true,
    group: async () => 'everybody',
    select: async () => contents,
    deletions: () => [],
  }
}

export interface Trouble {
  hook: Hook
  /** How often each file was sent, by its number. */
  served: Map<number, number>
  /** The most requests that came in the time that one `Retry-After` had asked for. */
  duringRefusal: number
  /** Answers 502, and 429. */
  broken: number
  refused: number
}

export interface TroubleOptions {
  /** One file in so many answers 502 once; infinity: none. */
  brokenEvery: number
  /** One in so many answers 429 once. */
  refusedEvery: number
  retryAfterSeconds: number
}

/**
 * The server of issue 18 of SMART's client: some files answer 502 once; now and then one is refused with
 * 429 and a `Retry-After`. `onServed` is told how many files were sent.
 */
export const trouble = (
  { brokenEvery, refusedEvery, retryAfterSeconds }: TroubleOptions,
  onServed: (files: number) => void = () => {},
): Trouble => {
  const met = new Set<number>()
  let refusedUntil = Number.NEGATIVE_INFINITY
  let since = 0
  const seen: Trouble = {
    served: new Map(),
    duringRefusal: 0,
    broken: 0,
    refused: 0,
    hook: async (call, next) => {
      const number = call.file?.number
      if (call.phase !== 'file' || number === undefined) return next(call)
      if (performance.now() < refusedUntil) {
        since += 1
        seen.duringRefusal = Math.max(seen.duringRefusal, since)
      }
      if (!met.has(number) && number % brokenEvery === 0) {
        met.add(number)
        seen.broken += 1
        return new Response('bad gateway', { status: 502 })
      }
      if (!met.has(number) && number % refusedEvery === refusedEvery - 1) {
        met.add(number)
        seen.refused += 1
        refusedUntil = performance.now() + retryAfterSeconds * 1000
        since = 0
        return new Response('slow down', {
          status: 429,
          headers: { 'retry-after': String(retryAfterSeconds) },
        })
      }
      seen.served.set(number, (seen.served.get(number) ?? 0) + 1)
      onServed(seen.served.size)
      return next(call)
    },
  }
  return seen
}
