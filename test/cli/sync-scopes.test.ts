/** `bulkx sync` and a token that has fewer scopes than were asked for: what nobody may see is not lost silently. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bytesOf, editManifest, withBody } from '../../src/mock/edit.js'
import { type Fault, fault, type MockOptions, personalities, personality } from '../../src/mock/index.js'
import { type Ran, type Session, session } from './session.js'

const hour = 3_600_000
const secret = 'correct-horse-battery'
const client = (scopes?: string[]) => ({ id: 'me', secret, ...(scopes && { scopes }) })
/** Types outside the scopes are left out of the export. */
const leavingOut = personality({ access: { outsideScope: 'skip' } })

const run = (talk: Session, ...argv: string[]): Promise<Ran> =>
  talk.run([...argv, '--server', talk.server, '--client-id', 'me'], { env: { BULKX_CLIENT_SECRET: secret } })

const syncOf = (talk: Session, ...more: string[]): Promise<Ran> =>
  run(talk, 'sync', 'Group/123', '-o', 'data', ...more)

const dataset = ({ cwd }: Session) => {
  const path = join(cwd, 'data/dataset.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

const factIn = ({ lines }: Ran) => lines.find(({ type }) => type === 'scopes-granted')

/** A server that grants everything, until it grants `granted` alone, and then exports these types alone. */
const shrinking = async (options: Partial<MockOptions> = {}) => {
  const now: { granted?: string; bringsAll?: boolean } = {}
  const tokens: Fault = fault(
    'grants less',
    { on: 'token', times: Number.POSITIVE_INFINITY },
    async (call, next) => {
      const response = await next(call)
      if (now.granted === undefined) return response
      const body = JSON.parse((await bytesOf(response)).toString())
      return withBody(response, Buffer.from(JSON.stringify({ ...body, scope: now.granted })))
    },
  )
  const fewer = editManifest('exports less', { times: Number.POSITIVE_INFINITY }, (manifest) => {
    const { granted, bringsAll } = now
    if (granted === undefined || bringsAll) return
    manifest.output = (manifest.output as { type: string }[]).filter(({ type }) =>
      granted.includes(`/${type}.`),
    )
  })
  const talk = await session({ clients: [client()], faults: [tokens, fewer], ...options })
  return { talk, now }
}

describe('a type that was asked for and is not granted', () => {
  const types = ['--type', 'Patient,Condition']
  const narrow = 'system/Patient.rs'

  test('keeps snapshot and clock where they are, until it is granted or accepted', async () => {
    const { talk, now } = await shrinking()
    expect((await syncOf(talk, ...types)).code).toBe(0)
    const before = dataset(talk)
    now.granted = narrow
    talk.clock.advance(24 * hour)
    const ran = await syncOf(talk, ...types, '--json')
    expect(ran.code, ran.err).toBe(10)
    expect(factIn(ran)).toMatchObject({
      asked: 'system/Patient.rs system/Condition.rs',
      granted: narrow,
      types: ['Condition'],
      export: 2,
    })
    expect(ran.result.exports).toContainEqual(
      expect.objectContaining({
        findings: expect.arrayContaining([
          expect.objectContaining({ severity: 'error', code: 'type-not-granted' }),
        ]),
      }),
    )
    expect(dataset(talk)).toEqual(before)
    const second = await syncOf(talk, ...types)
    expect([second.code, second.err]).toEqual([
      10,
      expect.stringMatching(
        /what this client may not see is missing: no Condition was delivered, and its scope was not granted, only system\/Patient\.rs: have the server grant it/,
      ),
    ])
    now.granted = undefined
    talk.clock.advance(24 * hour)
    const mended = await syncOf(talk, ...types, '--again')
    expect([mended.code, dataset(talk).generation], mended.err).toEqual([0, 2])
  })

  test('is accepted with --fail-on never', async () => {
    const { talk, now } = await shrinking()
    await syncOf(talk, ...types)
    now.granted = narrow
    talk.clock.advance(24 * hour)
    const ran = await syncOf(talk, ...types, '--fail-on', 'never')
    expect([ran.code, dataset(talk).generation], ran.err).toEqual([0, 2])
  })

  test('is asked for no more with a --scope that names what is granted', async () => {
    const { talk, now } = await shrinking({ personality: leavingOut })
    await syncOf(talk, ...types)
    now.granted = narrow
    talk.clock.advance(24 * hour)
    const ran = await syncOf(talk, ...types, '--scope', narrow)
    expect([ran.code, dataset(talk).generation], ran.err).toEqual([0, 2])
  })

  test('is no base of a data set either: later rounds ask for changes alone', async () => {
    const clients = [client(['system/Patient.rs', 'system/Group.rs'])]
    const talk = await session({ clients, personality: leavingOut })
    for (let time = 1; time <= 2; time += 1) {
      const ran = await syncOf(talk, ...types)
      expect([ran.code, dataset(talk)], ran.err).toEqual([10, undefined])
      expect(ran.err).toMatch(/no Condition was delivered, and its scope was not granted/)
    }
    const accepted = await syncOf(talk, ...types, '--fail-on', 'never')
    expect([accepted.code, dataset(talk).generation]).toEqual([0, 1])
    expect(accepted.err).toMatch(/warning: accepted: no Condition was delivered/)
  })

  test.each([
    ['a plain export: a warning', [], 0, 'warning'],
    ['since a time', ['--since', '2000-01-01T00:00:00Z'], 10, 'error'],
    ['since the last time, were it the first', ['--since', 'last'], 10, 'error'],
  ] as const)('%s', async (_what, more, code, severity) => {
    const talk = await session({ clients: [client(['system/Patient.rs'])], personality: leavingOut })
    const ran = await run(talk, 'export', 'Patient', '-o', 'out', ...types, ...more, '--json')
    expect(ran.code, ran.err).toBe(code)
    expect(ran.result.findings).toContainEqual(
      expect.objectContaining({ severity, code: 'type-not-granted' }),
    )
  })

  test.each([
    ['what is delivered all the same', 'system/Patient.rs', (type: string) => type !== ''],
    ['a scope of another form', 'system/Patient.rs bulk-data', (type: string) => type === 'Patient'],
  ])('%s is no such thing', async (_what, granted, isBrought) => {
    const tokens = fault(
      'grants less',
      { on: 'token', times: Number.POSITIVE_INFINITY },
      async (call, next) => {
        const response = await next(call)
        const body = JSON.parse((await bytesOf(response)).toString())
        return withBody(response, Buffer.from(JSON.stringify({ ...body, scope: granted })))
      },
    )
    const fewer = editManifest('exports less', {}, (manifest) => {
      manifest.output = (manifest.output as { type: string }[]).filter(({ type }) => isBrought(type))
    })
    const talk = await session({ clients: [client()], faults: [tokens, fewer] })
    const more = ['--since', '2000-01-01T00:00:00Z', '--json']
    const ran = await run(talk, 'export', 'Patient', '-o', 'out', ...types, ...more)
    expect(ran.code, ran.err).toBe(0)
    expect(factIn(ran)).toMatchObject({ granted })
    expect(JSON.stringify(ran.result.findings)).not.toMatch('type-not-granted')
  })
})

test('a type that is held, and is granted no more', async () => {
  const { talk, now } = await shrinking()
  expect((await syncOf(talk)).code).toBe(0)
  expect(Object.keys(dataset(talk).files)).toEqual(expect.arrayContaining(['Condition.ndjson']))
  now.granted = 'system/Patient.rs system/Observation.rs'
  talk.clock.advance(24 * hour)
  const ran = await syncOf(talk)
  expect([ran.code, dataset(talk).generation]).toEqual([10, 1])
  expect(ran.err).toMatch(
    /the snapshot has .*Condition.*, of which nothing has come and no scope is granted any more/,
  )
  expect(ran.err).not.toMatch(/the snapshot has [^:]*(Patient|Observation),/)
  const accepted = await syncOf(talk, '--fail-on', 'never')
  expect([accepted.code, dataset(talk).generation]).toEqual([0, 2])
})

test('a type that is held, and was never granted, is brought without a scope', async () => {
  const { talk, now } = await shrinking()
  Object.assign(now, { granted: 'system/Patient.rs', bringsAll: true })
  expect((await syncOf(talk)).code).toBe(0)
  expect(Object.keys(dataset(talk).files)).toEqual(expect.arrayContaining(['Condition.ndjson']))
  talk.clock.advance(24 * hour)
  const ran = await syncOf(talk)
  expect([ran.code, dataset(talk).generation], ran.err).toEqual([0, 2])
})

describe('members of a group whose scope the types do not bring', () => {
  const tokens = ({ mock }: Session) =>
    mock.requests.flatMap(({ phase, body = '' }) =>
      phase === 'token' ? [new URLSearchParams(body).get('scope')] : [],
    )
  const reading = (ran: Ran): string => /^.*cannot be read.*$/m.exec(ran.err)?.[0] ?? ''

  test('are read with a token of their own', async () => {
    const talk = await session({ clients: [client()] })
    const ran = await syncOf(talk, '--type', 'Patient,Condition')
    expect([ran.code, reading(ran)], ran.err).toEqual([0, ''])
    expect(tokens(talk)).toEqual(['system/Group.rs', 'system/Patient.rs system/Condition.rs'])
    expect(ran.err).not.toMatch(/^warning/m)
  })

  const unread =
    /^the members of Group\/123 cannot be read, HTTP 403: .*: that takes a scope such as system\/Group\.rs, which this client does not get: (.*); until they can be read, patients who join after this export may lack their history; `--full` brings it$/

  test.each<[string, Partial<MockOptions>, string[], string]>([
    [
      'refused as a whole',
      { personality: personalities.oracle },
      [],
      'ask who runs the server to register it',
    ],
    [
      'not registered',
      { clients: [client(['system/Patient.rs'])] },
      [],
      'ask who runs the server to register it',
    ],
    ['not in --scope', {}, ['--scope', 'system/Patient.rs'], 'add it to --scope'],
  ])('%s: one line', async (_what, options, more, what) => {
    const talk = await session({ clients: [client()], ...options })
    const ran = await syncOf(talk, '--type', 'Patient', ...more)
    expect(ran.code, ran.err).toBe(0)
    expect(unread.exec(reading(ran))?.[1], ran.err).toBe(what)
    expect(ran.err).not.toMatch(/access token was refused|athenahealth/)
  })
})
