/** Whole exports that go well: every target, every storage, pages, partial manifests, duplicates. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createMock, personalities } from '../../src/mock/index.js'
import type { Target } from '../../src/protocol/types.js'
import {
  conversation,
  dataFiles,
  exitOf,
  logOf,
  manifestOf,
  ownDirectory,
  textOf,
  tree,
  typesOf,
} from '../helpers/conversation.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { configOf, hostOf, kickOffOf, run, withoutSocket } from '../helpers/job.js'
import {
  fhirUrl,
  file,
  lines,
  manifest,
  origin,
  outcome,
  routes,
  statusUrl,
} from '../helpers/scripted-server.js'

describe('every target of the mock', () => {
  test.each<[string, Target, RegExp]>([
    ['system', { kind: 'system' }, /\/fhir\/\$export$/],
    ['Patient', { kind: 'type', type: 'Patient' }, /\/fhir\/Patient\/\$export$/],
    ['Group/123', { kind: 'instance', type: 'Group', id: '123' }, /\/fhir\/Group\/123\/\$export$/],
    ['Location', { kind: 'type', type: 'Location' }, /\/fhir\/Location\/\$export$/],
    [
      'a kick-off URL',
      { kind: 'url', url: 'http://localhost/fhir/Group/123/$export' },
      /\/Group\/123\/\$export$/,
    ],
  ])('%s', async (_name, target, path) => {
    const clock = fakeClock()
    const mock = createMock({ clock, personality: personalities.reference, data: { patients: 20 } })
    const directory = await ownDirectory()
    const config = configOf({ directory, kickOff: kickOffOf({ target }) })
    const ran = await run({ config, host: hostOf({ clock, exchange: withoutSocket(mock.handler) }) })
    expect(ran.thrown).toBeUndefined()
    expect(ran.outcome).toMatchObject({ phase: 'complete', exitCode: 0 })
    expect(mock.requests.filter(({ phase }) => phase === 'kick-off').map(({ url }) => url)).toEqual([
      expect.stringMatching(path),
    ])
    expect(mock.requests.at(-1)).toMatchObject({ method: 'DELETE', status: 202 })
    const onDisk = await manifestOf(directory)
    expect(onDisk.output.length).toBeGreaterThan(0)
    expect(await dataFiles(directory)).toEqual(onDisk.output.map(({ url }) => url).sort())
    for (const { url, count } of onDisk.output)
      expect((await textOf(directory, url)).trimEnd().split('\n')).toHaveLength(count)
    const fetched = mock.requests.filter(({ phase }) => phase === 'file')
    expect(fetched.map(({ method }) => method)).toEqual(onDisk.output.map(() => 'GET'))
  })
})

test('a whole export says and stores exactly what happened', async () => {
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: [
        { status: 202, headers: { 'x-progress': '50%' } },
        {
          body: manifest([file('1', 'Patient', { count: 2 })], {
            deleted: [file('2', 'Bundle')],
            error: [file('3', 'OperationOutcome')],
            custom: { kept: 1.5 },
          }),
          headers: { expires: 'Thu, 01 Jan 2026 10:00:00 GMT' },
        },
      ],
      [`GET ${origin}/files/2`]: { body: '{"resourceType":"Bundle","type":"transaction"}\n' },
      [`GET ${origin}/files/3`]: { body: `${JSON.stringify(outcome('information', 'all fine'))}\n` },
    }),
  )
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(0)
  expect(typesOf(ran.events).filter((type) => type !== 'file-completed')).toEqual([
    'kick-off-requested',
    'kick-off-accepted',
    'status-in-progress',
    'manifest-received',
    'manifest-written',
    'delete-answered',
  ])
  expect(await tree(talk.directory)).toEqual([
    'Patient.0001.ndjson',
    'deleted/Bundle.0001.ndjson',
    'log.ndjson',
    'manifest.json',
    'outcome/OperationOutcome.0001.ndjson',
  ])
  expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(lines('Patient', 2))
  const onDisk = await manifestOf(talk.directory)
  expect(onDisk).toMatchObject({
    transactionTime: '2026-01-01T00:00:00Z',
    request: `${fhirUrl}/Group/123/$export`,
    requiresAccessToken: false,
    custom: { kept: 1.5 },
    output: [
      {
        type: 'Patient',
        url: 'Patient.0001.ndjson',
        count: 2,
        bulkx: { lines: 2, badLines: 0, source: `${origin}/files/1` },
      },
    ],
    deleted: [{ type: 'Bundle', url: 'deleted/Bundle.0001.ndjson', count: 1 }],
    error: [{ type: 'OperationOutcome', url: 'outcome/OperationOutcome.0001.ndjson', count: 1 }],
    bulkx: { server: fhirUrl, findings: [{ severity: 'information', code: 'server-issue' }] },
  })
  const log = await logOf(talk.directory)
  expect(new Set(log.map(({ exportId }) => exportId)).size).toBe(1)
  expect(log.map(({ eventId }) => eventId).filter((id) => !id.startsWith('download'))).toEqual([
    'kickoff',
    'status_progress',
    'status_complete',
    'status_page_complete',
    'manifest_complete',
    'export_complete',
  ])
})

test('nothing that was not asked for is sent, and one GET a file', async () => {
  const talk = await conversation(routes())
  await talk.run()
  const [kickOff] = talk.server.requests
  expect(kickOff).toMatchObject({ method: 'GET', url: `${fhirUrl}/Group/123/$export`, body: undefined })
  expect(kickOff?.headers).toEqual({
    accept: 'application/fhir+json',
    prefer: 'respond-async',
    authorization: 'Bearer s3cret-token',
  })
  expect(talk.server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET ${fhirUrl}/Group/123/$export`,
    `GET ${statusUrl}`,
    `GET ${origin}/files/1`,
    `DELETE ${statusUrl}`,
  ])
})

test('--gzip stores whole .gz files, and the manifest says so', async () => {
  const text = lines('Patient', 2)
  const talk = await conversation(routes())
  const ran = await talk.run({ files: { gzip: true } })
  expect(exitOf(ran)).toBe(0)
  expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson.gz'])
  const stored = await readFile(join(talk.directory, 'Patient.0001.ndjson.gz'))
  expect(gunzipSync(stored).toString()).toBe(text)
  expect((await manifestOf(talk.directory)).output[0]).toMatchObject({
    url: 'Patient.0001.ndjson.gz',
    count: 2,
    bulkx: { bytes: text.length, storedBytes: stored.length },
  })
})

test('M-30 all pages of a manifest are followed and their files stored in order', async () => {
  const page = (number: number, next: boolean) => ({
    body: manifest(
      [file(`${number}`)],
      next ? { link: [{ relation: 'next', url: `/status/1?page=${number + 1}` }] } : {},
    ),
  })
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: page(1, true),
      [`GET ${statusUrl}?page=2`]: page(2, true),
      [`GET ${statusUrl}?page=3`]: page(3, false),
      [`GET ${origin}/files/`]: ({ url }) => ({ body: lines('Patient', 1, Number(url.at(-1))) }),
      [`GET ${origin}/files/1`]: { body: lines('Patient', 1, 1) },
    }),
  )
  expect(exitOf(await talk.run())).toBe(0)
  const texts = await Promise.all(
    [1, 2, 3].map((number) => textOf(talk.directory, `Patient.000${number}.ndjson`)),
  )
  expect(texts.map((text) => JSON.parse(text).id)).toEqual(['1', '2', '3'])
  expect(talk.server.asked('DELETE').map(({ url }) => url)).toEqual([statusUrl])
  expect(
    (await logOf(talk.directory)).find(({ eventId }) => eventId === 'manifest_complete')?.eventDetail,
  ).toMatchObject({ totalManifests: 3, totalOutputFileCount: 3 })
})

test('P-42 files of a partial manifest are fetched while the job runs, each once', async () => {
  const one = file('1', 'Patient', { count: 2 })
  const partial = { status: 202, body: manifest([one]), headers: { 'retry-after': '10' } }
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: [partial, partial, { body: manifest([one, file('2', 'Observation')]) }],
      [`GET ${origin}/files/2`]: { body: lines('Observation', 1) },
    }),
  )
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(0)
  const order = talk.server.requests.map(({ url }) => url.slice(origin.length))
  expect(order).toEqual([
    '/fhir/Group/123/$export',
    '/status/1',
    '/files/1',
    '/status/1',
    '/status/1',
    '/files/2',
    '/status/1',
  ])
  expect(await dataFiles(talk.directory)).toEqual(['Observation.0001.ndjson', 'Patient.0001.ndjson'])
  const log = await logOf(talk.directory)
  expect(log.filter(({ eventId }) => eventId === 'status_complete')).toHaveLength(1)
  expect(log.filter(({ eventId }) => eventId === 'manifest_complete')).toHaveLength(1)
})

test('M-22 one URL listed twice is fetched once, one file, and said', async () => {
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: { body: manifest([file('1'), file('1')]) } }),
  )
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(0)
  expect(talk.server.asked('/files/1')).toHaveLength(1)
  expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson'])
  expect(ran.outcome.findings).toMatchObject([{ severity: 'information', code: 'listed-twice' }])
  expect((await manifestOf(talk.directory)).output).toHaveLength(1)
})

test('K-32 a manifest straight from the kick-off is used; there is nothing to poll and nothing to delete', async () => {
  const talk = await conversation(
    routes({ [`GET ${fhirUrl}/`]: { status: 200, body: manifest([file('1')]) } }),
  )
  expect(exitOf(await talk.run())).toBe(0)
  expect(talk.server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET ${fhirUrl}/Group/123/$export`,
    `GET ${origin}/files/1`,
  ])
})

test.each([
  ['M-04 output null', { output: null, error: null }],
  ['M-06 no lists at all', { output: undefined, error: undefined }],
  ['M-07 empty', {}],
])('%s: no data is a good end', async (_name, more) => {
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: { body: manifest([], more) } }))
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(0)
  expect(await tree(talk.directory)).toEqual(['log.ndjson', 'manifest.json'])
})
