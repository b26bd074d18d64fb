/**
 * What Cumulus ETL needs of a folder, point by point: the log that it reads, the files that it finds. The reader of
 * `cumulus.ts` stands for it.
 */
import { spawnSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attachJob } from '../../src/job/begin.js'
import type { KickOffRequest } from '../../src/protocol/types.js'
import { conversation, exitOf, logOf, textOf } from '../helpers/conversation.js'
import {
  accepted,
  fhirUrl,
  file,
  lines,
  manifest,
  origin,
  outcome,
  routes,
  statusUrl,
} from '../helpers/scripted-server.js'
import { lacks } from '../helpers/tools.js'
import { run, start } from '../process/child.js'
import { newPlace } from '../process/place.js'
import { mixedData, serve, untilTold } from '../process/server.js'
import { copied, deletedIds, exported, found, knownTypes } from './cumulus.js'

const groupExport = `${fhirUrl}/Group/123/$export`

describe('1: one exportId, and the last kickoff is the good one', () => {
  test('a refused kick-off first, an unfinished run after it', async () => {
    let up = false
    const talk = await conversation(
      routes({
        [`GET ${fhirUrl}/`]: [{ status: 400, body: outcome('error', 'no') }, accepted],
        [`GET ${origin}/files/1`]: () => (up ? { body: lines('Patient', 2) } : { status: 404 }),
      }),
    )
    expect(exitOf(await talk.run())).toBe(4)
    expect(() => exported(talk.directory)).toThrow('incomplete log')
    expect(exitOf(await talk.run())).toBe(7)
    const early = exported(talk.directory)
    up = true
    expect(exitOf(await talk.run())).toBe(0)
    expect(exported(talk.directory)).toEqual(early)
    const log = await logOf(talk.directory)
    expect(new Set(log.map(({ exportId }) => exportId))).toEqual(new Set([early.exportId]))
    expect(log.findLast(({ eventId }) => eventId === 'kickoff')?.eventDetail.errorCode).toBeNull()
  })

  test('kickoff, a look, a kill in the downloads, a resume: four processes, one export', async () => {
    await using place = await newPlace()
    let held = 0
    /** The second file comes once nobody waits for it any more. */
    let isOpen = false
    let isWaiting = (): void => {}
    const waiting = new Promise<void>((resolve) => {
      isWaiting = resolve
    })
    await using server = await serve({
      data: mixedData(20),
      jobMs: untilTold,
      hook: async (call, next) => {
        if (call.phase === 'file' && !isOpen) {
          held += 1
          if (held > 1) {
            isWaiting()
            await new Promise(() => {})
          }
        }
        return next(call)
      },
    })
    const { out } = place
    const kicked = await run(place, ['kickoff', 'Group/123', '--server', server.fhirUrl, '--out', out])
    expect(kicked.code, kicked.stderr).toBe(0)
    const looked = await run(place, ['resume', out, '--once'])
    expect(looked.code, looked.stderr).toBe(9)
    server.finishJobs()
    const child = start(place, ['resume', out, '--parallel', '2', '--poll-min', '20ms'])
    await waiting
    child.kill('SIGKILL')
    expect((await child.ended).signal).toBe('SIGKILL')
    // Point 6, in the worst of moments.
    for (const { path } of found(out)) expect(path).not.toContain('.bulkx')
    const early = exported(out)
    isOpen = true
    const resumed = await run(place, ['resume', out, '--poll-min', '20ms'])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(exported(out)).toEqual(early)
    const log = await logOf(out)
    expect(new Set(log.map(({ exportId }) => exportId)).size).toBe(1)
    for (const id of ['kickoff', 'status_complete', 'manifest_complete', 'export_complete'])
      expect(log.filter(({ eventId }) => eventId === id)).toHaveLength(1)
    const verified = await run(place, ['verify', out])
    expect(verified.code, verified.stderr).toBe(0)
  })
})

const kickOffOf = (differences: Partial<KickOffRequest>): KickOffRequest => ({
  target: { kind: 'instance', type: 'Group', id: '123' },
  operation: '$export',
  method: 'get',
  listStyle: 'comma',
  lenient: false,
  ...differences,
})

