/** The token endpoint: who gets a token, and who is refused with which words. */
import { describe, expect, test } from 'vitest'
import { createMock, listen } from '../../src/mock/index.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { ask, FHIR, ORIGIN } from './conversation.js'
import {
  type Assertion,
  assertion,
  basic,
  CLIENT,
  client,
  clientCredentials,
  elliptic,
  errorOf,
  guarded,
  impostor,
  JWT_BEARER,
  kickOff,
  post,
  request,
  rsa,
  SECRET,
  TOKEN_URL,
  tokenFor,
  tokenJson,
} from './identity.js'

const NOW = fakeClock().now() / 1000

describe('private_key_jwt', () => {
  test.each([
    ['ES384', elliptic],
    ['RS384', rsa],
  ])('%s gives a token that is good for everything', async (_, key) => {
    const server = guarded()
    const response = await request(server, {}, { key })
    expect(response.headers.get('cache-control')).toBe('no-store')
    const token = await tokenJson(response)
    expect(token).toEqual({
      access_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'bearer',
      expires_in: 300,
      scope: 'system/*.rs',
    })
    expect((await kickOff(server.mock, '$export', token.access_token)).status).toBe(202)
  })

  test('tokens differ, also those of a server that was started again', async () => {
    const server = guarded()
    const first = await tokenFor(server)
    const again = guarded()
    again.clock.advance(1)
    expect(new Set([first, await tokenFor(server), await tokenFor(again)]).size).toBe(3)
  })

  test.each<[string, Assertion, Record<string, string>?]>([
    ['aud as a list', { claims: { aud: ['https://other.example', TOKEN_URL] } }],
    ['exp five minutes ahead', { claims: { exp: NOW + 300 } }],
    ['exp a second ahead', { claims: { exp: NOW + 1 } }],
    ['no iat', { claims: { iat: undefined } }],
    ['iat of a clock that is a little ahead', { claims: { iat: NOW + 10, nbf: NOW + 10 } }],
    ['a clock three minutes behind', { claims: { iat: NOW - 180, exp: NOW + 60 } }],
    ['the client_id, too', {}, { client_id: CLIENT }],
  ])('takes %s', async (_, right, parameters) => {
    expect((await request(guarded(), parameters, right)).status).toBe(200)
  })

  test.each<[string, Assertion, RegExp]>([
    ['RS256', { key: { ...rsa, alg: 'RS256' } }, /alg must be one of RS384, ES384; it is "RS256"/],
    ['a shared secret', { key: { ...rsa, alg: 'HS384', key: new Uint8Array(48) } }, /alg must be .* "HS384"/],
    ['another typ', { header: { typ: 'at+jwt' } }, /typ must be "JWT"/],
    ['no typ', { header: { typ: undefined } }, /typ must be "JWT"; it is missing/],
    ['no kid', { header: { kid: undefined } }, /kid is missing/],
    ['an unknown kid', { header: { kid: 'ec-2' } }, /kid: the registered JWKS has no key "ec-2"/],
    ['the kid of another key', { header: { kid: 'rsa-1' } }, /the key "rsa-1" is not one for ES384/],
    ['another key', { key: impostor }, /signature/],
    ['no iss', { claims: { iss: undefined } }, /iss is missing/],
    ['no sub', { claims: { sub: undefined } }, /iss and sub/],
    ['another sub', { claims: { sub: 'somebody' } }, /iss and sub .* "client-1" and "somebody"/],
    ['an unknown client', { claims: { iss: 'nobody', sub: 'nobody' } }, /there is no client "nobody"/],
    ['no aud', { claims: { aud: undefined } }, /aud must be .* it is missing/],
    ['the FHIR base as aud', { claims: { aud: FHIR } }, /aud must be "http:\/\/mock.example\/auth\/token"/],
    ['a slash too many', { claims: { aud: `${TOKEN_URL}/` } }, /aud must be/],
    ['no exp', { claims: { exp: undefined } }, /exp is missing/],
    [
      'exp now',
      { claims: { exp: NOW } },
      /expired at 2026-01-01T00:00:00.000Z; the server's clock says 2026/,
    ],
    ['a clock six minutes behind', { claims: { iat: NOW - 360, exp: NOW - 60 } }, /expired at 2025-12-31/],
    ['exp more than five minutes ahead', { claims: { exp: NOW + 301 } }, /more than 5 minutes ahead/],
    ['exp in milliseconds', { claims: { exp: (NOW + 60) * 1000 } }, /more than 5 minutes ahead/],
    ['exp as text', { claims: { exp: String(NOW + 60) } }, /exp is not a number/],
    ['iat in the future', { claims: { iat: NOW + 11 } }, /iat is in the future/],
    ['nbf in the future', { claims: { nbf: NOW + 11 } }, /nbf: .* not valid before/],
    ['no jti', { claims: { jti: undefined } }, /jti is missing/],
    ['an empty jti', { claims: { jti: '' } }, /jti is missing/],
  ])('refuses %s', async (_, wrong, words) => {
    const [status, error, description] = await errorOf(await request(guarded(), {}, wrong))
    expect([status, error]).toEqual([400, 'invalid_client'])
    expect(description).toMatch(words)
  })

  test.each([
    ['rubbish', 'rubbish', /not a JWT/],
    ['numbers for words', `${btoa('{"alg":1,"typ":2,"kid":3}')}.${btoa('{"iss":4}')}.x`, /alg must be/],
    ['an unsigned one', `${btoa('{"alg":"none","typ":"JWT","kid":"ec-1"}')}.${btoa('{}')}.`, /"none"/],
  ])('refuses %s', async (_, text, words) => {
    const [status, error, description] = await errorOf(await request(guarded(), { client_assertion: text }))
    expect([status, error]).toEqual([400, 'invalid_client'])
    expect(description).toMatch(words)
  })

  test('refuses an assertion that was changed after it was signed', async () => {
    const server = guarded()
    const [header, , signature] = (await assertion(server.clock)).split('.')
    const [, payload] = (await assertion(server.clock, { claims: { jti: 'another' } })).split('.')
    const response = await request(server, { client_assertion: [header, payload, signature].join('.') })
    expect((await errorOf(response))[2]).toMatch(/signature/)
  })
})

