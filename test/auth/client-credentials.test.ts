/** Token requests: what is sent, what is made of the answers, and what a person is told. */
import { calculateJwkThumbprint, exportJWK, importSPKI, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { HttpHeaders } from '../../src/http/exchange.js'
import { NetworkError } from '../../src/http/network-error.js'
import { type Asked, fhirUrl, origin, type Reply, type Script } from '../helpers/scripted-server.js'
import {
  assertionOf,
  backendServices,
  clientSecret,
  elliptic,
  failure,
  newElliptic,
  newRsa,
  numbered,
  party,
  rsa,
  secret,
  tokenUrl,
  visible,
} from './party.js'

const endpoint = `POST ${tokenUrl}`
const good: Reply = { body: { access_token: 'good', token_type: 'bearer', expires_in: 3600 } }
const refuse = (error: string, description?: string, status = 400, headers: HttpHeaders = {}): Reply => ({
  status,
  headers,
  body: { error, error_description: description },
})

describe('the assertion', () => {
  test('has all that SMART asks for, and nothing else', async () => {
    const { credentials, asked, clock } = party(backendServices({ scope: 'system/*.rs' }))
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1' })
    const [request] = asked()
    if (!request) throw new Error('no request')
    expect(Object.keys(request.form).sort()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'grant_type',
      'scope',
    ])
    expect(request.form).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'system/*.rs',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
    expect(request.headers).toEqual({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    })
    const { header, claims } = assertionOf(request)
    const publicKey = await importSPKI(elliptic.publicPem, 'ES384', { extractable: true })
    await jwtVerify(request.form.client_assertion ?? '', publicKey, { currentDate: new Date(clock.now()) })
    const kid = await calculateJwkThumbprint(await exportJWK(publicKey))
    expect(header).toEqual({ alg: 'ES384', typ: 'JWT', kid })
    const now = clock.now() / 1000
    expect(claims).toEqual({
      iss: 'client-1',
      sub: 'client-1',
      aud: tokenUrl,
      jti: expect.stringMatching(/^[\w-]{20,}$/),
      iat: now - 10,
      exp: now + 230,
    })
  })

  test.each([
    ['RSA', rsa.pem, {}, 'RS384'],
    ['P-384', elliptic.pem, {}, 'ES384'],
    ['RSA with --alg and --kid', rsa.pem, { alg: 'RS256', kid: 'k1' }, 'RS256'],
  ])('A-14 alg from the key, kid always: %s', async (_, pem, choice, alg) => {
    const { credentials, asked } = party(backendServices({ readKey: async () => pem, ...choice }))
    await credentials.headers()
    const { header } = assertionOf(asked()[0] ?? { form: {} })
    expect(header.alg).toBe(alg)
    expect(header.kid).toMatch('kid' in choice ? /^k1$/ : /^[\w-]{43}$/)
  })

  test('A-11 aud: the token URL to the letter, or the option', async () => {
    const spelled = 'https://auth.example:443/a/../token?x=%20'
    const routes = { 'POST https': numbered }
    const plain = party(backendServices({ tokenUrl: spelled }), routes)
    await plain.credentials.headers()
    expect(plain.server.requests[0]?.url).toBe(spelled)
    expect(assertionOf(plain.asked()[0] ?? { form: {} }).claims.aud).toBe(spelled)
    const named = party(backendServices({ audience: fhirUrl }))
    await named.credentials.headers()
    expect(assertionOf(named.asked()[0] ?? { form: {} }).claims.aud).toBe(fhirUrl)
  })

  test('A-12 a fresh jti each time', async () => {
    const { credentials, asked, clock } = party(backendServices())
    await credentials.headers()
    clock.advance(3_600_000)
    await credentials.headers()
    const ids = asked().map((request) => assertionOf(request).claims.jti)
    expect(new Set(ids).size).toBe(2)
  })

  test('a new key in the file is noticed', async () => {
    const keys = [elliptic.pem, rsa.pem]
    const { credentials, asked } = party(backendServices({ readKey: async () => keys.shift() ?? '' }))
    await credentials.headers(await credentials.headers())
    expect(asked().map((request) => assertionOf(request).header.alg)).toEqual(['ES384', 'RS384'])
  })
})

describe('a secret', () => {
  test('in the header, form-encoded first', async () => {
    const { credentials, asked } = party(clientSecret('client-secret-basic', { clientId: 'a:b' }))
    await credentials.headers()
    const [request] = asked()
    const [scheme, value = ''] = request?.headers.authorization?.split(' ') ?? []
    expect(scheme).toBe('Basic')
    expect(Buffer.from(value, 'base64').toString()).toBe('a%3Ab:p%26ss%2Bw0rd%2F+%3D%25%3A%C3%BC')
    expect(request?.form).toEqual({ grant_type: 'client_credentials' })
  })

  test('among the parameters, with an audience', async () => {
    const { credentials, asked } = party(clientSecret('client-secret-post', { audience: 'api', scope: 'x' }))
    await credentials.headers()
    expect(asked()[0]?.form).toEqual({
      grant_type: 'client_credentials',
      scope: 'x',
      audience: 'api',
      client_id: 'client-1',
      client_secret: secret,
    })
    expect(asked()[0]?.headers.authorization).toBeUndefined()
  })
})

