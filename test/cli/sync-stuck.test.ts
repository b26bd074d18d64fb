/** `bulkx sync` where a round cannot go on: what the server has lost is begun anew, what it still has waits for a person. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fault, personality } from '../../src/mock/index.js'
import { type Ran, type Session, session } from './session.js'

const hour = 3_600_000
const types = ['Patient', 'Condition']

const syncOf = (talk: Session, ...more: string[]): Promise<Ran> =>
  talk.run(['sync', 'Group/123', '--server', talk.server, '--type', types.join(), '-o', 'data', ...more])

const description = ({ cwd }: Session) => JSON.parse(readFileSync(join(cwd, 'data/dataset.json'), 'utf8'))

const exportsIn = ({ cwd }: Session): string[] => readdirSync(join(cwd, 'data/exports')).sort()

const sinceOfKickOffs = ({ mock }: Session): (string | null)[] =>
  mock.requests
    .filter(({ phase, method }) => phase === 'kick-off' && method === 'GET')
    .map(({ url }) => new URL(url, 'http://mock').searchParams.get('_since'))

const held = ({ cwd }: Session): string[] => {
  const current = join(cwd, 'data/current')
  return readdirSync(current)
    .flatMap((name) => readFileSync(join(current, name), 'utf8').trimEnd().split('\n'))
    .sort()
}

/** For who has followed the exports of these times. */
const truth = async (talk: Session, ...followed: string[]): Promise<string[]> => {
  const all = await talk.mock.truth(followed.at(-1) ?? '', 'Group/123', {
    types,
    followed: followed.map((text) => Date.parse(text)),
  })
  return [...all.values()].flatMap((lines) => [...lines]).sort()
}

/** A server that changes; the first file of each job is missing while `broken`, the status while `away`. */
const breaking = async () => {
  const state = { broken: false, away: false }
  const always = { times: Number.POSITIVE_INFINITY }
  const missing = fault('missing', { on: 'file', ...always }, async (call, next) =>
    state.broken && call.file?.number === 1 ? new Response('no', { status: 404 }) : next(call),
  )
  const away = fault('away', { on: 'status', ...always }, async (call, next) =>
    state.away ? new Response('', { status: 503 }) : next(call),
  )
  const talk = await session({ evolve: 'when-told', data: { patients: 20 }, faults: [missing, away] })
  const pass = async (hours: number): Promise<void> => {
    await talk.mock.evolve()
    talk.clock.advance(hours * hour)
  }
  return { state, talk, pass }
}

test('a job that is gone at the server: its export is set aside, and the round begun anew in the same run', async () => {
  const { state, talk, pass } = await breaking()
  await syncOf(talk)
  const { transactionTime } = description(talk)
  await pass(24)
  state.broken = true
  expect((await syncOf(talk)).code).toBe(7)
  expect(exportsIn(talk)).toEqual(['001', '002'])
  // By then the server has dropped job and files.
  await pass(48)
  state.broken = false
  const ran = await syncOf(talk, '--json')
  expect([ran.code, ran.err]).toEqual([
    0,
    expect.stringMatching(
      /^what is missing in \.\/data\/exports\/002 cannot be had any more: The server does not know the job any more \(HTTP 410\)/m,
    ),
  ])
  expect(ran.err).toMatch(/^moved \.\/data\/exports\/002 to \.\/data\/exports\/002\.1$/m)
  expect(ran.result).toMatchObject({
    setAside: [join(talk.cwd, 'data/exports/002.1')],
    rounds: [{ generation: 2, full: false, deletionsTold: true }],
    exports: [{ export: 2, role: 'delta', phase: 'complete' }],
  })
  expect(sinceOfKickOffs(talk)).toEqual([null, transactionTime, transactionTime])
  expect(held(talk)).toEqual(await truth(talk, transactionTime, description(talk).transactionTime))
})

