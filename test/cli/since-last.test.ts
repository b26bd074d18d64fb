/** `--since last`: which export counts, what is asked, and what is said. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { faults, personality } from '../../src/mock/index.js'
import { type Session, session } from './session.js'

const hour = 3_600_000

const argvOf = ({ server }: Session, out: string, ...more: string[]): string[] => [
  'export',
  'Patient',
  '--server',
  server,
  '--type',
  'Patient',
  '-o',
  out,
  ...more,
]

/** `_since` of the newest kick-off, as sent. */
const asked = ({ mock }: Session): string | undefined => {
  const kickOff = mock.requests.filter(({ phase }) => phase === 'kick-off').at(-1)
  return new URL(kickOff?.url ?? '', 'http://mock').searchParams.get('_since') ?? undefined
}

const timeOf = ({ cwd }: Session, out: string): string =>
  JSON.parse(readFileSync(join(cwd, out, 'manifest.json'), 'utf8')).transactionTime

describe('--since last', () => {
  test('without an earlier export is everything, and says so', async () => {
    const talk = await session()
    const ran = await talk.run(argvOf(talk, 'a', '--since', 'last', '--json'))
    expect(ran.code).toBe(0)
    expect(asked(talk)).toBeUndefined()
    expect(ran.err).toMatch(
      '--since last: no earlier export of this kind that ended well is known, so everything is exported',
    )
    expect(ran.result).toMatchObject({ since: null })
  })

  test('is the transactionTime of the newest one, as the server wrote it', async () => {
    const talk = await session()
    for (const out of ['a', 'b']) {
      await talk.run(argvOf(talk, out))
      talk.clock.advance(hour)
    }
    const ran = await talk.run(argvOf(talk, 'c', '--since', 'last', '--json'))
    expect(ran.code).toBe(0)
    expect(asked(talk)).toBe(timeOf(talk, 'b'))
    expect(ran.err).toMatch(`--since last: since ${timeOf(talk, 'b')}, the data of ./b`)
    expect(ran.result).toMatchObject({ since: timeOf(talk, 'b') })
    // The one that just ended is the last one from now on.
    await talk.run(argvOf(talk, 'd', '--since', 'last'))
    expect(asked(talk)).toBe(timeOf(talk, 'c'))
  })

  test('what a data set has had does not count: who exports beside it has not', async () => {
    const talk = await session()
    await talk.run(argvOf(talk, 'week1'))
    talk.clock.advance(hour)
    const [, ...same] = argvOf(talk, 'data')
    expect((await talk.run(['sync', ...same])).code).toBe(0)
    expect((await talk.run(argvOf(talk, 'week2', '--since', 'last'))).code).toBe(0)
    expect(asked(talk)).toBe(timeOf(talk, 'week1'))
  })

  test.each([
    ['another type', ['--type', 'Observation']],
    ['another filter', ['--type-filter', 'Patient?gender=female']],
    ['an end of its own', ['--until', '2026-01-01T00:00:00Z']],
    ['an end of its own, as a parameter', ['--param', '_until=2026-01-01T00:00:00Z']],
  ])('an export with %s does not count', async (_why, more) => {
    const talk = await session()
    expect((await talk.run([...argvOf(talk, 'a'), ...more])).code).toBe(0)
    const ran = await talk.run(argvOf(talk, 'b', '--since', 'last'))
    expect([ran.code, asked(talk)]).toEqual([0, undefined])
  })

  test('an export with --since, put in another way, does count', async () => {
    const talk = await session()
    await talk.run(
      argvOf(talk, 'a', '--since', '2025-01-01T00:00:00Z', '--list-style', 'repeat', '--lenient'),
    )
    await talk.run(argvOf(talk, 'b', '--since', 'last'))
    expect(asked(talk)).toBe(timeOf(talk, 'a'))
  })

  test('findings must be accepted first', async () => {
    const talk = await session({ faults: [faults.badLines({})] })
    expect((await talk.run(argvOf(talk, 'a'))).code).toBe(10)
    expect((await talk.run(argvOf(talk, 'b', '--since', 'last', '--dry-run'))).out).not.toMatch('_since')
    expect((await talk.run(['resume', 'a', '--fail-on', 'never'])).code).toBe(0)
    expect((await talk.run(argvOf(talk, 'b', '--since', 'last', '--dry-run'))).out).toMatch(
      `_since=${timeOf(talk, 'a')}`,
    )
  })

  test('an export that --fail-on warning ended with 10 does not count before it is accepted', async () => {
    const talk = await session({
      personality: personality({ manifest: { reshape: ({ transactionTime: _none, ...rest }) => rest } }),
    })
    expect((await talk.run(argvOf(talk, 'a', '--fail-on', 'warning'))).code).toBe(10)
    const before = await talk.run(argvOf(talk, 'b', '--since', 'last', '--dry-run'))
    expect(before.err).toMatch(/everything is exported/)
    expect((await talk.run(['resume', 'a'])).code).toBe(0)
    const after = await talk.run(argvOf(talk, 'b', '--since', 'last', '--dry-run'))
    expect(after.err).toMatch(/since 2026-01-01T00:00:00.000Z, when .\/a was kicked off/)
  })

  test('a transactionTime that is still to come is none: all that changes before it would be missed', async () => {
    const talk = await session({
      personality: personality({
        manifest: { reshape: (manifest) => ({ ...manifest, transactionTime: '2027-01-01T00:00:00Z' }) },
      }),
    })
    const ran = await talk.run(argvOf(talk, 'a'))
    expect([ran.code, ran.err]).toEqual([
      0,
      expect.stringMatching(
        /transactionTime 2027-01-01T00:00:00Z is later than the answer that brings it; the kick-off/,
      ),
    ])
    talk.clock.advance(hour)
    expect((await talk.run(argvOf(talk, 'b', '--since', 'last', '--dry-run'))).err).toMatch(
      /since 2026-01-01T00:00:00.000Z, when .\/a was kicked off, for transactionTime 2027/,
    )
    const argv = ['sync', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'data']
    expect((await talk.run(argv)).err).toMatch(
      /^the next round asks since 2026-01-01T01:\d\d:\d\d.000Z, the kick-off: transactionTime 2027/m,
    )
    await talk.run(argv)
    expect(asked(talk)).toMatch(/^2026-01-01T01:/)
  })

  test('an export whose directory is gone is counted as missing', async () => {
    const talk = await session()
    await talk.run(argvOf(talk, 'a'))
    rmSync(join(talk.cwd, 'a'), { recursive: true })
    const ran = await talk.run(argvOf(talk, 'b', '--since', 'last'))
    expect(ran.err).toMatch(/is known \(1 of the job list is not on disk\), so everything is exported/)
  })

  test('the same command goes on with what it began, whatever has ended since', async () => {
    const talk = await session()
    await talk.run(argvOf(talk, 'a'))
    const first = timeOf(talk, 'a')
    talk.clock.advance(hour)
    const stopped = await talk.run(argvOf(talk, 'b', '--since', 'last'), {
      watch: (io, text) => void (/in progress/.test(text) && io.interrupt()),
    })
    expect(stopped.code).toBe(130)
    await talk.run(argvOf(talk, 'c'))
    const before = talk.mock.requests.filter(({ phase }) => phase === 'kick-off').length
    const resumed = await talk.run(argvOf(talk, 'b', '--since', 'last'))
    expect(resumed.code).toBe(0)
    expect(resumed.err).toMatch(`--since last: since ${first}, as was begun here`)
    expect(talk.mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(before)

    const finished = await talk.run(argvOf(talk, 'b', '--since', 'last', '--json'))
    expect(finished.result).toMatchObject({ exitCode: 2, code: 'BULKX_FINISHED' })
    const again = await talk.run(argvOf(talk, 'b', '--since', 'last', '--again'))
    expect([again.code, asked(talk)]).toEqual([0, timeOf(talk, 'c')])
  })

  test('another instant in the directory is another question', async () => {
    const talk = await session()
    await talk.run(argvOf(talk, 'b', '--since', '2025-06-01T00:00:00Z'), {
      watch: (io, text) => void (/in progress/.test(text) && io.interrupt()),
    })
    const ran = await talk.run(argvOf(talk, 'b', '--since', 'last', '--json'))
    expect(ran.result).toMatchObject({ exitCode: 2, code: 'BULKX_OTHER_JOB' })
  })

  test('kickoff knows it too', async () => {
    const talk = await session()
    await talk.run(argvOf(talk, 'a'))
    talk.clock.advance(hour)
    const argv = ['kickoff', ...argvOf(talk, 'b', '--since', 'last').slice(1)]
    expect((await talk.run(argv)).code).toBe(0)
    expect(asked(talk)).toBe(timeOf(talk, 'a'))
    const again = await talk.run(argv)
    expect([again.code, again.err]).toEqual([0, expect.stringMatching(/under way here already/)])
  })

  test('--print-config and --dry-run show what it comes to, and where from', async () => {
    const talk = await session()
    await talk.run(argvOf(talk, 'a'))
    const { out } = await talk.run(argvOf(talk, 'b', '--since', 'last', '--print-config', '--dry-run'))
    expect(out).toMatch(new RegExp(`^since +${timeOf(talk, 'a')} +--since last: ./a$`, 'm'))
    expect(out).toMatch(`_since=${timeOf(talk, 'a')}`)
  })

  test('mock: is one server, whichever process it lives in', async () => {
    const talk = await session()
    const argv = ['export', 'Patient', '--server', 'mock:', '--type', 'Patient']
    await talk.run([...argv, '-o', 'a'])
    talk.clock.advance(hour)
    const ran = await talk.run([...argv, '-o', 'b', '--since', 'last'])
    expect([ran.code, ran.err]).toEqual([0, expect.stringMatching(`since ${timeOf(talk, 'a')}, the data of`)])
  })

  test('a profile may hold it', async () => {
    const talk = await session()
    await talk.run(argvOf(talk, 'a'))
    await talk.run(['profile', 'set', 'nightly', '--server', talk.server, '--since', 'last'])
    await talk.run(['export', 'Patient', '--profile', 'nightly', '--type', 'Patient', '-o', 'b'])
    expect(asked(talk)).toBe(timeOf(talk, 'a'))
  })

  test('a request with a _since of its own is refused', async () => {
    const talk = await session()
    const ran = await talk.run(argvOf(talk, 'a', '--since', 'last', '--param', '_since=2025-01-01'))
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/a _since in the request as well/)])
  })
})