describe('the scope', () => {
  const smart = `GET ${fhirUrl}/.well-known/smart-configuration`
  const served = (body: object): Record<string, Script> => ({ [smart]: { body }, [endpoint]: numbered })
  test.each<
    [string, { scope?: string; tokenUrl?: string }, string[] | undefined, object, string | undefined]
  >([
    ['as given', { scope: 'system/DiagnositcReport.read' }, ['Patient'], {}, 'system/DiagnositcReport.read'],
    ['Epic: none', { scope: '' }, ['Patient'], {}, undefined],
    ['no types known', {}, undefined, {}, undefined],
    ['derived', {}, ['Patient'], {}, 'system/Patient.rs'],
    ['derived, v1', {}, [], { capabilities: ['permission-v1'] }, 'system/*.read'],
    [
      'derived, with discovery',
      { tokenUrl: undefined },
      [],
      { scopes_supported: ['system/*.read'] },
      'system/*.read',
    ],
  ])('%s', async (_, method, types, body, want) => {
    const { credentials, asked } = party(
      backendServices(method),
      served({ token_endpoint: tokenUrl, ...body }),
      { types },
    )
    await credentials.headers()
    expect(asked()[0]?.form.scope).toBe(want)
  })

  test('A-05 fewer granted than asked: one notice that names the missing ones', async () => {
    const granted: Reply = { body: { access_token: 'a', expires_in: 60, scope: 'system/Group.rs' } }
    const { credentials, notices, clock } = party(
      backendServices({ scope: 'system/Group.read system/Patient.read' }),
      { [endpoint]: granted },
    )
    await credentials.headers()
    clock.advance(60_000)
    await credentials.headers()
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatchObject({ kind: 'missing-scopes' })
    expect(notices[0]?.message).toMatch(/not system\/Patient\.read, but system\/Group\.rs$/)
  })

  test.each([
    ['not said', undefined],
    ['the same in other words', 'system/*.rs'],
  ])('A-05 nothing is missing: %s', async (_, scope) => {
    const { credentials, notices } = party(backendServices({ scope: 'system/Patient.read' }), {
      [endpoint]: { body: { access_token: 'a', scope } },
    })
    await credentials.headers()
    expect(notices).toEqual([])
  })
})

describe('the endpoint', () => {
  test('A-10 is discovered once', async () => {
    const { credentials, server, clock } = party(backendServices({ tokenUrl: undefined }), {
      [`GET ${fhirUrl}/.well-known/smart-configuration`]: { body: { token_endpoint: '/t' } },
      [`POST ${origin}/t`]: numbered,
    })
    await credentials.headers()
    clock.advance(3_600_000)
    await credentials.headers()
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST'])
  })

  test('is looked for again after a failure', async () => {
    const { credentials, server } = party(backendServices({ tokenUrl: undefined }), {
      [`GET ${fhirUrl}/.well-known/smart-configuration`]: [
        { status: 503 },
        { body: { token_endpoint: '/t' } },
      ],
      [`POST ${origin}/t`]: numbered,
    })
    await expect(credentials.headers()).rejects.toBeInstanceOf(NetworkError)
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1' })
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'POST'])
  })

  test('in clear text is a wrong option', () => {
    const make = () => party(backendServices({ tokenUrl: 'http://auth.example/token?secret=1' }))
    expect(make).toThrow('The token endpoint must be an https URL, not http://auth.example/token')
    expect(() => party(backendServices({ tokenUrl: 'http://127.0.0.1:8/token' }))).not.toThrow()
  })

  test.each([
    ['another origin', 307, 'https://evil.example/token'],
    ['another origin, permanently', 308, 'https://evil.example/token'],
    ['with a method change', 302, '/login'],
    ['another port', 307, 'https://auth.example:8443/token'],
    ['plain http', 307, 'http://auth.example/token'],
  ])('A-16 redirects to %s: not followed', async (_, status, location) => {
    const { credentials, server } = party(backendServices(), {
      [endpoint]: { status, headers: { location } },
    })
    const error = await failure(credentials.headers())
    expect(error).toMatchObject({ code: 'BULKX_TOKEN', exitCode: 3 })
    expect(error.message).toContain('redirects to')
    expect(error.hint).toContain('--token-url')
    expect(server.requests).toHaveLength(1)
  })

  test('A-16 redirects within the origin: followed', async () => {
    const { credentials, server } = party(backendServices(), {
      [endpoint]: { status: 307, headers: { location: '/v2/token' } },
      'POST https://auth.example/v2/token': numbered,
    })
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1' })
    expect(server.requests[1]?.body).toBe(server.requests[0]?.body)
  })
})