describe('2: exportUrl is absolute, $export is not encoded, the group is found', () => {
  test.each<[string, Partial<KickOffRequest>, string, string]>([
    ['a group', {}, groupExport, '123'],
    ['with types', { type: ['Patient'] }, `${groupExport}?_type=Patient`, '123'],
    ['by POST', { type: ['Patient'], method: 'post' }, groupExport, '123'],
    [
      'by POST with a query',
      { type: ['Patient'], method: 'post-query' },
      `${groupExport}?_type=Patient`,
      '123',
    ],
    ['all patients', { target: { kind: 'type', type: 'Patient' } }, `${fhirUrl}/Patient/$export`, ''],
    ['everything', { target: { kind: 'system' } }, `${fhirUrl}/$export`, ''],
    [
      'a dollar in disguise',
      { target: { kind: 'url', url: `${fhirUrl}/Group/g1/%24export` } },
      `${fhirUrl}/Group/g1/$export`,
      'g1',
    ],
    ['patients are not told', { patient: ['7'], method: 'post-query' }, groupExport, '123'],
  ])('%s', async (_name, differences, url, group) => {
    const talk = await conversation(routes())
    expect(exitOf(await talk.run({ kickOff: kickOffOf(differences) }))).toBe(0)
    expect(exported(talk.directory)).toMatchObject({ url, group })
  })

  test('a job that something else has kicked off: as the manifest says', async () => {
    const talk = await conversation(routes())
    const begin = (job: Parameters<typeof attachJob>[0]) =>
      attachJob(job, statusUrl).then(() => 'run' as const)
    expect(exitOf(await talk.run({}, { begin }))).toBe(0)
    expect(exported(talk.directory)).toMatchObject({ url: groupExport, group: '123' })
  })
})

const times: readonly [unknown, string][] = [
  ['2026-01-01T00:00:00.123456789+05:00', '2026-01-01T00:00:00.123456789+05:00'],
  ['2026-01-01', '2026-01-01T00:00:00.000Z'],
  ['2026', '2026-01-01T00:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59Z'],
  ['2026-01-01T24:00:00Z', '2026-01-02T00:00:00.000Z'],
  ['2026-02-30T00:00:00Z', '2026-03-02T00:00:00.000Z'],
  ['0000-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
  ['+012026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
  ['2026-01-01T00:00:00+24:00', '2026-01-01T00:00:00.000Z'],
  ['soon', '2026-01-01T00:00:00.000Z'],
  [null, '2026-01-01T00:00:00.000Z'],
  [{ value: 1 }, '2026-01-01T00:00:00.000Z'],
]

test.each(times)('3: transactionTime is a full instant, be it %j', async (transactionTime, expected) => {
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: { body: manifest([file('1')], { transactionTime }) } }),
  )
  await talk.run()
  expect(exported(talk.directory).time).toBe(expected)
})

