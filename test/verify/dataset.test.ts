/** `bulkx verify` of a data set: its snapshot, its exports, and that they belong together. */
import { appendFile, cp, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Session, session } from '../cli/session.js'
import { edit, seen } from './export-out.js'

interface Synced extends Session {
  data: string
}

const argv = ({ server }: Session, more: readonly string[] = []): string[] => [
  'sync',
  'Group/123',
  '--server',
  server,
  '--type',
  'Patient,Condition',
  '-o',
  'data',
  '-q',
  ...more,
]

/** So many nights of a server whose data change. */
const synced = async (nights: number, more: string[] = []): Promise<Synced> => {
  const talk = await session({ jobMs: 0, evolve: 'when-told' })
  for (let night = 1; night <= nights; night += 1) {
    expect((await talk.run(argv(talk, more))).code).toBe(0)
    await talk.mock.evolve()
    talk.clock.advance(24 * 3_600_000)
  }
  return { ...talk, data: join(talk.cwd, 'data') }
}

type Damage = (data: string) => Promise<unknown>

test.each<[string, Damage, string[]]>([
  ['nothing', async () => {}, []],
  [
    'a file of the snapshot with another line',
    (data) => appendFile(join(data, 'current/Patient.ndjson'), '{"resourceType":"Patient","id":"x"}\n'),
    ['content snapshots/002/Patient.ndjson', 'merge snapshots/002/Patient.ndjson'],
  ],
  [
    'one that is missing',
    (data) => rm(join(data, 'current/Condition.ndjson')),
    ['merge snapshots/002/Condition.ndjson', 'missing snapshots/002/Condition.ndjson'],
  ],
  [
    'one that dataset.json does not list',
    (data) => writeFile(join(data, 'current/X.ndjson'), ''),
    ['unlisted snapshots/002/X.ndjson'],
  ],
  [
    'a switch that leads elsewhere',
    async (data) => {
      await rm(join(data, 'current'))
      await symlink('snapshots/001', join(data, 'current'))
    },
    ['switch current'],
  ],
  [
    'a damaged export that is not merged again',
    (data) => truncate(join(data, 'exports/001/log.ndjson'), 10),
    ['log-differs exports/001/log.ndjson'],
  ],
  [
    'an export that a link leads to',
    async (data) => {
      await rename(join(data, 'exports/002'), join(data, 'other'))
      await symlink('../other', join(data, 'exports/002'))
    },
    ['link exports/002'],
  ],
  ['an export gone', (data) => rm(join(data, 'exports/002'), { recursive: true }), ['missing exports/002']],
  ['no dataset.json', (data) => rm(join(data, 'dataset.json')), ['missing dataset.json']],
])('%s', async (_name, damage, problems) => {
  const talk = await synced(2)
  await damage(talk.data)
  const found = await seen(talk, 'data')
  expect(found.problems, found.err).toEqual(expect.arrayContaining(problems))
  // What the exports say of themselves beside it is theirs.
  expect(found.problems.length === 0).toBe(problems.length === 0)
  expect(found.code).toBe(problems.length === 0 ? 0 : 10)
})

test('a damaged file of an export: the snapshot follows from other bytes', async () => {
  const talk = await synced(2)
  await edit(join(talk.data, 'exports/001/Patient.0001.ndjson'), (text) => text.replace('"id"', '"ib"'))
  const { code, problems, first } = await seen(talk, 'data')
  expect(code).toBe(10)
  expect(problems).toContain('content exports/001/Patient.0001.ndjson')
  expect(first.remedy).toContain('`bulkx sync --again --full -o ./data`')
})

test('a copy that has followed the link: what mends it is not everything anew', async () => {
  const talk = await synced(2)
  await rm(join(talk.data, 'current'))
  await cp(join(talk.data, 'snapshots/002'), join(talk.data, 'current'), { recursive: true })
  const { problems, first } = await seen(talk, 'data')
  expect(problems).toEqual(['switch current'])
  expect(first.remedy).toMatch(/^move it away; the next `bulkx sync`/)
})

