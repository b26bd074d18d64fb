/** The client and the mock's token endpoint, which share no code: whole exports, and the ways of all personalities. */
import { describe, expect, test } from 'vitest'
import { type CredentialsDeps, credentialsFor } from '../../src/auth/credentials-for.js'
import { readSigningKey } from '../../src/auth/keys.js'
import type { AuthMethod, AuthNotice } from '../../src/auth/method.js'
import {
  createMock,
  type Fault,
  faults,
  type MockOptions,
  personalities,
  personality,
} from '../../src/mock/index.js'
import { exitOf, ownDirectory } from '../helpers/conversation.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { configOf, hostOf, kickOffOf, run, withoutSocket } from '../helpers/job.js'
import { backendServices, clientSecret, elliptic, failure, newElliptic, rsa, secret } from './party.js'

const origin = 'https://mock.example'
const fhirUrl = `${origin}/fhir`

const keys = await Promise.all([elliptic, rsa].map(({ pem }) => readSigningKey(pem)))
const registered = { id: 'client-1', jwks: { keys: keys.map(({ publicJwk }) => publicJwk) }, secret }

const guarded = (options: Partial<MockOptions> = {}, clock: FakeClock = fakeClock()) => {
  const mock = createMock({ clock, clients: [registered], data: { patients: 10 }, jobMs: 1000, ...options })
  return { mock, clock, exchange: withoutSocket(mock.handler) }
}

/** A whole export of patients. */
const exported = async (auth: AuthMethod, options: Partial<MockOptions> = {}, type = ['Patient']) => {
  const { mock, clock, exchange } = guarded(options)
  const directory = await ownDirectory()
  const notices: AuthNotice[] = []
  const config = configOf({
    fhirUrl,
    directory,
    kickOff: kickOffOf({ target: { kind: 'system' }, type }),
    network: { auth },
  })
  const host = hostOf({ clock, exchange, onNotice: (notice) => notices.push(notice) })
  const ran = await run({ config, host })
  const asked = (phase: string): number => mock.requests.filter((one) => one.phase === phase).length
  return { ran, mock, clock, notices, asked, code: (ran.thrown as { code?: string } | undefined)?.code }
}

const discovered = { tokenUrl: undefined }
const signed = backendServices(discovered)

describe('a whole export', () => {
  test.each<[string, AuthMethod]>([
    ['ES384', signed],
    ['RS384', backendServices({ ...discovered, readKey: async () => rsa.pem })],
    ['client-secret-basic', clientSecret('client-secret-basic', discovered)],
    ['client-secret-post', clientSecret('client-secret-post', discovered)],
    ['with --token-url', backendServices({ tokenUrl: `${origin}/auth/token` })],
  ])('%s: one token', async (_, method) => {
    const { ran, asked, notices } = await exported(method)
    expect(ran.thrown).toBeUndefined()
    expect(exitOf(ran)).toBe(0)
    expect(asked('token')).toBe(1)
    expect(notices).toEqual([])
  })

  test('the token is seen at the FHIR server only, the assertion at the token endpoint only', async () => {
    const { mock } = await exported(signed)
    for (const { phase, headers, body } of mock.requests) {
      const open = ['token', 'discovery'].includes(phase)
      expect(headers.authorization === undefined, phase).toBe(open || phase === 'other')
      expect(body?.includes('client_assertion=') ?? false, phase).toBe(phase === 'token')
    }
  })

  test.each<[string, Fault[]]>([
    ['P-18 revoked while polling', [faults.revokeToken({ on: 'status' })]],
    ['F-07 revoked at a file', [faults.revokeToken({ on: 'file' })]],
    ['C-04 revoked at the DELETE', [faults.revokeToken({ on: 'delete' })]],
    ['expired while polling', [faults.expireTokens({ on: 'status' })]],
  ])('%s: a second token, everything once more', async (_, list) => {
    const { ran, asked } = await exported(signed, { faults: list })
    expect(exitOf(ran)).toBe(0)
    expect(asked('token')).toBe(2)
    expect(asked('kick-off')).toBe(1)
  })

  test('P-19 AB2D answers 403 without words to an expired token', async () => {
    const ab2d = personality({ access: { invalid: { status: 403, empty: true } } })
    const { ran, asked } = await exported(signed, {
      personality: ab2d,
      faults: [faults.expireTokens({ on: 'status' })],
    })
    expect(exitOf(ran)).toBe(0)
    expect(asked('token')).toBe(2)
  })

  test('P-18 tokens that live shorter than the job: renewed in time, never refused', async () => {
    const { ran, mock, asked } = await exported(signed, {
      tokenLifetimeMs: 300_000,
      jobMs: 900_000,
      personality: personality({ retryAfter: () => '10' }),
    })
    expect(exitOf(ran)).toBe(0)
    expect(asked('token')).toBeGreaterThan(2)
    expect(mock.requests.filter(({ status }) => status === 401)).toEqual([])
  })

  test('A-07 a busy token endpoint is waited for', async () => {
    const { ran, asked, clock } = await exported(signed, {
      faults: [faults.tokenBusy({ times: 2, retryAfter: '2' })],
    })
    expect(exitOf(ran)).toBe(0)
    expect(asked('token')).toBe(3)
    expect(clock.sleeps.slice(0, 2)).toEqual([2000, 2000])
  })

  test('A-02 a key that is not registered: 3, and no kick-off', async () => {
    const stranger = newElliptic()
    const { code, asked, ran } = await exported(
      backendServices({ ...discovered, readKey: async () => stranger.pem }),
    )
    expect(code).toBe('BULKX_TOKEN')
    expect(ran.thrown).toMatchObject({ exitCode: 3, hint: expect.stringContaining('kid') })
    expect([asked('token'), asked('kick-off')]).toEqual([1, 0])
  })

  test('A-05 a client with fewer scopes: a notice that names them', async () => {
    const { notices } = await exported(
      signed,
      { clients: [{ ...registered, scopes: ['system/Patient.rs'] }] },
      ['Patient', 'Observation'],
    )
    expect(notices[0]).toMatchObject({
      kind: 'missing-scopes',
      message: expect.stringContaining('system/Observation.rs'),
    })
  })

  test('K-37 not allowed: 3, with the scopes as a notice', async () => {
    const { code, notices } = await exported(backendServices({ ...discovered, scope: 'system/Patient.r' }))
    expect(code).toBe('BULKX_UNAUTHORIZED')
    expect(notices.at(-1)).toMatchObject({ kind: 'refused-scopes' })
  })
})

