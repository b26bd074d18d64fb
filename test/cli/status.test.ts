/** `bulkx status`: it looks, and leaves everything as it is; on a full disk, too. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import { exportJob } from '../../src/job/export.js'
import { phaseOf } from '../../src/job/state.js'
import { onlyLook } from '../../src/job/steer.js'
import { seenUnwritten } from '../../src/job/unwritten.js'
import { personality } from '../../src/mock/index.js'
import { openJob } from '../../src/open-job.js'
import { configOf, hostOf, withoutSocket } from '../helpers/job.js'
import { type Session, session } from './session.js'

const asked = (talk: Session): number => talk.mock.requests.filter(({ phase }) => phase === 'status').length

const kickedOff = async (options: Parameters<typeof session>[0] = {}): Promise<Session> => {
  const talk = await session(options)
  const argv = ['kickoff', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
  expect((await talk.run(argv)).code).toBe(0)
  return talk
}

/** Paths below a directory with when they were written. */
const written = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { recursive: true })
  const lines = entries.map(async (name) => {
    const { mtimeMs, ino, size } = await stat(join(directory, name))
    return `${name} ${ino} ${size} ${mtimeMs}`
  })
  return (await Promise.all(lines)).sort()
}

describe('where nothing is to be asked, nothing is written', () => {
  test.each<[string, number, (talk: Session) => Promise<unknown>]>([
    ['a job whose Retry-After has not passed', 9, (talk) => talk.run(['status', 'out'])],
    [
      'a job whose files are still to be fetched',
      9,
      async (talk) => {
        talk.clock.advance(20_000)
        await talk.run(['status', 'out'])
      },
    ],
    ['a complete export', 0, (talk) => talk.run(['resume', 'out'])],
    ['a cancelled one', 6, (talk) => talk.run(['cancel', 'out'])],
  ])('%s', async (_name, code, prepare) => {
    const talk = await kickedOff()
    await prepare(talk)
    const directory = join(talk.cwd, 'out')
    // No process could take this lock, nor need it.
    await mkdir(join(directory, '.bulkx/lock'))
    const before = [asked(talk), ...(await written(directory))]
    const ran = await talk.run(['status', 'out'])
    expect(ran.code).toBe(code)
    expect(ran.err).not.toContain('Cannot lock')
    expect([asked(talk), ...(await written(directory))]).toEqual(before)
  })
})

test('a directory that cannot be written to is read, and says why nobody is asked', async () => {
  const talk = await kickedOff()
  // A lock that no process could have written: the system refuses to read it.
  await mkdir(join(talk.cwd, 'out/.bulkx/lock'))
  const { code, err, out } = await talk.run(['status', 'out'])
  expect([code, asked(talk)]).toEqual([9, 0])
  expect(err).toMatch(/Cannot lock .*; this is what is written down/)
  expect(err).toContain('The export is still running on the server')
  expect(err).not.toContain('error:')
  expect(out).toMatch(/^phase +in-progress$/m)
})

test.each(['BULKX_DISK_FULL', 'BULKX_STORAGE'] as const)(
  'what cannot be written down is seen all the same: %s',
  async (code) => {
    const talk = await kickedOff({ jobMs: 10_000 })
    const directory = join(talk.cwd, 'out')
    const config = configOf({ fhirUrl: talk.server, directory })
    const told: string[] = []
    await using job = await openJob(
      config,
      hostOf({ clock: talk.clock, exchange: withoutSocket(talk.mock.handler) }),
    )
    const full = seenUnwritten(
      {
        ...job,
        record: async () => {
          throw new BulkxError(code, 'Cannot write the journal: the disk is full')
        },
      },
      ({ message }) => void told.push(message),
    )
    const seen: string[] = []
    for await (const { type } of exportJob(full, onlyLook(talk.clock.now()))) seen.push(type)
    expect(seen).toEqual(['status-in-progress'])
    expect([phaseOf(job.state), job.state.progress]).toEqual(['in-progress', '0% complete'])
    expect(told).toEqual(['Cannot write the journal: the disk is full'])
  },
)

test('what else goes wrong is not taken for a full disk', async () => {
  const talk = await kickedOff()
  await using job = await openJob(
    configOf({ fhirUrl: talk.server, directory: join(talk.cwd, 'out') }),
    hostOf({ clock: talk.clock, exchange: withoutSocket(talk.mock.handler) }),
  )
  const broken = seenUnwritten(
    {
      ...job,
      record: async () => {
        throw new BulkxError('BULKX_JOB_LOCKED', 'Another process works here')
      },
    },
    () => {},
  )
  await expect(exportJob(broken, onlyLook(talk.clock.now())).next()).rejects.toMatchObject({
    code: 'BULKX_JOB_LOCKED',
  })
})

test('a job that runs as it should is not called an error', async () => {
  const talk = await kickedOff()
  for (const argv of [
    ['status', 'out'],
    ['resume', 'out', '--once'],
    ['status', 'out', '--offline'],
  ]) {
    talk.clock.advance(1000)
    const { code, err } = await talk.run(argv)
    expect(code).toBe(9)
    expect(err).toMatch(/^The export is still running on the server: \d+% complete$/m)
    expect(err).toContain('hint: continue with `bulkx resume ./out`')
    expect(err).not.toContain('error:')
  }
})

test('how long nothing has changed is told, to people and to programs', async () => {
  const talk = await kickedOff({ jobMs: 1e9, personality: personality({ progress: () => 'active' }) })
  await talk.run(['status', 'out'])
  expect((await talk.run(['status', 'out', '--offline'])).out).toMatch(/^progress +active$/m)
  talk.clock.advance(7 * 3_600_000)
  const { out, err } = await talk.run(['status', 'out'])
  expect(out).toMatch(/^progress +active, unchanged for 7 h$/m)
  expect(err).not.toContain('unchanged')
  const { result } = await talk.run(['status', 'out', '--offline', '--json'])
  expect(result).toMatchObject({ phase: 'in-progress', unchangedSince: '2026-01-01T00:00:00.000Z' })
})
