/** The answer to a kick-off on a full disk, the job list, log.ndjson, profiles, directories that cannot be synced. */
import { appendFile, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { digestsOf } from '../crash/invariants.js'
import { filesBelow, journalOf } from '../process/place.js'
import { failingDisk } from './failing-disk.js'
import { type Digests, expectAll, expectNothingLost, type Station, station } from './station.js'

let known: Digests | undefined

const reference = async (): Promise<Digests> => {
  if (known) return known
  const at = station()
  expect((await at.export()).code).toBe(0)
  known = await digestsOf(at.out)
  return known
}

/** The write of the journal that holds the answer. */
const ofAnswer = { kind: 'handle.write', path: 'out/.bulkx/journal', purpose: 'kick-off-accepted', number: 1 }

describe('the disk is full when the answer to the kick-off comes', () => {
  test('the room that was held free takes it, and the next command goes on', async () => {
    const at = station()
    using disk = await failingDisk(at.cwd)
    disk.fail({ ...ofAnswer, code: 'ENOSPC' })
    const { code, err } = await at.export()
    expect([disk.met, code], err).toEqual([true, 0])
    await expectAll(at, await reference(), 'with a reserve')
  })

  test.each(['ENOSPC', 'EIO', 'EROFS'] as const)(
    '%s for good: its status URL is said, and attaches',
    async (code) => {
      const at = station()
      using disk = await failingDisk(at.cwd)
      disk.fail({ ...ofAnswer, code, lasting: 'here' })
      const said = await at.export()
      const url =
        [...at.mock.jobs.all()].map(({ id }) => `https://ehr.example/fhir/bulkstatus/${id}`)[0] ?? ''
      expect(said.code, said.err).toBe(8)
      expect(said.err).toContain(`its job runs at ${url}`)
      expect(said.err).toContain(`\`bulkx resume ${url} --out ./out\``)
      disk.mend()
      expect((await at.export()).code).toBe(4)
      const { code: end, err } = await at.run(['resume', url, '--out', './out'])
      expect(end, err).toBe(0)
      await expectAll(at, await reference(), 'attached')
    },
  )

  test('without room for the reserve nothing is sent', async () => {
    const at = station()
    using disk = await failingDisk(at.cwd)
    disk.fail({ kind: 'handle.writeFile', path: 'out/.bulkx/reserve', number: 1, code: 'ENOSPC' })
    expect((await at.export()).code).toBe(8)
    expect(at.kickOffs()).toEqual([])
    disk.mend()
    expect((await at.export()).code).toBe(0)
    await expectAll(at, await reference(), 'when there is room')
  })
})

const ofLog = { kind: 'handle.writeFile', path: 'out/log.ndjson', number: 1 }

describe('log.ndjson is a projection', () => {
  test('while it cannot be written, the job goes on, and it is whole in the end', async () => {
    const at = station()
    using disk = await failingDisk(at.cwd)
    disk.fail({ ...ofLog, purpose: 'status_complete', code: 'ENOSPC' })
    const { code, err } = await at.export()
    expect([disk.met, code], err).toEqual([true, 0])
    await expectAll(at, await reference(), 'with a log')
    const there = await readFile(join(at.out, 'log.ndjson'), 'utf8')
    expect((await at.run(['resume', 'out'])).code).toBe(0)
    expect(await readFile(join(at.out, 'log.ndjson'), 'utf8')).toBe(there)
    expect(there.match(/"eventId":"download_complete"/g)).toHaveLength((await reference()).size)
    expect(there.match(/"eventId":"export_complete"/g)).toHaveLength(1)
  })

  test('where it cannot be made anew either, that is said, and the next command makes it', async () => {
    const at = station()
    using disk = await failingDisk(at.cwd)
    disk.fail({ ...ofLog, purpose: 'kickoff', code: 'EACCES', lasting: 'here' })
    await at.export()
    disk.fail({ kind: 'renameSync', path: 'out/log.ndjson', number: 1, code: 'EACCES', lasting: 'here' })
    const { code, err } = await at.run(['resume', 'out'])
    expect([disk.met, code], err).toEqual([true, 0])
    expect(err).toContain('log.ndjson: permission denied; the job does without it')
    disk.mend()
    expect((await at.run(['resume', 'out'])).code).toBe(0)
    expect(await readFile(join(at.out, 'log.ndjson'), 'utf8')).toContain('export_complete')
    await expectAll(at, await reference(), 'with a log at last')
  })
})

test.each(['mkdir state/jobs', 'writeFile', 'rename'])(
  'the job list cannot be written, %s: said, no more',
  async (what) => {
    const at = station()
    using disk = await failingDisk(at.cwd)
    const [kind = '', path] = what.split(' ')
    const probe = station()
    using other = await failingDisk(probe.cwd)
    await probe.export()
    const call = other.calls.find((one) => one.kind === kind && one.path.startsWith(path ?? 'state/jobs/'))
    // Pointers are named by the time, which is the fake clock's; temporary ones by the process, which is the first one.
    expect(call, what).toBeDefined()
    disk.fail({ kind, path: call?.path ?? '', number: 1, code: 'ENOSPC' })
    const { code, err } = await at.export()
    expect([disk.met, code], err).toEqual([true, 0])
    expect(err).toContain('the job list cannot be written')
    await expectAll(at, await reference(), 'without a job list')
  },
)

test.each(['EINVAL', 'ENOTSUP'] as const)(
  'directories that cannot be synced, %s, are left at that',
  async (code) => {
    for (const path of ['out', 'out/.bulkx']) {
      const at = station()
      using disk = await failingDisk(at.cwd)
      disk.fail({ kind: 'handle.sync', path, number: 1, code, lasting: 'here' })
      const said = await at.export()
      expect([disk.met, said.code], said.err).toEqual([true, 0])
      await expectAll(at, await reference(), `${code} at ${path}`)
    }
  },
)

test('a new directory, and those above it, have their names synced before anything is sent', async () => {
  const at = station()
  using disk = await failingDisk(at.cwd)
  const { code, err } = await at.export('--out', 'a/b/c')
  expect(code, err).toBe(0)
  const synced = disk.calls.filter(({ kind }) => kind === 'handle.sync').map(({ path }) => path)
  expect(synced).toEqual(expect.arrayContaining(['a', 'a/b', 'a/b/c', 'a/b/c/.bulkx']))
})

describe('after a power failure', () => {
  /** An export that was stopped by its disk in the middle of its files. */
  const stopped = async (): Promise<Station> => {
    const at = station()
    using disk = await failingDisk(at.cwd)
    disk.fail({ kind: 'renameSync', path: 'out/Patient.0001.ndjson', number: 1, code: 'EIO' })
    expect((await at.export()).code).toBe(8)
    return at
  }
  const lastLine = async (path: string): Promise<string> =>
    (await readFile(path, 'utf8')).trimEnd().split('\n').at(-1) ?? ''

  const rows: Readonly<Record<string, (journalPath: string) => Promise<void>>> = {
    'a torn last line': async (path) => appendFile(path, '{"type":"file-completed","name":"Pat'),
    'a tail of zeros': async (path) => appendFile(path, Buffer.alloc(4096)),
    'a torn line, then zeros': async (path) =>
      appendFile(path, Buffer.concat([Buffer.from('{"ty'), Buffer.alloc(512)])),
    'a last line that stands there twice': async (path) => appendFile(path, `${await lastLine(path)}\n`),
    'an empty lock': async (path) => writeFile(join(path, '../lock'), 'null'),
  }
  test.each(Object.keys(rows))('the journal has %s', async (name) => {
    const at = await stopped()
    await rows[name]?.(journalOf(at.out))
    if (name === 'an empty lock') {
      // Nobody knows whose it is: it counts for two minutes.
      expect((await at.export()).code).toBe(11)
      await utimes(join(at.out, '.bulkx/lock'), 0, 0)
    }
    await expectNothingLost(at, await reference(), name)
    const { code, err } = await at.export()
    expect(code, err).toBe(0)
    await expectAll(at, await reference(), name)
  })

  const partRows: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'shorter than it was': (path) => truncate(path, 10),
    'longer than it was': (path) => appendFile(path, 'x'.repeat(100_000)),
    'full of zeros': async (path) => writeFile(path, Buffer.alloc((await readFile(path)).length)),
    empty: (path) => truncate(path, 0),
  }
  test.each(Object.keys(partRows))('a part is %s', async (name) => {
    const at = await stopped()
    const parts = join(at.out, '.bulkx/parts')
    const left = (await readdir(parts)).filter((one) => one.endsWith('.part'))
    expect(left.length).toBeGreaterThan(0)
    for (const part of left) await partRows[name]?.(join(parts, part))
    const { code, err } = await at.export()
    expect(code, err).toBe(0)
    await expectAll(at, await reference(), name)
  })

  test.each(['', '{"vers', '\u0000\u0000\u0000', 'null'])(
    'the pointer of the job list is %j',
    async (text) => {
      const at = await stopped()
      const jobs = join(at.cwd, 'state/jobs')
      for (const name of await filesBelow(jobs)) await writeFile(join(jobs, name), text)
      expect((await at.run(['jobs'])).code).toBe(0)
      expect((await at.export()).code).toBe(0)
      await expectAll(at, await reference(), 'a pointer anew')
      expect((await at.run(['jobs'])).out).toContain('out')
    },
  )
})

describe('profiles', () => {
  const set = ['profile', 'set', 'one', '--server', 'https://ehr.example/fhir']
  test.each(['mkdir', 'writeFile', 'link'])('%s fails: 8, and nothing of it is left', async (kind) => {
    const at = station()
    const probe = station()
    using other = await failingDisk(probe.cwd)
    await probe.run(set)
    const call = other.calls.find((one) => one.kind === kind && one.path.startsWith('config'))
    if (!call) return
    using disk = await failingDisk(at.cwd)
    disk.fail({ ...call, code: 'ENOSPC' })
    const { code, err } = await at.run(set)
    if (kind !== 'link') expect([code, err]).toEqual([8, expect.stringMatching(/config.*\n?.*hint: /s)])
    disk.mend()
    expect((await at.run(set)).code).toBe(0)
  })
})