test('a base that is begun anew stays one, though --full is not given again', async () => {
  const { state, talk, pass } = await breaking()
  await syncOf(talk)
  await pass(24)
  state.broken = true
  expect((await syncOf(talk, '--full')).code).toBe(7)
  await pass(48)
  state.broken = false
  const { code, result } = await syncOf(talk, '--json')
  expect([code, result.rounds]).toEqual([0, [expect.objectContaining({ generation: 2, full: true })]])
})

test('a server that loses every job gets one a run', async () => {
  const { state, talk, pass } = await breaking()
  await syncOf(talk)
  state.broken = true
  for (let night = 1; night <= 3; night += 1) {
    await pass(48)
    expect((await syncOf(talk)).code).toBe(7)
  }
  expect(sinceOfKickOffs(talk)).toHaveLength(4)
  // Of what was set aside, only the last is kept: nothing more is to be had of it.
  expect(exportsIn(talk)).toEqual(['001', '002', '002.1'])
})

test('a job that is still there: 7, since when the data set stands still, and no new job', async () => {
  const { state, talk, pass } = await breaking()
  await syncOf(talk)
  const { transactionTime } = description(talk)
  await pass(24)
  state.broken = true
  await syncOf(talk)
  await pass(3)
  const { code, err, result } = await syncOf(talk, '--json')
  expect([code, result.setAside]).toEqual([7, undefined])
  expect(err).toMatch(/--again gives this export up and begins the round anew; /)
  expect(err).toContain(`; ./data/current has stood still since ${transactionTime}, 1 d 3 h ago\n`)
  expect(sinceOfKickOffs(talk)).toHaveLength(2)
})

test('where the status cannot be had, nothing is proved', async () => {
  const { state, talk, pass } = await breaking()
  await syncOf(talk)
  await pass(24)
  state.broken = true
  await syncOf(talk)
  const jobs = talk.mock.requests.filter(({ phase }) => phase === 'kick-off').length
  await pass(3)
  state.away = true
  expect((await syncOf(talk)).code).toBe(7)
  expect(talk.mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(jobs)
})

test('however a run ends, it says of when the data are', async () => {
  let away = true
  const refusing = fault(
    'refusing',
    { on: 'kick-off', times: Number.POSITIVE_INFINITY },
    async (call, next) => (away ? new Response('no', { status: 400 }) : next(call)),
  )
  const talk = await session({ faults: [refusing] })
  expect((await syncOf(talk)).err).toMatch(/^hint: .*; there is no snapshot yet$/m)
  away = false
  await syncOf(talk)
  away = true
  talk.clock.advance(24 * hour)
  const { code, err } = await syncOf(talk)
  expect(code).toBe(4)
  expect(err).toMatch(/^hint: .*; \.\/data\/current is of 2026-01-01T00:00:\S+, 1 d ago$/m)
})

test('a server without a list of what was deleted: said once a run, with --full', async () => {
  const talk = await session({ personality: personality({ manifest: { deleted: false } }) })
  const words = /does not list what was deleted: .* until a run with --full/g
  expect((await syncOf(talk)).err).not.toMatch(words)
  talk.clock.advance(24 * hour)
  const { err, result } = await syncOf(talk, '--json')
  expect(err.match(words)).toHaveLength(1)
  expect(result).toMatchObject({ deletionsTold: false, rounds: [{ deletionsTold: false }] })
  talk.clock.advance(24 * hour)
  const full = await syncOf(talk, '--full', '--json')
  expect(full.err).not.toMatch(words)
  expect(full.result).not.toHaveProperty('deletionsTold')
})

test.each([
  [[], true],
  [['--preset', 'aidbox', '--auth', 'none'], false],
])('an empty list of what was deleted, %j: told: %s', async (more, deletionsTold) => {
  const talk = await session()
  await syncOf(talk, ...more)
  talk.clock.advance(24 * hour)
  const { err, result } = await syncOf(talk, ...more, '--json')
  expect(result.deletionsTold).toBe(deletionsTold)
  expect(/does not list what was deleted/.test(err)).toBe(!deletionsTold)
})
