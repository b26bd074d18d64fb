/** Whole files through the validator: chunks that end anywhere, random lines, long lines, real data, no WebAssembly. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type InspectOptions, inspector } from '../../src/ndjson/inspect.js'
import { scanLines } from '../../src/ndjson/scanner.js'
import { cases, complete } from './validator-cases.js'
import { type Counts, countsFrom, countsOf } from './validator-definition.js'
import { type Random, randomFrom, randomLine } from './validator-lines.js'
import { wronglySaid } from './validator-said.js'

const lineEnd = Buffer.from('\n')
const maxLineBytes = 256 * 1024 * 1024

const inspect = (
  chunks: Iterable<Buffer>,
  options: Partial<InspectOptions> = {},
  make = inspector,
): Counts => {
  const inspecting = make({ expectedType: 'Patient', maxLineBytes, ...options })
  // The caller's memory is reused, as a socket's may be.
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk)
    inspecting.push(reused)
    reused.fill('x')
  }
  return countsFrom(inspecting.end())
}

const between = (content: Buffer, edges: number[]): Buffer[] =>
  [...edges, content.length].map((edge, index) => content.subarray(edges[index - 1] ?? 0, edge))

const inChunks = (content: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(content.length / size) }, (_, index) =>
    content.subarray(index * size, (index + 1) * size),
  )

describe('chunks', () => {
  const short = Buffer.from(
    '{"resourceType":"Patient"}\n\r\n{"a":"é😀"}\r\n[1]\n{"a":\n\xff\n{"resourceType":"Group"} \n\n{"b":"\\u00e9"',
  )

  test('two edges, anywhere', () => {
    const due = countsOf(short, 'Patient')
    for (let first = 0; first <= short.length; first += 1) {
      for (let second = first; second <= short.length; second += 1)
        expect(inspect(between(short, [first, second]))).toEqual(due)
    }
  })

  test.each([1, 2, 3, 7, 16, 17, 1000])('chunks of %i bytes', (size) => {
    const lines = cases.filter(({ line }) => line.length < 200).map(({ line }) => line)
    const content = Buffer.concat([complete, ...lines].flatMap((line) => [line, lineEnd]))
    expect(inspect(inChunks(content, size))).toEqual(countsOf(content, 'Patient'))
  })

  test('one chunk that is larger than what is scanned at once', () => {
    const line = Buffer.from(`{"resourceType":"Patient","a":"${'é'.repeat(50_000)}"}\r\n`)
    const content = Buffer.concat(Array.from({ length: 30 }, (_, index) => (index === 17 ? lineEnd : line)))
    expect(inspect([content])).toEqual(countsOf(content, 'Patient'))
  })
})

describe('random lines', () => {
  const linesWanted = Number(process.env.BULKX_FUZZ_LINES ?? 100_000)
  const seed = Number(process.env.BULKX_FUZZ_SEED ?? 20_240_607)
  const blockLines = 50

  const randomChunks = (random: Random, content: Buffer): Buffer[] => {
    const edges = Array.from({ length: random(8) }, () => random(content.length + 1))
    return between(
      content,
      edges.sort((a, b) => a - b),
    )
  }

  test(`${linesWanted} from seed ${seed}`, { timeout: 1_800_000 }, () => {
    const random = randomFrom(seed)
    let good = 0
    for (let done = 0; done < linesWanted; done += blockLines) {
      const lines = [complete, ...Array.from({ length: blockLines }, () => randomLine(random))]
      expect(wronglySaid(lines)).toEqual([])
      const content = Buffer.concat(lines.flatMap((line) => [line, lineEnd]))
      const cut = content.subarray(0, content.length - random(3))
      const due = countsOf(cut, 'Patient')
      expect(inspect(randomChunks(random, cut))).toEqual(due)
      good += due.lines - due.badLines
    }
    // Neither kind is rare, or little would have been tried.
    expect(good / linesWanted).toBeGreaterThan(0.25)
    expect(good / linesWanted).toBeLessThan(0.75)
  })
})

const data = join(import.meta.dirname, '../../../shared/data/synthea-100')

describe.skipIf(!existsSync(data))('Synthea', () => {
  const names = existsSync(data) ? readdirSync(data).filter((name) => name.endsWith('.ndjson.gz')) : []
  test.each(names)('%s', (name) => {
    const content = gunzipSync(readFileSync(join(data, name)))
    const expectedType = name.split('.')[0] ?? ''
    const due = countsOf(content, expectedType)
    expect(due.badLines).toBe(0)
    expect(inspect(inChunks(content, 64 * 1024), { expectedType })).toEqual(due)
    expect(inspect(inChunks(content, 64 * 1024), { expectedType: 'Basic' })).toEqual(
      countsOf(content, 'Basic'),
    )
    const reported: unknown[] = []
    const report = (...said: unknown[]): void => void reported.push(said)
    scanLines(
      [content],
      { countedType: expectedType, maxLineBytes },
      { line: report, bad: report, blank: report },
    )
    expect(reported).toEqual([])
  })
})

interface Instance {
  exports: { memory: { buffer: ArrayBuffer; grow(pages: number): number } }
}
interface Platform {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => Instance
}

describe('memory and platforms', () => {
  const platform = (globalThis as unknown as { WebAssembly: Platform }).WebAssembly
  const longLine = Buffer.from(`{"a":"${'a'.repeat(20_000_000)}"}\n`)
  const content = Buffer.concat(
    [...cases.map(({ line }) => line), complete].flatMap((line) => [lineEnd, line]),
  )

  /** The inspector on another platform. */
  const elsewhere = async (webAssembly: unknown): Promise<typeof inspector> => {
    vi.stubGlobal('WebAssembly', webAssembly)
    vi.resetModules()
    return (await import('../../src/ndjson/inspect.js')).inspector
  }

  /** Like this one; what has been instantiated is put into the list. */
  const watched = (
    instances: Instance[],
    exportsOf = (instance: Instance) => instance.exports,
  ): Platform => ({
    Module: platform.Module,
    Instance: class {
      exports: Instance['exports']
      constructor(module: object) {
        const instance = new platform.Instance(module)
        instances.push(instance)
        this.exports = exportsOf(instance)
      }
    },
  })

  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  test('one program for all files; one that had to grow for a long line is not kept', async () => {
    const instances: Instance[] = []
    const make = await elsewhere(watched(instances))
    for (let file = 0; file < 3; file += 1) inspect(inChunks(content, 65_536), {}, make)
    expect(instances.length).toBe(1)
    const usual = instances[0]?.exports.memory.buffer.byteLength ?? 0
    expect(usual).toBeLessThan(1024 * 1024)
    expect(inspect(inChunks(longLine, 65_536), {}, make)).toEqual(countsOf(longLine, 'Patient'))
    expect(instances[0]?.exports.memory.buffer.byteLength).toBeGreaterThan(longLine.length)
    inspect([Buffer.from('{}\n')], {}, make)
    expect(instances.length).toBe(2)
    expect(instances[1]?.exports.memory.buffer.byteLength).toBeLessThanOrEqual(usual)
  })

  test.each([
    ['no WebAssembly', undefined],
    [
      'no SIMD in it',
      {
        Module: class {
          constructor() {
            throw new Error('invalid opcode')
          }
        },
      },
    ],
    [
      'no memory',
      watched([], ({ exports }) => ({
        ...exports,
        memory: {
          buffer: exports.memory.buffer,
          grow: () => {
            throw new RangeError('no memory')
          },
        },
      })),
    ],
  ])('%s: the same verdicts', async (_name, webAssembly) => {
    const make = await elsewhere(webAssembly)
    const due = countsOf(content, 'Patient')
    for (const size of [100, 65_536, content.length])
      expect(inspect(inChunks(content, size), {}, make)).toEqual(due)
  })

  test('only resources that are asked for are parsed', () => {
    const file = Buffer.from(
      ['Patient', 'OperationOutcome', 'Parameters', 'Group']
        .map((type) => `{"resourceType":"${type}","é":1}\n`)
        .join(''),
    )
    const seenWith = (parse?: 'outcomes' | 'all'): unknown[] => {
      const seen: unknown[] = []
      const onResource = (resource: Record<string, unknown>) => seen.push(resource)
      expect(inspect([file], { onResource, parse })).toEqual(countsOf(file, 'Patient'))
      return seen
    }
    const [patient, outcome, group] = ['Patient', 'OperationOutcome', 'Group'].map((resourceType) => ({
      resourceType,
      é: 1,
    }))
    expect(seenWith('outcomes')).toEqual([outcome])
    expect(seenWith('all')).toEqual([patient, outcome, group])
    expect(seenWith()).toEqual([patient, outcome, group])
  })
})
