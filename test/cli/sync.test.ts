/** `bulkx sync`: rounds of a data set, as somebody sees them who runs the command night after night. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lockPath } from '../../src/job/directory.js'
import { takeLock } from '../../src/job/lock.js'
import { fault, faults, personalities, personality, type RecordedRequest } from '../../src/mock/index.js'
import { type Ran, type Session, session } from './session.js'

const hour = 3_600_000
const types = ['Patient', 'Observation', 'Condition']

const argvOf = ({ server }: Session, ...more: string[]): string[] => [
  'sync',
  'Group/123',
  '--server',
  server,
  '--type',
  types.join(),
  '-o',
  'data',
  ...more,
]

/** Of patients alone: another question than that of `argvOf`. */
const patientsOf = ({ server }: Session): string[] => [
  ...['sync', 'Group/123', '--server', server],
  ...['--type', 'Patient', '-o', 'data'],
]

const syncOf = (talk: Session, ...more: string[]): Promise<Ran> => talk.run(argvOf(talk, ...more))

/** The same, stopped by Ctrl-C as soon as something was said. */
const stopAt = (talk: Session, words: RegExp, ...more: string[]): Promise<Ran> =>
  talk.run(argvOf(talk, ...more), { watch: (io, text) => void (words.test(text) && io.interrupt()) })

const kickOffs = ({ mock }: Session): RecordedRequest[] =>
  mock.requests.filter(({ phase }) => phase === 'kick-off')

/** `_since` of each kick-off by GET, as sent. */
const asked = (talk: Session): (string | null)[] =>
  kickOffs(talk)
    .filter(({ method }) => method === 'GET')
    .map(({ url }) => new URL(url, 'http://mock').searchParams.get('_since'))

const pathIn = ({ cwd }: Session, ...names: string[]): string => join(cwd, 'data', ...names)

const description = (talk: Session) => JSON.parse(readFileSync(pathIn(talk, 'dataset.json'), 'utf8'))

const exportsIn = (talk: Session): string[] => readdirSync(pathIn(talk, 'exports')).sort()

/** What readers see, as sets of lines by type. */
const snapshot = (talk: Session): Record<string, string[]> => {
  const folder = realpathSync(pathIn(talk, 'current'))
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name.replace('.ndjson', ''),
        readFileSync(join(folder, name), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .sort(),
      ]),
  )
}

/** What the mock says must be there. */
const truth = async (talk: Session, options: object = {}): Promise<Record<string, string[]>> => {
  const all = await talk.mock.truth(description(talk).transactionTime, 'Group/123', { types, ...options })
  return Object.fromEntries(
    [...all]
      .filter(([, lines]) => lines.size > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, lines]) => [type, [...lines].sort()]),
  )
}

/** A day goes by, and something happens. */
const nextDay = async (talk: Session): Promise<void> => {
  await talk.mock.evolve()
  talk.clock.advance(24 * hour)
}

const changing = (options: Parameters<typeof session>[0] = {}): Promise<Session> =>
  session({ evolve: 'when-told', data: { patients: 20 }, ...options })

