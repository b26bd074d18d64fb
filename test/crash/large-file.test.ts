/** A large file that is half there when its process is killed: the next one goes on inside of it. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { run, start } from '../process/child.js'
import { newPlace, type Place } from '../process/place.js'
import { largeFile, type Served, serve } from '../process/server.js'
import { digestsOf, expectComplete, expectNothingHalf, expectOneJob } from './invariants.js'

const bytes = 24 * 1024 * 1024
const sentAtFirst = 9 * 1024 * 1024
const options = { data: largeFile(bytes / 1024, 1024) }
const name = 'Binary.0001.ndjson'

const command = ({ out }: Place, { fhirUrl }: Served, ...more: string[]): string[] => [
  ...['export', '--server', fhirUrl, '--out', out, '--json', ...more],
]

const uninterrupted = async () => {
  await using place = await newPlace()
  await using server = await serve(options)
  const { code, stderr } = await run(place, command(place, server))
  expect(code, stderr).toBe(0)
  expect((await stat(join(place.out, name))).size).toBe(bytes)
  return digestsOf(place.out)
}

const stalling = [faults.stall({ keepBytes: sentAtFirst })]

/**
 * Killed when so much is on disk as the server has sent before it fell silent; what is compressed is small, and then
 * stands in memory alone.
 */
const killHalfway = async (place: Place, server: Served, ...more: string[]): Promise<void> => {
  const child = start(place, command(place, server, ...more))
  const part = join(place.out, '.bulkx/parts', `${name}.part`)
  const isHalfway = async (): Promise<boolean> =>
    more.includes('--gzip')
      ? server.asked('file').length > 0
      : (await stat(part).catch(() => undefined))?.size === sentAtFirst
  await vi.waitUntil(isHalfway, { timeout: 100_000 })
  child.kill('SIGKILL')
  expect((await child.ended).signal).toBe('SIGKILL')
}

test('only what is missing is fetched, by Range', async () => {
  const reference = await uninterrupted()
  await using place = await newPlace()
  await using server = await serve({ ...options, faults: stalling })
  await killHalfway(place, server)
  await expectNothingHalf(place.out, reference, 'halfway')
  const ended = await run(place, command(place, server))
  expect(ended.code, ended.stderr).toBe(0)
  expect(server.asked('file').map(({ headers, status }) => [headers.range, status])).toEqual([
    [undefined, 200],
    [`bytes=${sentAtFirst}-`, 206],
  ])
  await expectComplete(place.out, reference, 'after half of a file')
  expectOneJob(server, 'after half of a file')
})

test('with --gzip, and from a server that compresses, it is fetched from its start', async () => {
  const reference = await uninterrupted()
  for (const serverGzip of [false, true]) {
    await using place = await newPlace()
    await using server = await serve({
      ...options,
      gzip: serverGzip,
      faults: [faults.stall({ keepBytes: serverGzip ? 40_000 : sentAtFirst })],
    })
    await killHalfway(place, server, '--gzip')
    const ended = await run(place, command(place, server, '--gzip'))
    expect(ended.code, ended.stderr).toBe(0)
    expect(server.asked('file').map(({ headers }) => headers.range)).toEqual([undefined, undefined])
    await expectComplete(place.out, reference, `compressed, by the server ${serverGzip}`)
  }
})