describe('A-12 the clock', () => {
  /** Takes assertions that are right by a clock that is `skewS` ahead of ours. */
  const strict =
    (skewS: number): Script =>
    ({ body }: Asked, number) => {
      const { claims } = assertionOf({ form: Object.fromEntries(new URLSearchParams(body)) })
      const now = Date.UTC(2026, 0, 1) / 1000 + skewS
      const { iat = 0, exp = 0 } = claims
      const headers = { date: new Date(now * 1000).toUTCString() }
      if (iat > now || exp <= now || exp > now + 300) return refuse('invalid_client', 'exp', 400, headers)
      return { ...good, headers, body: { access_token: `token-${number + 1}`, expires_in: 3600 } }
    }

  test.each([
    [-3600, "this computer's clock is 1 h ahead of the server's"],
    [-190, "this computer's clock is 3 min 10 s ahead of the server's"],
    [-45, "this computer's clock is 45 s ahead of the server's"],
    [600, "this computer's clock is 10 min behind the server's"],
    [172_800, "this computer's clock is 2 d behind the server's"],
  ])('differs by %i s: an assertion by the time of the server, and a notice', async (skewS, words) => {
    const { credentials, notices, asked } = party(backendServices(), { [endpoint]: strict(skewS) })
    const first = await credentials.headers()
    expect(first).toEqual({ authorization: 'Bearer token-2' })
    expect(asked()).toHaveLength(2)
    expect(notices).toHaveLength(1)
    expect(notices[0]?.message).toContain(words)
    await credentials.headers(first)
    expect(asked()).toHaveLength(3)
    expect(notices).toHaveLength(1)
  })

  test.each([0, 8, -8, 180])('differs by %i s: taken as it is', async (skewS) => {
    const { credentials, notices, asked } = party(backendServices(), { [endpoint]: strict(skewS) })
    await credentials.headers()
    expect(asked()).toHaveLength(1)
    expect(notices).toEqual([])
  })

  const dated = (ms: number) => ({ date: new Date(Date.UTC(2026, 0, 1) + ms).toUTCString() })

  test('is not the reason: told with the rest, and nothing is corrected', async () => {
    const reply = refuse('invalid_client', 'no such client', 401, dated(200_000))
    const { credentials, asked, notices } = party(backendServices(), { [endpoint]: reply })
    const error = await failure(credentials.headers())
    expect(error.hint).toContain("this computer's clock is 3 min 20 s behind the server's")
    expect(asked()).toHaveLength(2)
    await failure(credentials.headers())
    const { claims } = assertionOf(asked()[2] ?? { form: {} })
    expect(claims.iat).toBe(Date.UTC(2026, 0, 1) / 1000 - 10)
    expect(notices).toEqual([])
  })

  test('of a server that does not tell it, or of a secret, asks nothing twice', async () => {
    const untold = party(backendServices(), { [endpoint]: refuse('invalid_client') })
    await failure(untold.credentials.headers())
    expect(untold.asked()).toHaveLength(1)
    const post = party(clientSecret('client-secret-post'), {
      [endpoint]: refuse('invalid_client', '', 401, dated(900_000)),
    })
    const error = await failure(post.credentials.headers())
    expect(post.asked()).toHaveLength(1)
    expect(error.hint).not.toContain('clock')
  })
})