describe('rounds', () => {
  test.each(['keep', 'remove'] as const)('night after night, with --departed %s', async (departed) => {
    const talk = await changing()
    for (let night = 1; night <= 12; night += 1) {
      const ran = await syncOf(talk, '--departed', departed)
      expect([ran.code, ran.err], `night ${night}`).toEqual([0, expect.stringMatching(/^sync: /)])
      expect(ran.out).toBe(`${pathIn(talk)}\n`)
      expect(snapshot(talk), `night ${night}`).toEqual(await truth(talk, { departed }))
      await nextDay(talk)
    }
    expect(readdirSync(pathIn(talk, '.bulkx')).sort()).toEqual(['members.json'])
  })

  test('the first one exports everything, the next ones what has changed', async () => {
    const talk = await session()
    const first = await syncOf(talk)
    expect([first.code, first.out]).toEqual([0, `${pathIn(talk)}\n`])
    expect(first.err).toMatch(
      /^sync: Group\/123 from http:\S+ into \.\/data, a new data set\nround 1: everything\n/,
    )
    const { transactionTime } = description(talk)
    talk.clock.advance(24 * hour)
    const second = await syncOf(talk)
    expect(second.err).toMatch(
      `into ./data, which is of ${transactionTime}\nround 2: changes since ${transactionTime}\n`,
    )
    expect(second.err).toMatch(
      /\nmerged: 0 added, 0 replaced, 0 deleted, \d+ unchanged\nsync: \.\/data\/current is /,
    )
    expect(asked(talk)).toEqual([null, transactionTime])
    expect(readlinkSync(pathIn(talk, 'current'))).toBe('snapshots/002')
    expect(existsSync(pathIn(talk, 'exports/002/manifest.json'))).toBe(true)
  })

  test('--full begins a new base, and finds what is gone by the difference', async () => {
    const talk = await changing()
    await syncOf(talk)
    await nextDay(talk)
    const ran = await syncOf(talk, '--full', '--json')
    expect(ran.code).toBe(0)
    expect(asked(talk)).toEqual([null, null])
    expect(snapshot(talk)).toEqual(await truth(talk, { departed: 'remove' }))
    expect(ran.result).toMatchObject({ rounds: [{ generation: 2, full: true }] })
  })

  test('--keep drops old exports', async () => {
    const talk = await session()
    for (let night = 1; night <= 4; night += 1) {
      await syncOf(talk, '--keep', '2')
      talk.clock.advance(24 * hour)
    }
    expect(exportsIn(talk)).toEqual(['003', '004'])
  })

  test('exports that are stored compressed give the same snapshot', async () => {
    const talk = await changing()
    for (let night = 1; night <= 3; night += 1) {
      expect((await syncOf(talk, '--gzip')).code).toBe(0)
      expect(snapshot(talk)).toEqual(await truth(talk))
      await nextDay(talk)
    }
    expect(existsSync(pathIn(talk, 'exports/001/Patient.0001.ndjson.gz'))).toBe(true)
  })

  test('a profile may say how a data set is kept', async () => {
    const talk = await session()
    const argv = ['profile', 'set', 'clinic', '--server', talk.server, '--type', 'Patient', '--keep', '1']
    expect((await talk.run(argv)).code).toBe(0)
    for (let night = 1; night <= 2; night += 1) {
      const ran = await talk.run(['sync', 'Group/123', '--profile', 'clinic', '-o', 'data'])
      expect([ran.code, ran.err]).toEqual([
        0,
        expect.stringMatching(/^sync: .* \(profile clinic: --type Patient/),
      ])
      talk.clock.advance(24 * hour)
    }
    expect(exportsIn(talk)).toEqual(['002'])
  })

  test('against mock:, too', async () => {
    const talk = await session()
    const argv = ['sync', 'Group/123', '--server', 'mock:', '--type', 'Patient', '-o', 'data']
    expect((await talk.run(argv)).code).toBe(0)
    talk.clock.advance(24 * hour)
    expect((await talk.run(argv)).code).toBe(0)
    expect(description(talk).generation).toBe(2)
  })
})

describe('what is said', () => {
  test('--quiet: one line on stderr, the directory on stdout', async () => {
    const talk = await session()
    const { code, out, err } = await syncOf(talk, '--quiet')
    expect([code, out]).toEqual([0, `${pathIn(talk)}\n`])
    expect(err).toMatch(
      /^sync: \.\/data\/current is generation 1, of 2026-01-01T00:00:00.000Z, \d+ resources: \d+ added, 0 replaced, 0 deleted\n$/,
    )
  })

  test('--json: facts with the number of their export, then the result', async () => {
    const talk = await changing()
    await syncOf(talk)
    await nextDay(talk)
    await nextDay(talk)
    const { lines, result, out } = await syncOf(talk, '--json')
    expect(out).not.toMatch(/^\//m)
    const facts = lines.slice(0, -1)
    expect(facts.length).toBeGreaterThan(5)
    for (const fact of facts)
      expect(fact).toMatchObject({ export: expect.any(Number), at: expect.any(String) })
    expect(result).toMatchObject({
      type: 'result',
      command: 'sync',
      phase: 'complete',
      exitCode: 0,
      directory: pathIn(talk),
      generation: description(talk).generation,
      transactionTime: description(talk).transactionTime,
      snapshot: description(talk).snapshot,
      counts: { added: expect.any(Number), replaced: expect.any(Number), deleted: expect.any(Number) },
      members: { new: expect.any(Number), departed: expect.any(Number), missing: 0 },
      exports: expect.arrayContaining([
        expect.objectContaining({ export: 2, role: 'delta', phase: 'complete' }),
      ]),
    })
  })

  test('--dry-run and --print-config show the next round, and touch nothing', async () => {
    const talk = await session()
    const before = await syncOf(talk, '--dry-run')
    expect([before.code, before.out]).toEqual([0, expect.not.stringMatching(/_since/)])
    expect(existsSync(pathIn(talk))).toBe(false)
    await syncOf(talk)
    const { transactionTime } = description(talk)
    const requests = talk.mock.requests.length
    expect((await syncOf(talk, '--dry-run')).out).toMatch(`_since=${transactionTime}`)
    expect((await syncOf(talk, '--dry-run', '--full')).out).not.toMatch('_since')
    expect((await syncOf(talk, '--print-config')).out).toMatch(/^departed +keep +default$/m)
    expect(talk.mock.requests).toHaveLength(requests)
  })
})

describe('a round that does not end', () => {
  test('stopped while it waits: the same command only completes it', async () => {
    const talk = await changing()
    const stopped = await stopAt(talk, /in progress/)
    expect([stopped.code, stopped.err]).toEqual([
      130,
      expect.stringMatching(
        /hint: the data set stays as it is; the same sync command goes on with .\/data\/exports\/001/,
      ),
    ])
    expect(existsSync(pathIn(talk, 'dataset.json'))).toBe(false)
    const ran = await syncOf(talk)
    expect([ran.code, kickOffs(talk).length]).toEqual([0, 1])
    expect(ran.err).toMatch(/an earlier run has left a round unfinished: it is completed first/)
    expect(snapshot(talk)).toEqual(await truth(talk))
  })

  test('left for longer than an hour: another round follows in the same run', async () => {
    const talk = await changing()
    await stopAt(talk, /in progress/)
    await nextDay(talk)
    const ran = await syncOf(talk)
    expect(ran.code).toBe(0)
    expect(asked(talk)).toEqual([null, expect.stringMatching(/^2026-01-01T00:00:00.00/)])
    expect(snapshot(talk)).toEqual(await truth(talk))
    expect(description(talk).rounds).toHaveLength(2)
  })

  test('--full after it: completed first, then everything', async () => {
    const talk = await changing()
    await syncOf(talk)
    await nextDay(talk)
    await stopAt(talk, /in progress/)
    const ran = await syncOf(talk, '--full', '--json')
    expect(ran.code).toBe(0)
    expect(ran.result).toMatchObject({ rounds: [{ full: false }, { full: true }] })
    expect(snapshot(talk)).toEqual(await truth(talk, { departed: 'remove' }))
  })

  test('--full stopped: the same command only completes it', async () => {
    const talk = await session()
    await syncOf(talk)
    await stopAt(talk, /in progress/, '--full')
    const ran = await syncOf(talk, '--full', '--json')
    expect(ran.result).toMatchObject({ exitCode: 0, rounds: [{ generation: 2, full: true }] })
    expect(kickOffs(talk)).toHaveLength(2)
  })

  test('--again gives it up, and says how to stop its job', async () => {
    const talk = await session()
    await stopAt(talk, /in progress/)
    const ran = await syncOf(talk, '--again')
    expect([ran.code, kickOffs(talk).length]).toEqual([0, 2])
    expect(ran.err).toMatch(
      /its job goes on at the server; stop it with `bulkx cancel .\/data\/exports\/001.1`/,
    )
    expect(ran.err).toMatch(/^its data stay there until somebody removes them, or --keep drops them/m)
    expect(exportsIn(talk)).toEqual(['001', '001.1'])
    expect((await talk.run(['cancel', 'data/exports/001.1'])).code).toBe(0)
  })

  test('refused: nothing stands in the way, and no number is used up', async () => {
    const talk = await session({
      faults: [faults.answer({ on: 'kick-off', status: 400, body: 'no', times: 2 })],
    })
    for (let run = 1; run <= 2; run += 1) {
      const refused = await syncOf(talk, '--json')
      expect(refused.result).toMatchObject({ exitCode: 4, phase: 'new', generation: 0 })
    }
    // What was wrong with it may be corrected.
    const ran = await talk.run(patientsOf(talk))
    expect([ran.code, exportsIn(talk)]).toEqual([0, ['001']])
    expect((await talk.run(['jobs', '--json'])).result.jobs).toHaveLength(1)
  })

  test('failed at the server: 5, and the next run begins it anew', async () => {
    const talk = await session({ faults: [faults.failJob({ times: 4 })] })
    const failed = await syncOf(talk)
    expect([failed.code, failed.err]).toEqual([
      5,
      expect.stringMatching(/the same sync command begins the round anew/),
    ])
    const ran = await syncOf(talk)
    expect(ran.code).toBe(0)
    expect(ran.err).toMatch(/.\/data\/exports\/001 came to nothing: it is begun anew/)
    expect([description(talk).generation, exportsIn(talk)]).toEqual([1, ['001', '001.1']])
  })

  test('a mock that ended with its process is begun anew', async () => {
    const talk = await session()
    const argv = ['sync', 'Patient', '--server', 'mock:', '--type', 'Patient', '-o', 'data']
    const stopped = await talk.run(argv, {
      watch: (io, text) => void (/in progress/.test(text) && io.interrupt()),
    })
    expect(stopped.code).toBe(130)
    expect((await talk.run(argv)).code).toBe(0)
  })

  test('an incomplete export moves nothing; the same command completes it, and the snapshot follows', async () => {
    let broken = false
    const missing = fault('missing', { on: 'file', times: Number.POSITIVE_INFINITY }, async (call, next) =>
      broken && call.file?.number === 1 ? new Response('no', { status: 404 }) : next(call),
    )
    const talk = await changing({ faults: [missing] })
    await syncOf(talk)
    const before = [description(talk), snapshot(talk)]
    await nextDay(talk)
    broken = true
    for (let run = 1; run <= 2; run += 1) {
      const ran = await syncOf(talk)
      expect([ran.code, ran.err]).toEqual([
        7,
        expect.stringMatching(/and the same sync command goes on; --again/),
      ])
      expect([description(talk), snapshot(talk)]).toEqual(before)
    }
    broken = false
    expect((await syncOf(talk)).code).toBe(0)
    expect(asked(talk)).toHaveLength(2)
    expect(snapshot(talk)).toEqual(await truth(talk))
  })

  test('findings: 10 until they are accepted', async () => {
    const talk = await session({ faults: [faults.badLines({})] })
    for (let run = 1; run <= 2; run += 1) {
      const ran = await syncOf(talk)
      expect(ran.code).toBe(10)
      expect(ran.err).toMatch(
        /accept them with `bulkx resume .\/data\/exports\/001 --fail-on never`, then the same sync command merges them/,
      )
      expect(existsSync(pathIn(talk, 'dataset.json'))).toBe(false)
    }
    expect(kickOffs(talk)).toHaveLength(1)
    expect((await talk.run(['resume', 'data/exports/001', '--fail-on', 'never'])).code).toBe(0)
    const ran = await syncOf(talk)
    expect([ran.code, kickOffs(talk).length, description(talk).generation]).toEqual([0, 1, 1])
    expect(ran.err).toMatch(/warning: 3 lines without a type and an id left out of the snapshot/)
  })

  test('findings: --fail-on never merges them at once', async () => {
    const talk = await session({ faults: [faults.badLines({})] })
    expect((await syncOf(talk, '--fail-on', 'never')).code).toBe(0)
  })

  test('undecided: a person decides', async () => {
    const talk = await session({ faults: [faults.loseKickOffAnswer({ times: 1 })] })
    const lost = await syncOf(talk)
    expect([lost.code, lost.err]).toEqual([
      4,
      expect.stringMatching(
        /`bulkx resume <status-url> --out .\/data\/exports\/001`, then the same sync command; --again/,
      ),
    ])
    expect((await syncOf(talk)).code).toBe(4)
    expect(kickOffs(talk)).toHaveLength(1)
    expect((await syncOf(talk, '--again')).code).toBe(0)
  })
})

describe('killed', () => {
  /** A night that ends, and the plan that it had while it was under way. */
  const withPlan = async (talk: Session): Promise<string> => {
    let plan = ''
    await talk.run(argvOf(talk), {
      watch: (_io, text) => {
        if (/^round/.test(text)) plan = readFileSync(pathIn(talk, '.bulkx/round.json'), 'utf8')
      },
    })
    return plan
  }

  test('between the exports and the merge: nothing is asked again', async () => {
    const talk = await changing()
    await syncOf(talk)
    const [before, current] = [
      readFileSync(pathIn(talk, 'dataset.json')),
      realpathSync(pathIn(talk, 'current')),
    ]
    const members = readFileSync(pathIn(talk, '.bulkx/members.json'))
    await nextDay(talk)
    const plan = await withPlan(talk)
    const wanted = snapshot(talk)
    // All that comes after the exports is undone.
    writeFileSync(pathIn(talk, '.bulkx/round.json'), plan)
    writeFileSync(pathIn(talk, '.bulkx/members.json'), members)
    writeFileSync(pathIn(talk, 'dataset.json'), before)
    rmSync(pathIn(talk, 'current'))
    symlinkSync(`snapshots/${basename(current)}`, pathIn(talk, 'current'))
    const requests = talk.mock.requests.length
    const ran = await syncOf(talk)
    expect([ran.code, talk.mock.requests.length]).toEqual([0, requests])
    expect(snapshot(talk)).toEqual(wanted)
    expect(snapshot(talk)).toEqual(await truth(talk))
  })

  test('between the commit and the end, and --again: there is nothing to give up, and a new round follows', async () => {
    const talk = await changing()
    await syncOf(talk)
    await nextDay(talk)
    const plan = await withPlan(talk)
    const { generation } = description(talk)
    writeFileSync(pathIn(talk, '.bulkx/round.json'), plan)
    const ran = await syncOf(talk, '--again')
    expect(ran.code).toBe(0)
    expect(ran.err).toMatch(/^round \d+ was committed already, and is not given up: a new one follows$/m)
    expect(description(talk).generation).toBeGreaterThan(generation)
  })

  test('between the commit and the end: the round is closed, nothing is merged twice', async () => {
    const talk = await changing()
    await syncOf(talk)
    const members = readFileSync(pathIn(talk, '.bulkx/members.json'))
    await nextDay(talk)
    const plan = await withPlan(talk)
    const after = readFileSync(pathIn(talk, '.bulkx/members.json'))
    const wanted = description(talk)
    writeFileSync(pathIn(talk, '.bulkx/round.json'), plan)
    writeFileSync(pathIn(talk, '.bulkx/members.json'), members)
    const requests = talk.mock.requests.length
    const ran = await syncOf(talk)
    expect([ran.code, talk.mock.requests.length]).toEqual([0, requests])
    expect(ran.err).toMatch(/^sync: \.\/data\/current is generation \d, of \S+, \d+ resources$/m)
    expect(description(talk)).toEqual(wanted)
    expect(readFileSync(pathIn(talk, '.bulkx/members.json'))).toEqual(after)
    expect(existsSync(pathIn(talk, '.bulkx/round.json'))).toBe(false)
  })

  test.each([
    ['before its folder is made', (talk: Session) => rmSync(pathIn(talk, 'exports'), { recursive: true })],
    [
      'when its folder is empty',
      (talk: Session) => {
        rmSync(pathIn(talk, 'exports/001'), { recursive: true })
        mkdirSync(pathIn(talk, 'exports/001/.bulkx'), { recursive: true })
      },
    ],
  ])('%s: the export is begun with the same number', async (_name, undo) => {
    const talk = await changing()
    await stopAt(talk, /kick-off: GET/)
    undo(talk)
    const ran = await syncOf(talk)
    expect([ran.code, exportsIn(talk)]).toEqual([0, ['001']])
  })

  test('a plan that cannot be read is no reason to lose the snapshot', async () => {
    const talk = await changing()
    await syncOf(talk)
    writeFileSync(pathIn(talk, '.bulkx/round.json'), '{"version":1,"exports":[{"number":7,"role":"delta"},')
    const ran = await syncOf(talk)
    expect([ran.code, ran.err]).toEqual([
      2,
      expect.stringMatching(/round.json is not the plan of a round\nhint: .*--again/),
    ])
    expect((await syncOf(talk, '--again')).code).toBe(0)
  })
})

describe('questions and places', () => {
  test('another question needs a data set of its own', async () => {
    const talk = await session()
    await syncOf(talk)
    const ran = await talk.run([...patientsOf(talk), '--json'])
    expect(ran.result).toMatchObject({ exitCode: 2, code: 'BULKX_OTHER_JOB' })
    expect(ran.err).toMatch(
      /there Group\/123 from \S+ --type Condition,Observation,Patient, asked Group\/123 from/,
    )
    expect(ran.err).toMatch(/choose another directory with --out/)
    expect(ran.err).toMatch(
      /hint: `--type Condition,Observation,Patient` goes on with the types that were chosen at its beginning; a new/,
    )
  })

  test('the order of types, and how they are written, asks nothing else', async () => {
    const talk = await session()
    await syncOf(talk)
    talk.clock.advance(24 * hour)
    const ran = await syncOf(talk, '--type', 'Patient', '--list-style', 'repeat', '--lenient')
    expect(ran.code).toBe(0)
  })

  test('a round under way is of one question, too', async () => {
    const talk = await session()
    await stopAt(talk, /in progress/)
    const argv = patientsOf(talk)
    const other = await talk.run(argv)
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringMatching(/give up the round that is under way with --again/),
    ])
    expect((await talk.run([...argv, '--again'])).code).toBe(0)
  })

  test.each([
    ['export', ['export', 'Group/123']],
    ['kickoff', ['kickoff', 'Group/123']],
    ['export --again', ['export', 'Group/123', '--again']],
  ])('%s into a data set is refused', async (_name, argv) => {
    const talk = await session()
    await syncOf(talk)
    const ran = await talk.run([...argv, '--server', talk.server, '-o', 'data'])
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/is a data set.*\nhint: .*`bulkx sync …/)])
  })

  test('resume <status-url> into a data set is refused', async () => {
    const talk = await session()
    await syncOf(talk)
    const ran = await talk.run(['resume', `${talk.server}/bulkstatus/77`, '-o', 'data'])
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/is a data set/)])
  })

  test('sync into the directory of an export, or of somebody else, is refused', async () => {
    const talk = await session()
    await talk.run(['export', 'Group/123', '--server', talk.server, '--type', 'Patient', '-o', 'data'])
    const ran = await syncOf(talk)
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/holds an export, not a data set/)])
  })

  test('status, resume and cancel mean its newest export, and say so', async () => {
    const talk = await session()
    await stopAt(talk, /in progress/)
    const words = /.\/data is a data set: its newest export is .\/data\/exports\/001/
    const status = await talk.run(['status', 'data'])
    expect([status.code, status.err]).toEqual([9, expect.stringMatching(words)])
    const resumed = await talk.run(['resume', 'data'])
    expect([resumed.code, resumed.err]).toEqual([0, expect.stringMatching(words)])
    expect(resumed.err).toMatch(/the same sync command merges it/)
    expect((await syncOf(talk)).code).toBe(0)
    const cancelled = await talk.run(['cancel', 'data'])
    expect([cancelled.code, cancelled.err]).toEqual([0, expect.stringMatching(words)])
  })

  test.each([
    [['--since', '2026-01-01'], /Unknown option --since/, /keeps its own time: leave it out/],
    [['--param', '_since=2026-01-01'], /keeps its own time: _since/, /--full/],
    [['--keep', '0'], /--keep "0" is not a whole number/, /--keep 30/],
    [['--departed', 'forget'], /is not one of keep, remove/, /--departed keep/],
  ])('%j is wrong usage', async (more, message, hint) => {
    const talk = await session()
    const ran = await syncOf(talk, ...more)
    expect(ran.code).toBe(2)
    expect(ran.err).toMatch(message)
    expect(ran.err).toMatch(hint)
  })
})

describe('the lock', () => {
  const locked = async (talk: Session) =>
    takeLock(lockPath(pathIn(talk)), {
      directory: pathIn(talk),
      self: { pid: 4711, host: 'build-7 boot pid', isAlive: () => true },
      clock: talk.clock,
    })

  test('a second run ends 11 at once, names the first, and touches nothing', async () => {
    const talk = await session()
    await syncOf(talk)
    const lock = await locked(talk)
    const requests = talk.mock.requests.length
    const ran = await syncOf(talk)
    expect([ran.code, ran.out]).toEqual([11, ''])
    expect(ran.err).toMatch(
      /^error: Another process works in .\/data: process 4711 on build-7, since 2026-01-01T\S+Z\nhint: .*--wait-for-lock/,
    )
    expect(talk.mock.requests).toHaveLength(requests)
    await lock.release()
  })

  test('--wait-for-lock waits for its end', async () => {
    const talk = await session()
    await syncOf(talk)
    const lock = await locked(talk)
    const end = talk.clock.now() + 60_000
    talk.clock.every(60_000, () => void lock.release())
    const ran = await syncOf(talk, '--wait-for-lock', '10m')
    expect(ran.code).toBe(0)
    expect(ran.err).toMatch(/process 4711 on build-7, since \S+; waiting for it up to 10 min\n/)
    expect(talk.clock.now()).toBeGreaterThan(end)
  })

  test('--wait-for-lock 0s does not wait', async () => {
    const talk = await session()
    await syncOf(talk)
    const lock = await locked(talk)
    const before = talk.clock.now()
    expect((await syncOf(talk, '--wait-for-lock', '0s')).code).toBe(11)
    expect(talk.clock.now()).toBe(before)
    await lock.release()
    expect((await syncOf(talk, '--wait-for-lock', '0s')).code).toBe(0)
  })

  test('--wait-for-lock in vain ends 11', async () => {
    const talk = await session()
    await syncOf(talk)
    const lock = await locked(talk)
    const before = talk.clock.now()
    const ran = await syncOf(talk, '--wait-for-lock', '30s')
    expect([ran.code, ran.err]).toEqual([11, expect.stringMatching(/also after 30 s/)])
    expect(talk.clock.now() - before).toBe(30_000)
    await lock.release()
  })
})

describe('members of the group', () => {
  /** Nights until somebody has come. */
  const untilNew = async (talk: Session, ...more: string[]): Promise<Ran> => {
    await syncOf(talk)
    for (let night = 1; night <= 20; night += 1) {
      await nextDay(talk)
      const ran = await syncOf(talk, ...more)
      if (/new in Group\/123/.test(ran.err)) return ran
    }
    throw new Error('nobody comes')
  }

  const posted = (talk: Session): RecordedRequest[] =>
    kickOffs(talk).filter(({ method }) => method === 'POST')

  test('newcomers: their whole history is exported by the group', async () => {
    const talk = await changing()
    const ran = await untilNew(talk)
    expect([ran.code, ran.err]).toEqual([
      0,
      expect.stringMatching(/1 patient new in Group\/123, whose whole history is exported: [\w-]+\n/),
    ])
    const [request] = posted(talk)
    expect(request?.url).toMatch(/Group\/123\/\$export$/)
    const body = JSON.parse(request?.body ?? '')
    expect(body.parameter).toContainEqual({
      name: 'patient',
      valueReference: { reference: expect.stringMatching(/^Patient\//) },
    })
    expect(JSON.stringify(body)).not.toMatch('_since')
    expect(snapshot(talk)).toEqual(await truth(talk))
  })

  test('where the group takes no list, all patients do', async () => {
    const talk = await changing({ personality: personality({ kickOff: { methodsAt: { group: ['get'] } } }) })
    const ran = await untilNew(talk)
    expect(ran.code).toBe(0)
    expect(ran.err).toMatch(/no list of patients is taken for Group\/123: The server refused the kick-off/)
    expect(posted(talk).map(({ url }) => url)).toEqual([
      expect.stringMatching(/Group/),
      expect.stringMatching(/Patient\/\$export$/),
    ])
    expect(snapshot(talk)).toEqual(await truth(talk))
  })

  test('where neither does, the round is committed, and they are missed until --full', async () => {
    const talk = await changing({
      personality: personality({ kickOff: { methods: ['get'] } }),
    })
    const ran = await untilNew(talk)
    const { generation } = description(talk)
    expect(ran.code).toBe(10)
    expect(ran.err).toMatch(
      /error: The snapshot is up to date, but lacks the history of 1 patient new in Group\/123, [\w-]+: The server refused/,
    )
    expect(ran.err).toMatch(/hint: the next run tries again; `--full` exports everybody/)
    expect(exportsIn(talk).at(-1)).toBe(String(generation).padStart(3, '0'))

    await talk.clock.advance(24 * hour)
    const again = await syncOf(talk, '--json')
    expect(again.result).toMatchObject({ exitCode: 10, generation: generation + 1, members: { missing: 1 } })
    talk.clock.advance(24 * hour)
    const accepted = await syncOf(talk, '--fail-on', 'never')
    expect([accepted.code, accepted.err]).toEqual([
      0,
      expect.stringMatching(/warning: The snapshot is up to date, but lacks/),
    ])
    expect((await syncOf(talk, '--full')).code).toBe(0)
    talk.clock.advance(24 * hour)
    const after = await syncOf(talk)
    expect([after.code, after.err]).toEqual([0, expect.not.stringMatching(/new in/)])
  })

  test('an interrupted export of newcomers is gone on with', async () => {
    const talk = await changing()
    let ran: Ran | undefined
    await syncOf(talk)
    for (let night = 1; night <= 20 && ran?.code !== 130; night += 1) {
      await nextDay(talk)
      ran = await stopAt(talk, /kick-off: POST/)
    }
    expect(ran?.code).toBe(130)
    const posts = posted(talk).length
    expect((await syncOf(talk)).code).toBe(0)
    expect(posted(talk)).toHaveLength(posts)
    expect(snapshot(talk)).toEqual(await truth(talk))
  })

  test('departed: named, and kept or removed, also those who were kept before', async () => {
    const talk = await changing()
    await syncOf(talk)
    let said = ''
    for (let night = 1; night <= 20 && said === ''; night += 1) {
      await nextDay(talk)
      said = /.*no longer in Group.*/.exec((await syncOf(talk)).err)?.[0] ?? ''
    }
    expect(said).toMatch(
      /^\d patients? no longer in Group\/123, still in the snapshot \(--departed remove takes them out\): [\w-]+/,
    )
    expect(snapshot(talk)).toEqual(await truth(talk))
    talk.clock.advance(24 * hour)
    expect((await syncOf(talk, '--departed', 'remove')).code).toBe(0)
    expect(snapshot(talk)).toEqual(await truth(talk, { departed: 'remove' }))
  })

  test('a group that cannot be read is said once, and the round goes on', async () => {
    const talk = await changing({ personality: personality({ refusals: { groupRead: 403 } }) })
    const ran = await syncOf(talk)
    expect(ran.code).toBe(0)
    expect(ran.err).toMatch(
      /^the members of Group\/123 cannot be read, HTTP 403: .*: until they can be read, patients who join after this export may lack their history; `--full` brings it$/m,
    )
  })

  test('where they are known, the next round that can read them looks again', async () => {
    let away = false
    const busy = fault('busy', { times: Number.POSITIVE_INFINITY }, async (call, next) =>
      away && /Group\/123$/.test(call.request.url) ? new Response('', { status: 503 }) : next(call),
    )
    const talk = await changing({ faults: [busy] })
    await syncOf(talk)
    const asked = () => talk.mock.requests.filter(({ url }) => /Group\/123$/.test(url)).length
    const before = asked()
    away = true
    for (let night = 1; night <= 5; night += 1) await nextDay(talk)
    const ran = await syncOf(talk)
    expect([ran.code, asked() - before]).toEqual([0, 3])
    expect(ran.err).toMatch(/Group\/123 cannot be read, HTTP 503: the next round looks again/)
    away = false
    await nextDay(talk)
    expect((await syncOf(talk)).code).toBe(0)
    expect(snapshot(talk)).toEqual(await truth(talk))
  })

  test('members that are seen for the first time later may lack their history', async () => {
    let refused = true
    const unread = fault('unread', { times: Number.POSITIVE_INFINITY }, async (call, next) =>
      refused && /Group\/123$/.test(call.request.url) ? new Response('no', { status: 403 }) : next(call),
    )
    const talk = await changing({ faults: [unread] })
    await syncOf(talk)
    refused = false
    talk.clock.advance(24 * hour)
    const ran = await syncOf(talk)
    expect([ran.code, ran.err]).toEqual([
      0,
      expect.stringMatching(/warning: who was in Group\/123 before is not known/),
    ])
  })

  test.each([
    ['all', false],
    ['runout', true],
  ] as const)('bcda, Group/%s: asked who is in it: %s', async (group, isAsked) => {
    const talk = await changing({ personality: personalities.bcda })
    const argv = ['sync', `Group/${group}`, '--server', talk.server, '--type', 'Patient', '-o', 'data']
    const ran = await talk.run([...argv, '--preset', 'bcda', '--auth', 'none'])
    expect(ran.code).toBe(0)
    expect(talk.mock.requests.some(({ url }) => url.endsWith(`Group/${group}`))).toBe(isAsked)
    expect(/may lack their history; `--full` brings it/.test(ran.err)).toBe(isAsked)
  })

  test('other targets have none', async () => {
    const talk = await changing()
    const argv = ['sync', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'data']
    expect((await talk.run(argv)).code).toBe(0)
    expect(existsSync(pathIn(talk, '.bulkx/members.json'))).toBe(false)
  })
})

describe('presets', () => {
  test('without a true _since every round is full, and a warning says so', async () => {
    const talk = await changing()
    for (let night = 1; night <= 2; night += 1) {
      const ran = await syncOf(talk, '--preset', 'hapi')
      expect(ran.code).toBe(0)
      if (night === 2)
        expect(ran.err).toMatch(
          /warning: preset hapi: with --since it misses .*, so everything is exported in each round/,
        )
      await nextDay(talk)
    }
    expect(asked(talk)).toEqual([null, null])
  })

  test('where nothing said is not everything, the base asks for everything', async () => {
    const talk = await session()
    const argv = ['sync', 'Group/123', '--server', 'mock:greenway', '--preset', 'greenway', '-o', 'data']
    const ran = await talk.run([...argv, '--auth', 'none'])
    expect([ran.code, ran.err]).toEqual([
      0,
      expect.stringMatching(/round 1: everything \(since 1900-01-01\)/),
    ])
  })
})
