/** One directory, several processes; many directories, one job list; and directories that cannot be used. */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { type ChildOptions, type Ended, run, start } from './child.js'
import { filesBelow, journalOf, newPlace, objectsOf, type Place } from './place.js'
import { largeFile, mixedData, type Served, serve, untilTold } from './server.js'

const data = mixedData(20)

const command = (out: string, { fhirUrl }: Served, ...more: string[]): string[] => [
  ...['export', 'Patient', '--server', fhirUrl, '--out', out, '--poll-min', '50ms', ...more],
]

const resultOf = (stdout: string): Record<string, unknown> | undefined => objectsOf(stdout).at(-1)

describe.concurrent('two processes', () => {
  test('the second one in a directory ends 11 and touches nothing', async () => {
    await using place = await newPlace()
    // The first one sleeps for so long that nothing it does itself changes anything.
    await using server = await serve({ data, jobMs: untilTold, retryAfter: '3600' })
    const first = start(place, command(place.out, server))
    await first.saying(/in progress/)
    const before = { journal: await readFile(journalOf(place.out)), files: await filesBelow(place.out) }
    const requests = server.mock.requests.length
    const others = [
      command(place.out, server, '--json'),
      command(place.out, server, '--again', '--json'),
      ['resume', place.out, '--json'],
    ]
    for (const args of others) {
      const second = await run(place, args)
      expect([second.code, resultOf(second.stdout)], second.stderr).toEqual([
        11,
        expect.objectContaining({ exitCode: 11, code: 'BULKX_JOB_LOCKED' }),
      ])
    }
    expect(await readFile(journalOf(place.out))).toEqual(before.journal)
    expect(await filesBelow(place.out)).toEqual(before.files)
    expect(await filesBelow(place.root)).not.toContain('out.1/.bulkx/journal')
    expect(server.mock.requests).toHaveLength(requests)
    first.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
  })

  test("a dead holder's lock is taken over at once", async () => {
    await using place = await newPlace()
    await using server = await serve({ data, jobMs: untilTold })
    const first = start(place, command(place.out, server))
    await first.saying(/in progress/)
    first.kill('SIGKILL')
    await first.ended
    expect(await filesBelow(place.out)).toContain('.bulkx/lock')
    server.finishJobs()
    const second = await run(place, command(place.out, server))
    expect(second.code, second.stderr).toBe(0)
    expect(await filesBelow(place.out)).not.toContain('.bulkx/lock')
  })

  /** Starts four at once, and resolves when one of them works and the others have ended. */
  const race = async (place: Place, server: Served) => {
    const children = Array.from({ length: 4 }, () => start(place, command(place.out, server)))
    const losers: Ended[] = []
    for (const { ended } of children) void ended.then((end) => losers.push(end))
    await vi.waitUntil(() => losers.length === children.length - 1, { timeout: 100_000 })
    expect(losers.map(({ code, stdout }) => [code, stdout])).toEqual(losers.map(() => [11, '']))
    return children
  }

  test('of several that start at once, or find a dead holder, one works', async () => {
    await using place = await newPlace()
    await using server = await serve({ data, jobMs: untilTold, retryAfter: '3600' })
    const first = await race(place, server)
    await vi.waitUntil(() => server.asked('status').length === 1, { timeout: 100_000 })
    for (const child of first) child.kill('SIGKILL')
    await Promise.all(first.map(({ ended }) => ended))
    await race(place, server)
    expect(server.asked('kick-off')).toHaveLength(1)
  })
})