describe('refused', () => {
  test('A-02, A-13 invalid_client: final; what was claimed, and what to check', async () => {
    const reply = refuse('invalid_client', 'Unknown key', 400, {
      date: new Date(Date.UTC(2026, 0, 1)).toUTCString(),
    })
    const { credentials, asked, clock } = party(backendServices({ kid: 'k1' }), { [endpoint]: reply })
    const error = await failure(credentials.headers())
    expect(error).toMatchObject({ code: 'BULKX_TOKEN', exitCode: 3 })
    expect(error.message).toBe(
      `The token endpoint ${tokenUrl} gave no token, HTTP 400: invalid_client: Unknown key`,
    )
    expect(error.hint).toContain(`iss and sub client-1, aud ${tokenUrl}, kid k1, alg ES384`)
    expect(error.hint).toContain("this computer's clock agrees with the server's")
    expect(error.hint).toMatch(/--audience.*registered.*nightly/)
    expect(asked()).toHaveLength(1)
    expect(clock.sleeps).toEqual([])
  })

  test('A-04 invalid_scope: the scopes asked for, and --scope', async () => {
    const { credentials } = party(backendServices({ scope: 'system/*.read' }), {
      [endpoint]: refuse('invalid_scope', 'wildcards are not allowed'),
    })
    const { hint } = await failure(credentials.headers())
    expect(hint).toMatch(/asked for the scopes system\/\*\.read;.* --scope/)
  })

  test('A-04 a scope that is required', async () => {
    const { credentials } = party(backendServices(), { [endpoint]: refuse('invalid_scope') })
    expect((await failure(credentials.headers())).hint).toMatch(/no scope was asked for;.*--scope/)
  })

  test('A-06 words about scopes: .rs is named', async () => {
    const { credentials } = party(backendServices({ scope: 'system/Patient.read' }), {
      [endpoint]: { status: 401, body: 'Must have scopes allowing read+search' },
    })
    const error = await failure(credentials.headers())
    expect(error.message).toContain('Must have scopes allowing read+search')
    expect(error.hint).toMatch(/system\/Patient\.read; .*\.rs.*--scope/)
  })

  test('a page instead of a token', async () => {
    const { credentials } = party(backendServices(), {
      [endpoint]: { body: '<html><title>Sign in</title></html>' },
    })
    expect((await failure(credentials.headers())).message).toMatch(/HTTP 200: instead of .* "Sign in"$/)
  })

  test('A-03 a renewal: Epic answers a bare 400, then a token', async () => {
    const { credentials, asked, clock } = party(backendServices(), {
      [endpoint]: [good, { status: 400 }, { status: 400 }, good],
    })
    await credentials.headers()
    clock.advance(3_600_000)
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer good' })
    expect(asked()).toHaveLength(4)
    expect(clock.sleeps).toEqual([1000, 2000])
  })

  test('A-07 BCDA: 429 with Retry-After and text, 503 with 1, then a token', async () => {
    const { credentials, clock } = party(clientSecret('client-secret-basic'), {
      [endpoint]: [
        { status: 429, headers: { 'retry-after': '20' }, body: 'Too many requests' },
        { status: 503, headers: { 'retry-after': '1' }, body: 'Maintenance' },
        good,
      ],
    })
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer good' })
    expect(clock.sleeps).toEqual([20_000, 1000])
  })

  test('A-07 a server in trouble, or out of reach: an unsent network error with its words', async () => {
    const trouble = party(backendServices(), { [endpoint]: { status: 503, body: 'Maintenance' } })
    await expect(trouble.credentials.headers()).rejects.toMatchObject({
      name: 'NetworkError',
      sent: false,
      message: `the token endpoint ${tokenUrl} answers HTTP 503: Maintenance`,
    })
    const away = party(backendServices(), {
      [endpoint]: new NetworkError('broken', 'the connection was reset', { sent: true }),
    })
    await expect(away.credentials.headers()).rejects.toMatchObject({
      name: 'NetworkError',
      sent: false,
      message: `the token endpoint ${tokenUrl}: the connection was reset`,
    })
  })

  test('a key that cannot be used: 2, and nothing is sent', async () => {
    const { credentials, server } = party(backendServices({ readKey: async () => elliptic.publicPem }))
    expect(await failure(credentials.headers())).toMatchObject({ code: 'BULKX_CONFIG', exitCode: 2 })
    expect(server.requests).toEqual([])
  })
})

describe('servers that repeat what they were sent', () => {
  const echo = ({ body = '', headers }: Asked): Reply => ({
    status: 400,
    body: {
      error: 'invalid_client',
      error_description: `${body} ${decodeURIComponent(body.replaceAll('+', ' '))} ${headers.authorization}`,
      error_uri: `https://x.example/?${body}`,
    },
  })
  const keys = { P384: newElliptic().pem, RSA: newRsa().pem }
  test.each([
    ['assertion, P-384', backendServices({ readKey: async () => keys.P384 })],
    ['assertion, RSA', backendServices({ readKey: async () => keys.RSA })],
    ['Basic', clientSecret('client-secret-basic')],
    ['post', clientSecret('client-secret-post')],
  ])('%s: no message holds it', async (_, method) => {
    const { credentials, server } = party(method, { [endpoint]: echo })
    const seen = visible(await failure(credentials.headers()))
    const { body = '', headers } = server.requests[0] ?? {}
    const form = new URLSearchParams(body)
    const planted = [
      form.get('client_assertion')?.split('.')[2],
      headers?.authorization?.split(' ')[1],
      form.get('client_secret'),
      secret,
    ]
    for (const one of planted) if (one) expect(seen).not.toContain(one)
    expect(seen).toContain('***')
  })
})

test('an answer longer than a MiB is no token', async () => {
  const { credentials } = party(clientSecret('client-secret-post'), {
    [endpoint]: { body: { access_token: 'a'.repeat(1024 * 1024), expires_in: 60 } },
  })
  await expect(credentials.headers()).rejects.toMatchObject({ code: 'BULKX_TOKEN' })
})
