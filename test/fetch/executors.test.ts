/** The executor, with contents looked at here and in threads; threads that end, and when they are started at all. */
import type { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Check, type Checks, checkHere } from '../../src/fetch/check.js'
import { type CheckThreads, checkThreads } from '../../src/fetch/check-threads.js'
import { checks, largeBytes, worthBytes } from '../../src/fetch/checks.js'
import {
  executorContract,
  ownExecutorContract,
  patients,
  placeOf,
  storedOf,
  taskOf,
} from '../contract/executor.js'

/** Whatever its size, each content goes to a thread. */
const inThreads = (most = 2): Checks => {
  const threads = checkThreads(most)
  return { open: (options) => threads.open(options) ?? checkHere(options), close: () => threads.close() }
}

const kinds: Record<string, () => Checks> = { 'in process': () => checks(undefined), 'in threads': inThreads }

for (const [kind, open] of Object.entries(kinds)) {
  executorContract(kind, (files, options) => placeOf(open(), files, options))
  ownExecutorContract(kind, (files, options) => placeOf(open(), files, options))
}

/** Threads as they are started. */
const started = (): Worker[] => {
  const workers: Worker[] = []
  const onWorker = (worker: Worker): void => void workers.push(worker)
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  return workers
}

describe('a thread that ends', () => {
  const text = patients(8_000)

  test('is replaced, and the file fetched again', async () => {
    const workers = started()
    const { executor, server } = await placeOf(inThreads(1), {
      a: (_asked, number) => {
        if (number === 0) void workers[0]?.terminate()
        return { body: text }
      },
      b: { body: text },
    })
    storedOf(await executor.execute(taskOf('b')))
    const file = storedOf(await executor.execute(taskOf('a')))
    expect(file).toMatchObject({ lines: 8_000, attempts: 2 })
    expect(file.again?.why).toMatch(/the thread that looks at the content is gone/)
    expect([workers.length, server.requests.length]).toEqual([2, 3])
  })

  test('again and again is done without', async () => {
    const workers = started()
    process.on('worker', kill)
    onTestFinished(() => void process.off('worker', kill))
    const { executor } = await placeOf(inThreads(1), { a: { body: text } })
    expect(storedOf(await executor.execute(taskOf('a')))).toMatchObject({ lines: 8_000, attempts: 4 })
    expect(workers).toHaveLength(3)
  })

  const kill = (worker: Worker): void => void worker.terminate()
})

describe('threads are started where they are worth it', () => {
  /** Contents by where they were looked at. */
  const counting = () => {
    const opened = { here: 0, there: 0 }
    const threads: CheckThreads = {
      open: (options): Check => {
        opened.there += 1
        return checkHere(options)
      },
      close: async () => {},
    }
    return { opened, all: checks(threads) }
  }
  const options = { expectedType: 'Patient', maxLineBytes: 1e6 }
  const mebibyte = Buffer.alloc(1024 * 1024, '\n')

  test('not for many small files', () => {
    const { opened, all } = counting()
    for (let file = 0; file < 10_000; file += 1) all.open(options, largeBytes - 1)
    expect(opened.there).toBe(0)
  })

  test('not before enough has come, or been announced', () => {
    const { opened, all } = counting()
    for (let bytes = 0; bytes < worthBytes - largeBytes; bytes += largeBytes) all.open(options, largeBytes)
    expect(opened.there).toBe(0)
    all.open(options, largeBytes)
    expect(opened.there).toBe(1)
  })

  test('for one file that is large', () => {
    const { opened, all } = counting()
    all.open(options, worthBytes)
    expect(opened.there).toBe(1)
  })

  test('a length that is not known: what has come tells', async () => {
    const { opened, all } = counting()
    for (let file = 0; file < 32; file += 1) {
      const check = all.open(options, undefined)
      await check.push(mebibyte.subarray(1))
      expect((await check.end()).inspection.bytes).toBe(largeBytes - 1)
    }
    expect(opened.there).toBe(0)
    const check = all.open(options, undefined)
    await check.push(mebibyte)
    await check.push(mebibyte)
    expect((await check.end()).inspection.bytes).toBe(2 * largeBytes)
    expect(opened.there).toBe(1)
  })
})
