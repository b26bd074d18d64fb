/** Scopes: what is granted of what was asked, and what an export may then contain. */
import { describe, expect, test } from 'vitest'
import { type AuthRow, type Client, personality } from '../../src/mock/index.js'
import { ask, FHIR, JOB_MS, linesOf, type Manifest } from './conversation.js'
import {
  bearer,
  client,
  errorOf,
  guarded,
  kickOff,
  kickOffWith,
  request,
  tokenFor,
  tokenJson,
} from './identity.js'

type Row = Partial<AuthRow>

const serverWith = (auth: Row, scopes?: Client['scopes']) =>
  guarded({ clients: [client({ scopes })], personality: personality({ auth }) })

const v1: Row = { permissions: { read: 'rs' } }
const v2: Row = { permissions: { rs: 'rs', r: 'r', s: 's' } }

describe('granted', () => {
  test.each<[asked: string | undefined, registered: string[] | undefined, Row, string]>([
    ['system/*.read', undefined, {}, 'system/*.read'],
    ['system/*.rs', undefined, {}, 'system/*.rs'],
    ['system/Patient.read system/Condition.rs', undefined, {}, 'system/Patient.read system/Condition.rs'],
    ['system/Patient.r  system/Patient.s', undefined, {}, 'system/Patient.r system/Patient.s'],
    ['system/Patient.rs system/Patient.rs', undefined, {}, 'system/Patient.rs'],
    ['system/Patient.r', ['system/Patient.rs'], {}, 'system/Patient.r'],
    ['system/Patient.read', ['system/Patient.rs'], {}, 'system/Patient.read'],
    ['system/Patient.rs', ['system/Patient.r', 'system/*.s'], {}, 'system/Patient.rs'],
    ['system/Patient.r', ['system/*.rs'], { excessScope: 'refuse' }, 'system/Patient.r'],
    [
      'system/*.rs',
      ['system/Patient.rs', 'system/Condition.read'],
      {},
      'system/Patient.rs system/Condition.rs',
    ],
    ['system/*.rs', ['system/Patient.rs', 'system/Condition.r'], {}, 'system/Patient.rs'],
    ['system/Patient.rs system/Group.rs', ['system/Patient.rs'], {}, 'system/Patient.rs'],
    ['system/Patient.rs user/Patient.rs openid', undefined, {}, 'system/Patient.rs'],
    ['system/Patient.read system/Patient.rs', undefined, v1, 'system/Patient.read'],
    ['system/Patient.read system/Patient.rs', undefined, v2, 'system/Patient.rs'],
    [
      undefined,
      ['system/Patient.rs', 'system/Group.r'],
      { scope: 'optional' },
      'system/Patient.rs system/Group.r',
    ],
    [undefined, undefined, { ...v1, scope: 'optional' }, 'system/*.read'],
  ])('%s of %s', async (scope, registered, auth, granted) => {
    expect((await tokenJson(await request(serverWith(auth, registered), { scope }))).scope).toBe(granted)
  })

  test('whatever is asked, and not said, where scopes are ignored', async () => {
    const server = serverWith({ scope: 'ignored' }, ['system/Patient.rs'])
    const token = await tokenJson(await request(server, { scope: 'whatever' }))
    expect(token).not.toHaveProperty('scope')
    expect((await kickOff(server.mock, '$export?_type=Patient', token.access_token)).status).toBe(202)
    expect((await kickOff(server.mock, '$export?_type=Condition', token.access_token)).status).toBe(403)
  })
})

describe('refused with invalid_scope', () => {
  test.each<[asked: string | undefined, registered: string[] | undefined, Row, RegExp]>([
    [undefined, undefined, {}, /scope is missing/],
    [' ', undefined, {}, /scope is empty/],
    ['openid', undefined, {}, /"openid" is not a system scope/],
    ['patient/*.rs', undefined, {}, /not a system scope/],
    ['system/Nonsense.rs', undefined, {}, /no resource type Nonsense/],
    ['system/Patient.write', undefined, {}, /".write" is not supported, only read, rs, r, s/],
    ['system/Patient.cruds', undefined, {}, /".cruds" is not supported/],
    ['system/Patient.toString', undefined, {}, /".toString" is not supported/],
    ['system/Patient.sr', undefined, {}, /".sr" is not supported/],
    ['system/Patient.rs?status=active', undefined, {}, /not supported/],
    ['system/Patient.rs', undefined, v1, /".rs" is not supported, only read/],
    ['system/Patient.read', undefined, v2, /".read" is not supported, only rs, r, s/],
    ['system/*.read', undefined, { wildcard: false }, /wildcards are not supported/],
    ['system/Group.rs', ['system/Patient.rs'], {}, /"system\/Group.rs" is not registered/],
    [
      'system/Patient.rs system/Group.rs',
      ['system/Patient.rs'],
      { excessScope: 'refuse' },
      /Group.rs" is not/,
    ],
    ['system/*.rs', ['system/Patient.rs'], { excessScope: 'refuse' }, /"system\/\*.rs" is not registered/],
    ['system/Patient.rs openid', undefined, { excessScope: 'refuse' }, /"openid"/],
  ])('%s of %s', async (scope, registered, auth, words) => {
    const [status, error, description] = await errorOf(await request(serverWith(auth, registered), { scope }))
    expect([status, error]).toEqual([400, 'invalid_scope'])
    expect(description).toMatch(words)
  })
})