test.skipIf(lacks('python3'))('3: Python takes them all', () => {
  const script =
    'import sys, json, datetime; [datetime.datetime.fromisoformat(one) for one in json.load(sys.stdin)]'
  const input = JSON.stringify(times.map(([, written]) => written))
  const { status, stderr } = spawnSync('python3', ['-c', script], { input, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

test('4: the log lies in the folder itself, alone of its kind, and its first lines say all that is read', async () => {
  const talk = await conversation(routes())
  expect(exitOf(await talk.run({ files: { gzip: true } }))).toBe(0)
  expect((await readdir(talk.directory)).filter((name) => name.startsWith('log'))).toEqual(['log.ndjson'])
  const log = await logOf(talk.directory)
  expect(log.map(({ eventId }) => eventId)).toEqual([
    'kickoff',
    'status_complete',
    'status_page_complete',
    'manifest_complete',
    'download_request',
    'download_complete',
    'export_complete',
  ])
})

/** Three pages, each with files whose names at the server are the same. */
const paged = (more: Record<string, unknown> = {}) =>
  routes({
    [`GET ${statusUrl}`]: {
      body: manifest([file('a/1'), file('a/2', 'Observation')], {
        link: [{ relation: 'next', url: `${statusUrl}-2` }],
        ...more,
      }),
    },
    [`GET ${statusUrl}-2`]: {
      body: manifest([file('b/1'), file('b/2', 'Observation')], {
        link: [{ relation: 'next', url: `${statusUrl}-3` }],
      }),
    },
    [`GET ${statusUrl}-3`]: { body: manifest([file('c/1'), file('c/2', 'Observation')]) },
    ...Object.fromEntries(
      ['a', 'b', 'c'].flatMap((page, index) => [
        [`GET ${origin}/files/${page}/1`, { body: lines('Patient', 3, index * 3 + 1) }],
        [`GET ${origin}/files/${page}/2`, { body: lines('Observation', 2, index * 2 + 1) }],
      ]),
    ),
  })

describe.each([false, true])('5: flat copies lose nothing, gzip %s', (gzip) => {
  test('pages of a manifest are one export: one status_complete, all files, no name twice', async () => {
    const talk = await conversation(paged())
    expect(exitOf(await talk.run({ files: { gzip } }))).toBe(0)
    const rows = [...copied(talk.directory, ['Patient', 'Observation']).values()].flat()
    expect(rows.map(({ resourceType, id }) => `${resourceType}/${id}`).sort()).toEqual(
      [...Array(6).keys()]
        .map((n) => `Observation/${n + 1}`)
        .concat([...Array(9).keys()].map((n) => `Patient/${n + 1}`)),
    )
    const names = found(talk.directory).map(({ path }) => basename(path).toLowerCase())
    expect(new Set(names).size).toBe(names.length)
    const log = await logOf(talk.directory)
    const of = (id: string) =>
      log.filter(({ eventId }) => eventId === id).map(({ eventDetail }) => eventDetail)
    expect(of('status_complete')).toHaveLength(1)
    expect(of('status_page_complete').map(({ outputFileCount }) => outputFileCount)).toEqual([2, 2, 2])
    expect(of('manifest_complete')).toMatchObject([{ totalOutputFileCount: 6, totalManifests: 3 }])
    expect(of('export_complete')).toMatchObject([{ files: 6, resources: 15, attachments: null }])
  })
})

const bundle = (urls: string[], more: object = {}): string =>
  `${JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: urls.map((url) => ({ request: { method: 'DELETE', url } })),
    ...more,
  })}\n`

/** Every section, as the servers of the tests call their files. */
const everything = routes({
  [`GET ${statusUrl}`]: {
    body: manifest([file('1'), file('2.Observation', 'Observation')], {
      deleted: [file('2.Patient.deleted', 'Bundle')],
      error: [file('3', 'OperationOutcome')],
    }),
  },
  [`GET ${origin}/files/2.Observation`]: { body: lines('Observation', 1) },
  [`GET ${origin}/files/2.Patient.deleted`]: { body: bundle(['Patient/a', 'Observation/b']) },
  [`GET ${origin}/files/3`]: { body: `${JSON.stringify(outcome('warning', 'slow today'))}\n` },
})

describe.each([false, true])('6 to 10: what is found in the folder, gzip %s', (gzip) => {
  const end = gzip ? '.ndjson.gz' : '.ndjson'

  const whole = async (): Promise<string> => {
    const talk = await conversation(everything)
    expect(exitOf(await talk.run({ files: { gzip, failOn: 'never' } }))).toBe(0)
    return talk.directory
  }

  test('6: nothing of our own but the log', async () => {
    const directory = await whole()
    const names = found(directory).map(({ path }) => path.slice(directory.length + 1))
    expect(names).toEqual(
      [
        `Observation.0001${end}`,
        `Patient.0001${end}`,
        `deleted/Bundle.0001${end}`,
        'log.ndjson',
        `outcome/OperationOutcome.0001${end}`,
      ].sort(),
    )
  })

  test('7: what is deleted, by a name that holds no other type', async () => {
    const directory = await whole()
    expect(deletedIds(directory)).toEqual(['Patient/a', 'Observation/b'])
  })

  test("8: the server's messages are no data", async () => {
    const directory = await whole()
    const types = knownTypes.filter((type) => type !== 'OperationOutcome' && type !== 'Bundle')
    expect([...copied(directory, types).keys()]).toEqual([`Observation.0001${end}`, `Patient.0001${end}`])
  })

  test('9: each line is of the type of its file', async () => {
    const directory = await whole()
    const rows = copied(directory, ['Patient', 'Observation'])
    expect(rows.get(`Patient.0001${end}`)).toHaveLength(2)
    expect(rows.get(`Observation.0001${end}`)).toHaveLength(1)
  })

  test('10: the names say the type, and a number of four digits', async () => {
    const directory = await whole()
    for (const { path, type } of found(directory))
      if (type !== undefined) expect(basename(path)).toBe(`${type}.0001${end}`)
  })
})

test('no line of the log is ever half, and all of them have the envelope of version 2', async () => {
  const talk = await conversation(paged())
  await talk.run()
  const text = await textOf(talk.directory, 'log.ndjson')
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.trimEnd().split('\n')) {
    const row: Record<string, unknown> = JSON.parse(line)
    expect(Object.keys(row)).toEqual(['exportId', 'timestamp', 'eventId', 'eventDetail'])
  }
  expect(
    (await readdir(join(talk.directory, '.bulkx'))).filter((name) => /\.(ndjson|jsonl)/.test(name)),
  ).toEqual([])
})