describe('presets', () => {
  const shown = (talk: Session, preset: string, target: string, ...more: string[]) =>
    talk.run([
      'export',
      target,
      '--server',
      'https://ehr.example/fhir',
      '--preset',
      preset,
      '--auth',
      'none',
      '--since',
      'last',
      '--dry-run',
      ...more,
    ])

  test.each([
    ['greenway', 'Group/1', '1900-01-01'],
    ['ab2d', 'Patient', '2020-01-01T00:00:00Z'],
  ])('%s: everything is asked for by name', async (preset, target, everything) => {
    const talk = await session()
    const { out, err } = await shown(talk, preset, target)
    expect(out).toMatch(`_since=${everything}`)
    expect(err).toMatch(`so everything is exported, by --since ${everything} as preset ${preset} says`)
  })

  test.each([
    ['epic', 'Group/1', /preset epic: it is not known to take --since/],
    ['hapi', 'Group/1', /preset hapi: with --since the export misses what is new of patients/],
  ])('%s: --since is warned about before the request', async (preset, target, words) => {
    const talk = await session()
    const { err } = await shown(talk, preset, target, '--since', '2026-01-01T00:00:00Z')
    expect(err).toMatch(words)
  })

  test('hapi: other targets have a true --since', async () => {
    const talk = await session()
    expect((await shown(talk, 'hapi', 'Patient', '--since', '2026-01-01')).err).not.toMatch(/misses/)
  })
})

test('a damaged directory, or one with another job, is not the last export', async () => {
  const talk = await session()
  await talk.run(argvOf(talk, 'a'))
  writeFileSync(join(talk.cwd, 'a/.bulkx/journal'), 'nonsense\n{"type":"job-created"}\n')
  const ran = await talk.run(argvOf(talk, 'b', '--since', 'last'))
  expect([ran.code, asked(talk)]).toEqual([0, undefined])
})