test('what the result says', async () => {
  const { result } = await seen(await synced(2), 'data')
  expect(result).toMatchObject({
    generation: 2,
    snapshot: { files: 2, mergedAgain: true },
    exports: [
      { directory: 'exports/001', phase: 'complete' },
      { directory: 'exports/002', phase: 'complete' },
    ],
    problems: [],
  })
})

test('exports that were dropped are no problem: the snapshot is compared with dataset.json', async () => {
  const talk = await synced(4, ['--keep', '2'])
  expect((await readdir(join(talk.data, 'exports'))).sort()).toEqual(['003', '004'])
  expect(await seen(talk, 'data')).toMatchObject({ code: 0, problems: [], notes: ['not-merged-again'] })
})

test('without the link readers are told where to look', async () => {
  const talk = await synced(1)
  await rm(join(talk.data, 'current'))
  expect(await seen(talk, 'data')).toMatchObject({ code: 0, notes: ['no-current current'] })
})

/** Stopped by Ctrl-C while the server works. */
const stopped = (talk: Session) =>
  talk.run(
    argv(talk).filter((word) => word !== '-q'),
    { watch: (io, text) => void (/in progress/.test(text) && io.interrupt()) },
  )

test('a round under way is no part of it yet', async () => {
  const talk = await session({ evolve: 'when-told' })
  await talk.run(argv(talk))
  talk.clock.advance(24 * 3_600_000)
  expect((await stopped(talk)).code).toBe(130)
  expect(await seen(talk, 'data')).toMatchObject({
    code: 0,
    problems: [],
    notes: ['unfinished exports/002'],
    result: { generation: 1 },
  })
})

test('the first round under way is not finished', async () => {
  const talk = await session()
  expect((await stopped(talk)).code).toBe(130)
  const { code, problems, err } = await seen(talk, 'data')
  expect([code, problems]).toEqual([9, []])
  expect(err).toContain('The first round of the data set ./data is not finished')
})

test('a folder of it names the data set', async () => {
  const talk = await synced(1)
  const { code, err } = await seen(talk, 'data/current')
  expect(code).toBe(2)
  expect(err).toContain('hint: it belongs to a data set: `bulkx verify ./data`')
})

test('what mends an export of it is a sync', async () => {
  const talk = await synced(2)
  await rm(join(talk.data, 'exports/001/Patient.0001.ndjson'))
  const alone = await seen(talk, 'data/exports/001')
  expect([alone.code, alone.first.remedy]).toEqual([
    10,
    expect.stringMatching(/^restore it from a backup, or `bulkx sync --again --full -o .\/data`/),
  ])
  expect(alone.err).not.toMatch(/bulkx export.* --again/)
  const whole = await seen(talk, 'data')
  expect(whole.code).toBe(10)
  for (const { remedy } of whole.result.problems as { remedy: string }[])
    expect(remedy).not.toMatch(/bulkx export/)
})

test('what was set aside is named, and no part of it', async () => {
  const talk = await synced(1)
  await cp(join(talk.data, 'exports/001'), join(talk.data, 'exports/001.1'), { recursive: true })
  expect(await seen(talk, 'data')).toMatchObject({ code: 0, notes: ['set-aside exports/001.1'] })
  await rm(join(talk.data, 'exports/001.1/Patient.0001.ndjson'))
  const { first } = await seen(talk, 'data/exports/001.1')
  expect(first.remedy).toMatch(/^it was set aside, and no snapshot is made of it/)
})

test('an export of it is an export', async () => {
  const talk = await synced(1)
  expect(await seen(talk, 'data/exports/001')).toMatchObject({ code: 0, result: { phase: 'complete' } })
})

test('somebody else is at work: what is not as it should be may be under way', async () => {
  const talk = await synced(1)
  await mkdir(join(talk.data, '.bulkx'), { recursive: true })
  await writeFile(join(talk.data, '.bulkx/lock'), JSON.stringify({ id: 'x', host: 'test', pid: 1 }))
  expect(await seen(talk, 'data')).toMatchObject({ code: 0, notes: ['busy'] })
  await rm(join(talk.data, 'current/Patient.ndjson'))
  expect(await seen(talk, 'data')).toMatchObject({ code: 11, result: { code: 'BULKX_JOB_LOCKED' } })
})