test('twenty at once, each in its own directory, are all in the job list', async () => {
  await using place = await newPlace()
  await using server = await serve({ data })
  const directories = Array.from({ length: 20 }, (_, index) => join(place.root, `out-${index + 10}`))
  const ends = await Promise.all(directories.map((out) => run(place, command(out, server, '--quiet'))))
  expect(ends.map(({ code }) => code)).toEqual(directories.map(() => 0))
  const listed = resultOf((await run(place, ['jobs', '--json'])).stdout)?.jobs as {
    directory: string
    phase: string
  }[]
  expect(listed.map(({ directory }) => directory).sort()).toEqual(directories)
  expect(new Set(listed.map(({ phase }) => phase))).toEqual(new Set(['complete']))
  expect((await filesBelow(place.state)).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

/** Everything below a directory, and itself, is its owner's alone; resolves to how many that are. */
const expectPrivate = async (directory: string): Promise<number> => {
  const below = await readdir(directory, { recursive: true })
  const wrong: string[] = []
  for (const path of [directory, ...below.map((name) => join(directory, name))]) {
    const info = await stat(path)
    const mode = (info.mode & 0o7777).toString(8)
    if (mode !== (info.isDirectory() ? '700' : '600')) wrong.push(`${mode} ${path}`)
  }
  expect(wrong).toEqual([])
  return below.length + 1
}

describe.concurrent('only the owner can read', () => {
  test('in the middle of a download and afterwards, whatever the umask says', async () => {
    await using place = await newPlace()
    await using server = await serve({
      data: largeFile(8_000, 1_000),
      faults: [faults.stall({ keepBytes: 2_000_000 })],
    })
    const open: ChildOptions = { umask: '000' }
    const child = start(place, command(place.out, server), open)
    const part = '.bulkx/parts/Binary.0001.ndjson.part'
    await vi.waitUntil(async () => (await filesBelow(place.out)).includes(part), { timeout: 100_000 })
    child.kill('SIGKILL')
    await child.ended
    expect(await filesBelow(place.out)).toContain('.bulkx/lock')
    expect(await expectPrivate(place.out)).toBeGreaterThan(6)
    const again = await run(place, command(place.out, server), open)
    expect(again.code, again.stderr).toBe(0)
    await expectPrivate(place.out)
    const anew = await run(place, command(place.out, server, '--again', '--gzip'), open)
    expect(anew.code, anew.stderr).toBe(0)
    await expectPrivate(place.out)
    await expectPrivate(`${place.out}.1`)
    expect(await expectPrivate(place.state)).toBe(4)
  })
})

const expectUnusable = async (place: Place, out: string, words: RegExp): Promise<void> => {
  await using server = await serve({ data })
  const ended = await run(place, command(out, server, '--json'))
  expect(ended.code, ended.stderr).toBe(8)
  expect(resultOf(ended.stdout)).toMatchObject({
    exitCode: 8,
    code: 'BULKX_STORAGE',
    message: expect.stringMatching(words),
    hint: expect.any(String),
  })
  expect(server.mock.requests).toEqual([])
}

const isRoot = process.getuid?.() === 0

describe.concurrent('a directory that cannot be used ends 8, before anything is sent', () => {
  test('below a file', async () => {
    await using place = await newPlace()
    await writeFile(join(place.root, 'file'), '')
    await expectUnusable(place, join(place.root, 'file/out'), /not a directory/)
  })

  test('a file itself', async () => {
    await using place = await newPlace()
    await writeFile(place.out, '')
    await expectUnusable(place, place.out, /not a directory/)
  })

  test.skipIf(isRoot)('without permission (skipped as root)', async () => {
    await using place = await newPlace()
    await mkdir(place.out)
    await chmod(place.out, 0o500)
    await expectUnusable(place, place.out, /permission denied/)
  })

  test('with a name that is too long', async () => {
    await using place = await newPlace()
    await expectUnusable(place, join(place.root, 'x'.repeat(300)), /name is too long/)
  })
})

describe.skipIf(process.platform !== 'linux')('below /proc, where the system makes nothing', () => {
  const nowhere = '/proc/nowhere/bulkx'

  test('an output directory ends 8', async () => {
    await using place = await newPlace()
    await expectUnusable(place, nowhere, /no such file or directory/)
  })

  test('a data set ends 8', async () => {
    await using place = await newPlace()
    await using server = await serve({ data })
    const ended = await run(place, ['sync', 'Patient', '--server', server.fhirUrl, '--out', nowhere])
    expect(ended.code, ended.stderr).toBe(8)
    expect(ended.stderr).toMatch(/no such file or directory\nhint: /)
    expect(server.mock.requests).toEqual([])
  })

  test('the job list is done without', async () => {
    await using place = await newPlace()
    await using server = await serve({ data })
    const ended = await run(place, command(place.out, server), { env: { BULKX_STATE_DIR: nowhere } })
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stderr).toMatch(/the job list cannot be written.*no such file or directory/)
  })
})

const mayMount = async (): Promise<boolean> => {
  await using place = await newPlace()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place.root]).status === 0
  if (mounted) spawnSync('umount', [place.root])
  return mounted
}

test.skipIf(!(await mayMount()))(
  'a full disk ends 8; with room, resume completes (skipped without mount)',
  async () => {
    await using place = await newPlace()
    await using server = await serve({ data: largeFile(8_000, 1_000) })
    await mkdir(place.out)
    const disk = ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place.out]
    expect(spawnSync('mount', disk).status).toBe(0)
    place.closing.push(async () => spawnSync('umount', ['-l', place.out]))
    const full = await run(place, command(place.out, server, '--json'))
    expect([full.code, resultOf(full.stdout)], full.stderr).toEqual([
      8,
      expect.objectContaining({ code: 'BULKX_DISK_FULL', hint: expect.stringContaining('bulkx resume') }),
    ])
    expect(await filesBelow(place.out)).not.toContain('Binary.0001.ndjson')
    expect(spawnSync('mount', ['-o', 'remount,size=40m', place.out]).status).toBe(0)
    const resumed = await run(place, ['resume', place.out])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect((await stat(join(place.out, 'Binary.0001.ndjson'))).size).toBe(8_000_000)
    spawnSync('umount', [place.out])
  },
)
