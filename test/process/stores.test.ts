/** Exports into object stores, by real processes: what stands there, what a kill leaves, and what is said when it fails. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { type OpenSink, openSink } from '../../src/sink/open-sink.js'
import { systemClock } from '../../src/system-clock.js'
import { readAll } from '../contract/sink.js'
import { startAzure } from '../helpers/stores/azure.js'
import { startGcs } from '../helpers/stores/gcs.js'
import { lacksStores } from '../helpers/stores/installed.js'
import { startS3 } from '../helpers/stores/s3.js'
import type { TestStore } from '../helpers/stores/store.js'
import { type Ended, run, start } from './child.js'
import { filesBelow, newPlace, objectsOf, type Place } from './place.js'
import { largeFile, type Served, serve } from './server.js'

const kinds: [string, () => Promise<TestStore>][] = [
  ['S3', startS3],
  ['Azure Blob Storage', startAzure],
  ['Google Cloud Storage, scripted', startGcs],
]

const sinkOf = (url: string, { env }: TestStore): Promise<OpenSink> =>
  openSink({ target: url, env, system: 'test', clock: systemClock, random: () => 0 })

const namesIn = async (url: string, store: TestStore): Promise<string[]> => {
  const names: string[] = []
  for await (const { name } of (await sinkOf(url, store)).list?.() ?? []) names.push(name)
  return names.sort()
}

const textIn = async (url: string, name: string, store: TestStore): Promise<string> =>
  readAll((await sinkOf(url, store)).read(name))

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const exporting = ({ fhirUrl }: Served, url: string, ...more: string[]): string[] => [
  ...['export', '--server', fhirUrl, '--out', url, ...more],
]

let prefixes = 0
const nextPrefix = (store: TestStore): string => {
  prefixes += 1
  return store.at(`process/${prefixes}`)
}

describe.skipIf(lacksStores()).each(kinds)('%s', (kind, startStore) => {
  let store: TestStore
  beforeAll(async () => {
    store = await startStore()
    Object.assign(process.env, store.env)
  })
  afterAll(() => store.close())

  const bulkx = (place: Place, ...words: string[]): Promise<Ended> => run(place, words, { env: store.env })

  test('an export stands there whole, its job here, and every command finds it by its URL', async () => {
    await using place = await newPlace()
    await using server = await serve()
    const url = nextPrefix(store)
    const { code, stdout, stderr } = await bulkx(place, ...exporting(server, url))
    expect(code, stderr).toBe(0)
    const directory = stdout.trim()
    expect(directory.startsWith(join(place.state, 'exports'))).toBe(true)
    expect((await filesBelow(directory)).filter((name) => !name.startsWith('.bulkx'))).toEqual(['log.ndjson'])

    const names = await namesIn(url, store)
    expect(names).toEqual(expect.arrayContaining(['Patient.0001.ndjson', 'log.ndjson', 'manifest.json']))
    const manifest: { output: { url: string; bulkx: { sha256: string } }[] } = JSON.parse(
      await textIn(url, 'manifest.json', store),
    )
    for (const { url: name, bulkx } of manifest.output)
      expect(digest(await textIn(url, name, store))).toBe(bulkx.sha256)
    expect(names).toHaveLength(manifest.output.length + 2)
    const log = objectsOf<{ eventId: string }>(await textIn(url, 'log.ndjson', store))
    expect([log[0]?.eventId, log.at(-1)?.eventId]).toEqual(['kickoff', 'export_complete'])

    const asked = server.mock.requests.length
    expect((await bulkx(place, 'status', url)).stdout).toContain('complete')
    expect((await bulkx(place, 'jobs')).stdout).toContain(url)
    expect((await bulkx(place, 'report', url)).stdout.trim()).toMatch(/report\.html$/)
    expect(await bulkx(place, 'resume', url)).toMatchObject({ code: 0, stdout: `${directory}\n` })
    expect(await bulkx(place, ...exporting(server, url))).toMatchObject({ code: 2 })
    const again = await bulkx(place, ...exporting(server, url, '--again'))
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('choose another prefix')])
    expect(server.mock.requests.length).toBe(asked)
  })

  test('verify reads every byte again, here and where the job is not known', async () => {
    await using place = await newPlace()
    await using server = await serve()
    const url = nextPrefix(store)
    expect((await bulkx(place, ...exporting(server, url))).code).toBe(0)
    const elsewhere = { ...place, state: join(place.root, 'elsewhere') }
    for (const where of [place, elsewhere]) {
      const { code, stdout, stderr } = await bulkx(where, 'verify', url)
      expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining(`verified ${url}`)])
    }
    const sink = await sinkOf(url, store)
    const text = await readAll(sink.read('Patient.0001.ndjson'))
    await sink.write('Patient.0001.ndjson', text.replace('Patient', 'Patiemt'))
    await sink.write('Extra.0001.ndjson', '{}')
    for (const where of [place, elsewhere]) {
      const { code, stdout } = await bulkx(where, 'verify', url)
      expect(code).toBe(10)
      expect(stdout).toMatch(/^Patient\.0001\.ndjson: .*\nExtra\.0001\.ndjson: nobody has listed it.*\n$/)
    }
    const none = await bulkx(place, 'verify', store.at('nothing/here'))
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('There is nothing to verify')])
  })

  test('another job is not mixed with what stands at the target', async () => {
    await using place = await newPlace()
    await using server = await serve()
    const url = nextPrefix(store)
    const sink = await sinkOf(url, store)
    await sink.write('manifest.json', '{}')
    const { code, stderr } = await bulkx(place, ...exporting(server, url))
    expect([code, stderr]).toEqual([2, expect.stringContaining('choose another prefix with --out')])
    expect([server.asked('kick-off'), await namesIn(url, store)]).toEqual([[], ['manifest.json']])
  })

  test('a kill in the middle of an upload leaves nothing to see, and resume ends whole', async () => {
    await using place = await newPlace()
    const lines = 20 * 1024
    const options = { data: largeFile(lines, 1024), faults: [faults.stall({ keepBytes: 18 * 1024 * 1024 })] }
    await using server = await serve(options)
    const url = nextPrefix(store)
    const before = store.requests.length
    const child = start(place, exporting(server, url, '--job-dir', place.out), { env: store.env })
    const isUploading = (): boolean =>
      store.requests.slice(before).filter(({ method, path }) => method === 'PUT' && /Binary/.test(path))
        .length +
        store.requests.slice(before).filter(({ path }) => /upload_id=/.test(path)).length >=
      2
    await vi.waitUntil(isUploading, { timeout: 100_000 })
    child.kill('SIGKILL')
    await child.ended
    expect(await namesIn(url, store)).toEqual([])
    const killed = store.requests.length
    const { code, stderr } = await bulkx(place, 'resume', place.out)
    expect(code, stderr).toBe(0)
    expect(await namesIn(url, store)).toEqual(['Binary.0001.ndjson', 'log.ndjson', 'manifest.json'])
    const [size] = await (await sinkOf(url, store)).sizes(['Binary.0001.ndjson'])
    expect(size).toBe(lines * 1024)
    const aborts = store.requests.slice(killed).filter(({ method }) => method === 'DELETE')
    // Of what was left, and of the look whether the store can be written to.
    if (kind === 'S3') expect(aborts).toHaveLength(2)
    expect(await readdir(join(place.out, '.bulkx/uploads')).catch(() => [])).toEqual([])
  })

  test('an interruption aborts what is on its way', async () => {
    await using place = await newPlace()
    const options = {
      data: largeFile(20 * 1024, 1024),
      faults: [faults.stall({ keepBytes: 18 * 1024 * 1024 })],
    }
    await using server = await serve(options)
    const url = nextPrefix(store)
    const before = store.requests.length
    const child = start(place, exporting(server, url), { env: store.env })
    const sent = (): number =>
      store.requests
        .slice(before)
        .filter(({ method, path }) => method === 'PUT' && /Binary|upload_id/.test(path)).length
    await vi.waitUntil(() => sent() >= 1, { timeout: 100_000 })
    child.kill('SIGINT')
    const { code, stderr } = await child.ended
    expect([code, stderr]).toEqual([130, expect.stringContaining(`bulkx resume ${url}`)])
    const aborts = store.requests.slice(before).filter(({ method }) => method === 'DELETE')
    if (kind !== 'Azure Blob Storage') expect(aborts).toHaveLength(2)
    expect(await namesIn(url, store)).toEqual([])
  })

  test('compressed files, and no secret anywhere', async () => {
    await using place = await newPlace()
    await using server = await serve()
    const url = nextPrefix(store)
    const { code, stdout, stderr } = await bulkx(place, ...exporting(server, url, '--gzip', '--verbose'))
    expect(code, stderr).toBe(0)
    expect(await namesIn(url, store)).toContain('Patient.0001.ndjson.gz')
    const kept = await Promise.all(
      (await filesBelow(place.root)).map((name) => readFile(join(place.root, name), 'latin1')),
    )
    const secrets = /S3RVER|Eby8vdM02x|AccountKey/
    for (const text of [stdout, stderr, ...kept]) expect(text).not.toMatch(secrets)
  })
})

describe('what cannot be', () => {
  const missing = [
    'import { register } from "node:module"',
    `register("data:text/javascript,${encodeURIComponent(
      [
        'export const resolve = (name, context, next) => {',
        '  if (!/^(@aws-sdk|@azure|google-auth)/.test(name)) return next(name, context)',
        '  throw Object.assign(new Error("no such package"), { code: "ERR_MODULE_NOT_FOUND" })',
        '}',
      ].join('\n'),
    )}")`,
  ].join('\n')
  const preload = [`data:text/javascript,${encodeURIComponent(missing)}`]

  test.each([
    ['s3://bucket/a', 'npm install @aws-sdk/client-s3'],
    ['gs://bucket/a', 'npm install google-auth-library'],
    ['az://bucket/a', 'npm install @azure/storage-blob @azure/identity'],
  ])('%s without its package', async (url, hint) => {
    await using place = await newPlace()
    await using server = await serve()
    const { code, stderr } = await run(place, exporting(server, url), { preload })
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)])
    expect(server.asked('kick-off')).toEqual([])
  })

  test.each([
    ['s3://AKIA123:verysecret@bucket/a', 'more than bucket and prefix'],
    ['s3://bucket/a?X-Amz-Signature=verysecret', 'more than bucket and prefix'],
    ['az://bucket/a#verysecret', 'more than bucket and prefix'],
    ['s3://', 'names no bucket'],
    ['s3://Bucket_/a', 'names no bucket'],
    ['s3://bucket/../a', 'cannot be used'],
    ['s3://bucket/a//b', 'cannot be used'],
    ['ftp://bucket/a', 'No store is known by ftp://'],
  ])('%s is refused, and not repeated', async (url, words) => {
    await using place = await newPlace()
    await using server = await serve()
    const { code, stdout, stderr } = await run(place, exporting(server, url))
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(words)])
    expect(stderr).not.toContain('verysecret')
    expect(await filesBelow(place.state)).toEqual([])
    expect(server.mock.requests).toEqual([])
  })

  test('a data set in a store, and --job-dir for a directory', async () => {
    await using place = await newPlace()
    await using server = await serve()
    const sync = await run(place, ['sync', '--server', server.fhirUrl, '--out', 's3://bucket/a'])
    expect([sync.code, sync.stderr]).toEqual([2, expect.stringContaining('A data set needs a disk')])
    const words = exporting(server, place.out, '--job-dir', join(place.root, 'job'))
    const local = await run(place, words)
    expect([local.code, local.stderr]).toEqual([2, expect.stringContaining('--job-dir is for exports into')])
  })

  test.each([
    ['http://store.example', 2, 'AWS_ENDPOINT_URL_S3 is no https URL'],
    ['http://127.0.0.1:9', 8, 'no credential was found'],
  ])('S3 at %s, without a credential', async (endpoint, exitCode, words) => {
    await using place = await newPlace()
    await using server = await serve()
    const env = { AWS_ENDPOINT_URL_S3: endpoint, AWS_EC2_METADATA_DISABLED: 'true' }
    const { code, stderr } = await run(place, exporting(server, 's3://bucket/a'), { env })
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(words)])
    expect(server.asked('kick-off')).toEqual([])
  })

  test('Azure without an account', async () => {
    await using place = await newPlace()
    await using server = await serve()
    const { code, stderr } = await run(place, exporting(server, 'az://exports/a'))
    expect([code, stderr]).toEqual([8, expect.stringContaining('no storage account was named')])
    expect(stderr).toContain('AZURE_STORAGE_CONNECTION_STRING')
  })

  test('a directory that was prepared by somebody else sends nothing to its store', async () => {
    await using place = await newPlace()
    await using server = await serve()
    const url = 's3://attacker/a'
    const fact = { type: 'job-created', version: 1, at: Date.now(), exportId: randomUUID() }
    const kickOff = {
      target: { kind: 'system' },
      operation: '$export',
      method: 'get',
      listStyle: 'comma',
      lenient: false,
    }
    const created = {
      ...fact,
      server: server.fhirUrl,
      fhirUrl: server.fhirUrl,
      kickOff,
      identity: {},
      store: url,
    }
    await mkdir(join(place.out, '.bulkx'), { recursive: true })
    await writeFile(join(place.out, '.bulkx/journal'), `${JSON.stringify(created)}\n`)
    const { code, stderr } = await run(place, ['resume', place.out])
    expect([code, stderr]).toEqual([2, expect.stringContaining(`confirm it with --out ${url}`)])
    expect(server.asked('kick-off')).toEqual([])
  })
})
