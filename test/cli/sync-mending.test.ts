/** `bulkx sync` where something of the data set is not as it was left: each hint leads out of it. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fault, faults } from '../../src/mock/index.js'
import { type Ran, type Session, session } from './session.js'

const syncOf = (talk: Session, ...more: string[]): Promise<Ran> =>
  talk.run(['sync', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'data', ...more])

const pathIn = ({ cwd }: Session, ...names: string[]): string => join(cwd, 'data', ...names)

test('a directory in the place of `current`: said before the kick-off, and the hint mends it', async () => {
  const talk = await session()
  await syncOf(talk)
  const current = pathIn(talk, 'current')
  rmSync(current)
  cpSync(pathIn(talk, 'snapshots/001'), current, { recursive: true })
  const asked = talk.mock.requests.length
  const stopped = await syncOf(talk)
  expect([stopped.code, talk.mock.requests.length]).toEqual([8, asked])
  expect(stopped.err).toMatch('./data/current is a directory, and must be a link to a snapshot')
  const [, from = '', to = ''] = /`mv (\S+) (\S+)`/.exec(stopped.err) ?? []
  renameSync(join(talk.cwd, from), join(talk.cwd, to))
  expect((await syncOf(talk)).code).toBe(0)
  expect(readlinkSync(current)).toBe('snapshots/002')
})

test('killed between the switch and dataset.json: readers get the committed snapshot while another is made', async () => {
  const talk = await session()
  await syncOf(talk)
  const current = pathIn(talk, 'current')
  cpSync(pathIn(talk, 'snapshots/001'), pathIn(talk, 'snapshots/002'), { recursive: true })
  rmSync(current)
  symlinkSync('snapshots/002', current)
  const seen: string[] = []
  const ran = await talk.run(
    ['sync', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'data'],
    { watch: (_io, text) => void (/^kick-off/.test(text) && seen.push(readlinkSync(current))) },
  )
  expect([ran.code, seen]).toEqual([0, ['snapshots/001']])
  expect(readlinkSync(current)).toBe('snapshots/002')
})

test.each(['damaged', 'gone'])(
  'a journal that is %s: nothing is removed, and --again begins anew',
  async (how) => {
    const talk = await session({ faults: [faults.badLines({})] })
    expect((await syncOf(talk)).code).toBe(10)
    const journal = pathIn(talk, 'exports/001/.bulkx/journal')
    const [first, ...rest] = readFileSync(journal, 'utf8').split('\n')
    if (how === 'gone') rmSync(journal)
    else writeFileSync(journal, [first, '{', ...rest].join('\n'))
    // An earlier one that was given up is no hindrance either.
    mkdirSync(pathIn(talk, 'exports/001.1/.bulkx'), { recursive: true })
    writeFileSync(pathIn(talk, 'exports/001.1/.bulkx/journal'), '{\n{\n{\n')
    if (how === 'damaged') {
      const stopped = await syncOf(talk)
      expect([stopped.code, stopped.err]).toEqual([8, expect.stringMatching(/hint: .*--again/)])
    }
    expect((await syncOf(talk, '--again', '--fail-on', 'never')).code).toBe(0)
    expect(readdirSync(pathIn(talk, 'exports')).sort()).toEqual(['001', '001.1', '001.2'])
    expect(existsSync(pathIn(talk, 'exports/001.2/Patient.0001.ndjson'))).toBe(true)
  },
)

test('`export --again` moves an export with a damaged journal away, too', async () => {
  const talk = await session()
  const argv = ['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
  await talk.run(argv)
  writeFileSync(join(talk.cwd, 'out/.bulkx/journal'), '{\n{\n{\n')
  expect((await talk.run([...argv, '--again'])).code).toBe(0)
  expect(existsSync(join(talk.cwd, 'out.1/Patient.0001.ndjson'))).toBe(true)
})

test('a server that does not take the time of the data set: the hint names what a sync has', async () => {
  const body = JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'invalid', diagnostics: '_since is too old' }],
  })
  const tooOld = fault('too-old', { on: 'kick-off', times: Number.POSITIVE_INFINITY }, async (call, next) =>
    new URL(call.request.url).searchParams.has('_since')
      ? new Response(body, { status: 400, headers: { 'content-type': 'application/fhir+json' } })
      : next(call),
  )
  const talk = await session({ faults: [tooOld] })
  await syncOf(talk)
  const refused = await syncOf(talk)
  expect([refused.code, refused.err]).toEqual([
    4,
    expect.stringMatching(/hint: the data set stays .*`--full`/),
  ])
  expect((await syncOf(talk, '--full')).code).toBe(0)
})

const damages: [string, (text: string) => string][] = [
  ['shorter', (text) => text.slice(0, -10)],
  ['of other bytes', (text) => text.replace('"id"', '"ib"')],
]

test.each(damages)('a snapshot that is %s: --again --full mends it', async (how, damaged) => {
  const talk = await session()
  await syncOf(talk)
  const path = pathIn(talk, 'snapshots/001/Patient.ndjson')
  const damage = (): void => writeFileSync(path, damaged(readFileSync(path, 'utf8')))
  damage()
  const named = /`bulkx sync --again --full/
  const asked = talk.mock.requests.length
  const stopped = await syncOf(talk)
  expect([stopped.code, stopped.err]).toEqual([8, expect.stringMatching(named)])
  expect(stopped.err).not.toMatch(/`bulkx sync --again`/)
  // A length is seen before anything is asked.
  if (how === 'shorter') expect(talk.mock.requests).toHaveLength(asked)
  const seen = await talk.run(['verify', 'data'])
  expect([seen.code, seen.err]).toEqual([10, expect.stringMatching(named)])
  // A round that is under way needs what is damaged.
  if (how !== 'shorter') expect((await syncOf(talk, '--full')).code).toBe(8)
  expect((await syncOf(talk, '--again', '--full')).code).toBe(0)
  expect((await talk.run(['verify', 'data'])).code).toBe(0)
})

test.each(damages)('the same, where no round is under way: %s', async (_how, damaged) => {
  const talk = await session()
  await syncOf(talk)
  const path = pathIn(talk, 'snapshots/001/Patient.ndjson')
  writeFileSync(path, damaged(readFileSync(path, 'utf8')))
  expect((await syncOf(talk, '--again', '--full')).code).toBe(0)
  expect((await talk.run(['verify', 'data'])).code).toBe(0)
})