describe('A-12 a computer whose clock is wrong', () => {
  test.each([-600_000, -120_000, 120_000, 600_000])('by %i ms: a token, and a notice', async (skewMs) => {
    const { mock, exchange, clock } = guarded()
    const ours = fakeClock(clock.now() + skewMs)
    const notices: AuthNotice[] = []
    const credentials = credentialsFor(signed, {
      exchange: async (request) => {
        const reply = await exchange(request)
        return { ...reply, headers: { ...reply.headers, date: new Date(clock.now()).toUTCString() } }
      },
      clock: ours,
      random: () => 0,
      fhirUrl,
      types: [],
      onNotice: (notice) => notices.push(notice),
    })
    expect((await credentials.headers()).authorization).toMatch(/^Bearer /)
    const attempts = mock.requests.filter(({ phase }) => phase === 'token').length
    expect(notices).toHaveLength(attempts - 1)
  })
})

describe('the ways of the personalities', () => {
  const withTokens = Object.entries(personalities).filter(([, { auth }]) => auth.methods.length > 0)

  test.each(withTokens)('%s gives a token', async (_, row) => {
    const { auth } = row
    const base = `${origin}${row.basePath}`
    const { mock, exchange, clock } = guarded({ personality: row })
    const host = auth.tokenHost === 'elsewhere' ? mock.elsewhere.origin : origin
    const scope = Object.hasOwn(auth.permissions, '*') ? 'system/*.*' : undefined
    const common = { tokenUrl: new URL(auth.tokenUrl, host).href, scope }
    const readKey = async (): Promise<string> => (auth.algorithms.includes('ES384') ? elliptic.pem : rsa.pem)
    const audience = auth.audiences.includes('token-url') ? undefined : base
    const method: AuthMethod = auth.methods.includes('private_key_jwt')
      ? backendServices({ ...common, readKey, audience })
      : clientSecret(
          auth.methods.includes('client_secret_basic') ? 'client-secret-basic' : 'client-secret-post',
          common,
        )
    const deps: CredentialsDeps = { exchange, clock, random: () => 0, fhirUrl: base, types: ['Patient'] }
    const headers = await credentialsFor(method, deps).headers()
    expect(headers.authorization).toMatch(/^Bearer \S+$/)
  })
})

test('A-13 an error of the token endpoint in each style is told in its words', async () => {
  for (const body of ['json', 'text', 'empty'] as const) {
    const { exchange, clock } = guarded({
      faults: [faults.tokenError({ body, description: 'Key set not read yet' })],
    })
    const credentials = credentialsFor(signed, { exchange, clock, random: () => 0, fhirUrl, types: [] })
    const error = await failure(credentials.headers())
    expect(error.message.includes('Key set not read yet')).toBe(body !== 'empty')
    expect(error.hint).toContain('nightly')
  }
})