describe('an assertion is good once', () => {
  const claims = { jti: 'the-one' }

  test('and not a second time', async () => {
    const server = guarded()
    const client_assertion = await assertion(server.clock)
    expect((await request(server, { client_assertion })).status).toBe(200)
    const [status, error, words] = await errorOf(await request(server, { client_assertion }))
    expect([status, error]).toEqual([400, 'invalid_client'])
    expect(words).toMatch(/jti: the assertion ".*" was used before/)
  })

  test('also when the same jti is signed again, until the first one has expired', async () => {
    const server = guarded()
    expect((await request(server, {}, { claims: { ...claims, exp: NOW + 60 } })).status).toBe(200)
    server.clock.advance(59_000)
    expect((await request(server, {}, { claims })).status).toBe(400)
    server.clock.advance(1000)
    expect((await request(server, {}, { claims })).status).toBe(200)
  })

  test('for each client', async () => {
    const server = guarded({ clients: [client(), client({ id: 'client-2' })] })
    expect((await request(server, {}, { claims })).status).toBe(200)
    const other = { ...claims, iss: 'client-2', sub: 'client-2' }
    expect((await request(server, {}, { claims: other })).status).toBe(200)
  })

  test('and a refused one has not been used', async () => {
    const server = guarded()
    expect((await request(server, {}, { claims: { ...claims, aud: FHIR } })).status).toBe(400)
    expect((await request(server, {}, { claims })).status).toBe(200)
  })
})