const typesOf = async (server: ReturnType<typeof guarded>, scope: string, path = '$export') => {
  const init = kickOffWith(await tokenFor(server, scope))
  const response = await ask(server.mock, `${FHIR}/${path}`, init)
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
  server.clock.advance(JOB_MS)
  const location = response.headers.get('content-location') ?? ''
  const manifest = (await (await ask(server.mock, location, init)).json()) as Manifest
  return { types: manifest.output.map(({ type }) => type), manifest, init }
}

describe('an export', () => {
  test('has the types that are granted', async () => {
    expect((await typesOf(guarded(), 'system/Patient.rs system/Condition.read')).types).toEqual([
      'Patient',
      'Condition',
    ])
    const both = 'system/Patient.r system/Patient.s system/Condition.r'
    expect((await typesOf(guarded(), both)).types).toEqual(['Patient'])
  })

  test('reports no deletions of other types', async () => {
    const deletions = async (scope: string) => {
      const server = guarded()
      const { manifest, init } = await typesOf(server, scope, '$export?_since=2000-01-01T00:00:00Z')
      return (await ask(server.mock, manifest.deleted[0]?.url ?? '', init)).text()
    }
    expect(await deletions('system/*.rs')).toMatch(/"url":"(?!Patient\/)/)
    expect(await deletions('system/Patient.rs')).not.toMatch(/"url":"(?!Patient\/)/)
  })

  test.each([
    [
      'system/Patient.rs',
      '$export?_type=Patient,Condition',
      /insufficient scope: Condition needs .rs, granted/,
    ],
    ['system/Patient.rs', 'Group/123/$export?_type=Condition', /Condition needs .rs/],
    ['system/Patient.rs', 'Location/$export', /Location needs .rs/],
    ['system/Patient.r', '$export?_type=Patient', /granted is system\/Patient.r$/],
    ['system/*.s', 'Patient/$export', /every type needs .rs/],
  ])('with %s, %s is refused', async (scope, path, words) => {
    const server = guarded()
    const response = await kickOff(server.mock, path, await tokenFor(server, scope))
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer error="insufficient_scope"/)
    expect(await response.json()).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ code: 'forbidden', diagnostics: expect.stringMatching(words) }],
    })
  })

  const skipping = personality({ access: { outsideScope: 'skip' } })

  test('skips what is not granted, with a note in the error file, where the row says so', async () => {
    const server = guarded({ personality: skipping })
    const { types, manifest, init } = await typesOf(
      server,
      'system/Patient.rs',
      '$export?_type=Patient,Condition',
    )
    expect(types).toEqual(['Patient'])
    const notes = linesOf(await (await ask(server.mock, manifest.error[0]?.url ?? '', init)).text())
    expect(notes).toMatchObject([
      { issue: [{ severity: 'warning', diagnostics: expect.stringMatching(/Condition$/) }] },
    ])
  })

  test('is refused all the same when nothing would be left', async () => {
    const server = guarded({ personality: skipping })
    const token = await tokenFor(server, 'system/Patient.rs')
    expect((await kickOff(server.mock, '$export?_type=Condition', token)).status).toBe(403)
  })

  test('may need both read and search, and answer 401 without them', async () => {
    const athena = personality({
      auth: { permissions: { read: 'r', r: 'r', rs: 'rs' } },
      access: { insufficient: { status: 401, empty: false } },
    })
    const status = async (scope: string) => {
      const server = guarded({ personality: athena })
      return (await kickOff(server.mock, 'Group/123/$export', await tokenFor(server, scope))).status
    }
    expect([await status('system/*.read'), await status('system/*.r'), await status('system/*.rs')]).toEqual([
      401, 401, 202,
    ])
  })
})

test('any valid token may ask after a job, fetch its files, and delete it', async () => {
  const server = guarded()
  const { manifest, init } = await typesOf(server, 'system/Patient.rs')
  const [file] = manifest.output
  expect((await ask(server.mock, file?.url ?? '', init)).status).toBe(200)
  const headers = bearer(await tokenFor(server, 'system/Group.r'))
  expect((await ask(server.mock, file?.url ?? '', { headers })).status).toBe(200)
})
