/** A place where the whole command runs in this process, against the mock without a socket: what goes wrong is our own. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { main } from '../../src/cli/main.js'
import { readJob } from '../../src/job/directory.js'
import { createMock, type Mock, type MockOptions } from '../../src/mock/index.js'
import { fakeIo, temporaryDirectory } from '../cli/fake-io.js'
import { digestsOf } from '../crash/invariants.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { withoutSocket } from '../helpers/job.js'
import { filesBelow } from '../process/place.js'

const ORIGIN = 'https://ehr.example'

export interface Said {
  code: number
  err: string
  out: string
}

export interface Station {
  mock: Mock
  clock: FakeClock
  cwd: string
  out: string
  /** A process of its own, which has ended when this resolves. */
  run(argv: readonly string[]): Promise<Said>
  /** The same export each time. */
  export(...more: string[]): Promise<Said>
  /** Status codes of the answers to kick-offs; of DELETEs. */
  kickOffs(): (number | undefined)[]
  deletes(): (number | undefined)[]
}

export interface StationOptions extends Partial<MockOptions> {
  now?: () => number
  env?: Record<string, string>
}

export const station = (options: StationOptions = {}): Station => {
  const base = fakeClock()
  const clock: FakeClock = options.now ? { ...base, now: options.now } : base
  const mock = createMock({
    data: { patients: 10 },
    pageSize: 10,
    manifestEntries: 3,
    jobMs: 2_000,
    ...options,
    clock,
  })
  const cwd = temporaryDirectory()
  let pid = 1000
  const run: Station['run'] = async (argv) => {
    pid += 1
    const own = pid
    const io = Object.assign(
      fakeIo({
        cwd,
        env: { BULKX_CONFIG_DIR: join(cwd, 'config'), ...options.env },
        exchange: withoutSocket(mock.handler),
      }),
      { clock, process: { pid: own, host: 'here', isAlive: (other: number) => other === own } },
    )
    const code = await main([...argv], io)
    return { code, err: io.err(), out: io.out() }
  }
  const statusesOf = (phase: string): (number | undefined)[] =>
    mock.requests.filter((request) => request.phase === phase).map(({ status }) => status)
  const server = ORIGIN + mock.personality.basePath
  return {
    mock,
    clock,
    cwd,
    out: join(cwd, 'out'),
    run,
    export: (...more) =>
      run([
        ...['export', 'Group/123', '--type', 'Patient,Encounter', '--server', server, '--out', 'out'],
        ...['--parallel', '1', ...more],
      ]),
    kickOffs: () => statusesOf('kick-off'),
    deletes: () => statusesOf('delete'),
  }
}

export type Digests = ReadonlyMap<string, string>

/** Whatever went wrong: each name is whole or not there, the manifest is last, DELETE comes after it, the journal replays. */
export const expectNothingLost = async (at: Station, reference: Digests, when: string): Promise<void> => {
  const digests = await digestsOf(at.out)
  for (const [name, digest] of digests) expect(reference.get(name), `${name}, ${when}`).toBe(digest)
  const isThere = (await readdir(at.out).catch((): string[] => [])).includes('manifest.json')
  if (isThere)
    expect([...digests.keys()].sort(), `beside manifest.json, ${when}`).toEqual([...reference.keys()].sort())
  else expect(at.deletes(), `DELETE without manifest.json, ${when}`).toEqual([])
  await readJob(at.out)
}

/** At the end: everything is there, byte for byte, of one job, and nothing is left over. */
export const expectAll = async (at: Station, reference: Digests, when: string): Promise<void> => {
  expect(Object.fromEntries(await digestsOf(at.out)), when).toEqual(Object.fromEntries(reference))
  expect(at.kickOffs(), `kick-offs, ${when}`).toEqual([202])
  const left = (await filesBelow(at.out)).filter((name) => name.startsWith('.bulkx'))
  expect(left, `left over, ${when}`).toEqual(['.bulkx/journal'])
}
