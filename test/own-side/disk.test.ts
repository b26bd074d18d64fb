/** Each call of the file system that an export makes fails once: nothing is lost, and the same command goes on. */
import { describe, expect, test } from 'vitest'
import { digestsOf } from '../crash/invariants.js'
import { type Code, type DiskCall, type Failure, failingDisk, openBelow, takesRoom } from './failing-disk.js'
import { type Digests, expectAll, expectNothingLost, type Said, type Station, station } from './station.js'

/** All errors at all calls, instead of one each. */
const isThorough = process.env.OWN_SIDE === 'all'

const options: Readonly<Record<string, string[]>> = {
  'as it is': [],
  'with --gzip': ['--gzip'],
}

interface Reference {
  digests: Digests
  calls: readonly DiskCall[]
}

/** Found out once. */
const references = new Map<string, Promise<Reference>>()

const undisturbed = async (more: readonly string[]): Promise<Reference> => {
  const at = station()
  using disk = await failingDisk(at.cwd)
  const { code, err } = await at.export(...more)
  const calls = [...disk.calls]
  expect(code, err).toBe(0)
  expect(openBelow(at.cwd)).toEqual([])
  return { digests: await digestsOf(at.out), calls }
}

const codesOf = ({ kind }: DiskCall): readonly [Code, ...Code[]] => {
  if (takesRoom(kind)) return ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS']
  switch (kind) {
    case 'open':
    case 'stream.open':
    case 'openSync':
      return ['EMFILE', 'EACCES', 'ENOSPC', 'EROFS', 'EIO']
    case 'mkdir':
    case 'link':
    case 'rename':
    case 'renameSync':
      return ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT', 'EIO']
    default:
      return ['EIO', 'EACCES', 'EMFILE']
  }
}

const failuresOf = (calls: readonly DiskCall[]): Failure[] =>
  calls.flatMap((call, index) => {
    const codes = codesOf(call)
    const code = codes[index % codes.length] ?? codes[0]
    return isThorough ? codes.map((one) => ({ ...call, code: one })) : [{ ...call, code }]
  })

/** What the command says of its own accord: the path, and the way on. */
const expectSaid = ({ code, err }: Said, { path }: Failure, when: string): void => {
  if (path === 'config/profiles.json') {
    // Nothing was started: a run without its profile would be another run.
    expect([code, err], when).toEqual([2, expect.stringMatching(/profiles\.json.*\nhint: mend the file/)])
    return
  }
  expect([8, 9], `${when}: ${err}`).toContain(code)
  expect(err, when).toMatch(/hint: .*(resume|run the same|--out|again)/)
  expect(err, when).toMatch(path.startsWith('state') || path.startsWith('config') ? /state|config/ : /out\b/)
}

/** The way on, as a person takes it: the same command, or the one that the hint names for a lost answer. */
const goOn = async (at: Station, said: Said, more: readonly string[]): Promise<Said> => {
  // What little may be left over then, a lock or a reserve, goes with the next command.
  if (said.code === 0) return at.run(['resume', 'out'])
  const attach = /`bulkx (resume https:\S+ --out \S+)`/.exec(said.err)?.[1]
  return attach === undefined ? at.export(...more) : at.run([...attach.split(' '), ...more])
}

const whenOf = ({ kind, path, purpose, number, code, lasting }: Failure): string =>
  `${code} at ${kind} ${path} for ${purpose || 'itself'} (${number}), ${lasting ?? 'once'}`

const suffer = async (failure: Failure, more: readonly string[], { digests }: Reference): Promise<void> => {
  const when = whenOf(failure)
  const at = station()
  using disk = await failingDisk(at.cwd)
  disk.fail(failure)
  const said = await at.export(...more)
  expect(disk.met, `not met: ${when}`).toBe(true)
  disk.mend()
  await expectNothingLost(at, digests, when)
  // What else was going on at that moment comes to its own end.
  await expect.poll(() => openBelow(at.cwd), { message: `open, ${when}`, interval: 5 }).toEqual([])
  if (said.code !== 0) expectSaid(said, failure, when)
  const later = await goOn(at, said, more)
  expect(later.code, `${when}, then: ${said.err}\n${later.err}`).toBe(0)
  await expectAll(at, digests, when)
}

const kinds = [
  ...['mkdir', 'open', 'stream.open', 'stream.read', 'readdir', 'stat', 'lstat', 'readFile', 'writeFile'],
  ...[
    'appendFile',
    'access',
    'rename',
    'rm',
    'link',
    'realpath',
    'handle.write',
    'handle.writev',
    'handle.writeFile',
  ],
  ...['handle.datasync', 'handle.sync', 'handle.truncate', 'handle.read', 'handle.close'],
  ...['openSync', 'writeSync', 'writevSync', 'fsync', 'fsyncSync', 'closeSync', 'renameSync', 'lstatSync'],
]

describe.each(Object.entries(options))('%s', (name, more) => {
  const referenceOf = (): Promise<Reference> => {
    const known = references.get(name) ?? undisturbed(more)
    references.set(name, known)
    return known
  }

  test('every kind of call is in the table', async () => {
    const reference = await referenceOf()
    expect(
      [...new Set(reference.calls.map(({ kind }) => kind))].filter((kind) => !kinds.includes(kind)),
    ).toEqual([])
    expect(reference.digests.size).toBeGreaterThan(2)
  })

  test.each(kinds)(
    '%s fails',
    async (kind) => {
      const reference = await referenceOf()
      const calls = reference.calls.filter((call) => call.kind === kind)
      for (const failure of failuresOf(calls)) await suffer(failure, more, reference)
    },
    300_000,
  )
})