describe('the request', () => {
  const byPost = { ...clientCredentials, client_id: CLIENT, client_secret: SECRET }

  test.each<[string, Record<string, string | undefined>, string, RegExp]>([
    ['no grant_type', { grant_type: undefined }, 'invalid_request', /grant_type is missing/],
    ['an empty grant_type', { grant_type: '' }, 'invalid_request', /grant_type is missing/],
    ['another grant_type', { grant_type: 'password' }, 'unsupported_grant_type', /client_credentials/],
    ['no scope', { scope: undefined }, 'invalid_scope', /scope is missing/],
    ['no authentication', { client_secret: undefined }, 'invalid_client', /no client authentication/],
    ['two of them', { client_assertion_type: JWT_BEARER }, 'invalid_request', /Only one .* private_key_jwt/],
    ['a wrong secret', { client_secret: 'guess' }, 'invalid_client', /secret is wrong/],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client', /no client "nobody"/],
    ['no client', { client_id: undefined }, 'invalid_client', /no client ""/],
  ])('is refused with %s', async (_, wrong, code, words) => {
    const [status, error, description] = await errorOf(await post(guarded().mock, { ...byPost, ...wrong }))
    expect([status, error]).toEqual([400, code])
    expect(description).toMatch(words)
  })

  test.each<[string, Record<string, string | undefined>, string, RegExp]>([
    ['no client_assertion_type', { client_assertion_type: undefined }, 'invalid_request', /type is missing/],
    [
      'a wrong client_assertion_type',
      { client_assertion_type: 'jwt' },
      'invalid_client',
      /type must be urn:/,
    ],
    [
      'no client_assertion',
      { client_assertion: undefined },
      'invalid_request',
      /client_assertion is missing/,
    ],
    ['another client_id', { client_id: 'client-2' }, 'invalid_client', /client_id is not the iss/],
  ])('is refused with %s', async (_, wrong, code, words) => {
    const [status, error, description] = await errorOf(await request(guarded(), wrong))
    expect([status, error]).toEqual([400, code])
    expect(description).toMatch(words)
  })

  test.each([
    ['JSON', 'application/json', '{"grant_type":"client_credentials"}', /must be application\/x-www-form/],
    [
      'a parameter twice',
      'application/x-www-form-urlencoded',
      'scope=a&scope=b',
      /scope may be given only once/,
    ],
  ])('is refused with %s', async (_, type, body, words) => {
    const init = { method: 'POST', headers: { 'content-type': type }, body }
    const [status, error, description] = await errorOf(await ask(guarded().mock, TOKEN_URL, init))
    expect([status, error]).toEqual([400, 'invalid_request'])
    expect(description).toMatch(words)
  })

  test('must be a POST', async () => {
    const response = await ask(guarded().mock, TOKEN_URL)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('is remembered', async () => {
    const { mock } = guarded()
    await post(mock, byPost)
    expect(mock.requests).toMatchObject([{ phase: 'token', method: 'POST', url: TOKEN_URL, status: 200 }])
  })
})

describe('secrets', () => {
  test('by Basic, form-encoded first', async () => {
    const { mock } = guarded()
    expect((await tokenJson(await post(mock, clientCredentials, basic()))).scope).toBe('system/*.rs')
    const plus = Buffer.from(`${CLIENT}:p%26ss+w%C3%B6rd%3A1%2B1`).toString('base64')
    expect((await post(mock, clientCredentials, { authorization: `basic ${plus}` })).status).toBe(200)
  })

  test.each<[string, string, RegExp]>([
    ['a wrong secret', basic(CLIENT, 'guess').authorization ?? '', /secret is wrong/],
    ['an unknown client', basic('nobody').authorization ?? '', /no client "nobody"/],
    ['a client that has none', basic('keys-only').authorization ?? '', /"keys-only" has no secret/],
    ['another scheme', 'Bearer abc', /not Basic/],
    ['no colon', `Basic ${btoa('abc')}`, /no client ""/],
    ['percent signs', `Basic ${btoa('a:%zz')}`, /not form-encoded/],
  ])('%s is refused with 401', async (_, authorization, words) => {
    const { mock } = guarded({ clients: [client(), client({ id: 'keys-only', secret: undefined })] })
    const response = await post(mock, clientCredentials, { authorization })
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    const [status, error, description] = await errorOf(response)
    expect([status, error]).toEqual([401, 'invalid_client'])
    expect(description).toMatch(words)
  })

  test('Basic and client_id must not disagree', async () => {
    const response = await post(guarded().mock, { ...clientCredentials, client_id: 'client-2' }, basic())
    expect((await errorOf(response))[2]).toMatch(/client_id is not the one of Basic/)
  })

  test('a client with a secret only has no keys', async () => {
    const response = await request(guarded({ clients: [client({ jwks: undefined })] }))
    expect((await errorOf(response))[2]).toMatch(/no key "ec-1"/)
  })
})

test('over TCP the audience is the URL that was asked', async () => {
  const clock = fakeClock()
  const server = await listen(createMock({ clock, clients: [client()] }))
  const url = `${server.url}/auth/token`
  const ask = async (aud: string) => {
    const client_assertion = await assertion(clock, { claims: { aud } })
    const form = { grant_type: 'client_credentials', scope: 'system/*.read', client_assertion }
    const body = new URLSearchParams({ ...form, client_assertion_type: JWT_BEARER })
    return (await fetch(url, { method: 'POST', body })).status
  }
  try {
    expect([await ask(url), await ask(`${ORIGIN}/auth/token`)]).toEqual([200, 400])
  } finally {
    await server.close()
  }
})
