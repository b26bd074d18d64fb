/** Identity as data: what personalities say of tokens, and which clients can be registered. */
import { describe, expect, test } from 'vitest'
import { personality, readJwks } from '../../src/mock/index.js'
import { ask, FHIR, headers, ORIGIN } from './conversation.js'
import {
  type Assertion,
  assertion,
  basic,
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
  TOKEN_URL,
  tokenJson,
} from './identity.js'

describe('personalities', () => {
  test('AB2D: an expired token is a bare 403', async () => {
    const row = personality({ access: { invalid: { status: 403, empty: true } } })
    const server = guarded({ personality: row })
    const response = await kickOff(server.mock, '$export', 'expired')
    expect([response.status, await response.text()]).toEqual([403, ''])
    expect((await ask(server.mock, `${FHIR}/$export`, { headers })).status).toBe(401)
  })

  test('BCDA: Basic without a form, a lifetime as text, errors as text', async () => {
    const { mock } = guarded({
      personality: personality({
        auth: {
          methods: ['client_secret_basic'],
          grantType: 'optional',
          scope: 'ignored',
          expiresIn: 'string',
          lifetimeMs: 1_200_000,
          errors: 'text',
        },
      }),
    })
    expect(await tokenJson(await post(mock, {}, basic()))).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: '1200',
    })
    const refused = await post(mock, {}, basic('nobody'))
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'text/plain; charset=utf-8'])
    expect(await refused.text()).toBe('There is no client "nobody"\n')
  })

  test('no lifetime, no type, a JWT as token', async () => {
    const auth = { expiresIn: 'missing', tokenType: undefined, token: 'jwt' } as const
    const server = guarded({ personality: personality({ auth }) })
    const token = await tokenJson(await request(server))
    expect(Object.keys(token)).toEqual(['access_token', 'scope'])
    const claims: unknown = JSON.parse(
      Buffer.from(token.access_token.split('.')[1] ?? '', 'base64url').toString(),
    )
    const now = server.clock.now() / 1000
    expect(claims).toMatchObject({
      iss: ORIGIN,
      sub: 'client-1',
      scope: 'system/*.rs',
      iat: now,
      exp: now + 300,
    })
    expect((await kickOff(server.mock, '$export', token.access_token)).status).toBe(202)
  })

  test('Epic: errors without a body, and a request without a scope', async () => {
    const auth = { errors: 'empty', scope: 'optional', invalidClient: 401 } as const
    const server = guarded({ personality: personality({ auth }) })
    const refused = await request(server, {}, { claims: { aud: 'elsewhere' } })
    expect([refused.status, await refused.text()]).toEqual([401, ''])
    expect((await request(server, { scope: undefined })).status).toBe(200)
  })

  test.each<[string, Parameters<typeof personality>[0], Assertion, number]>([
    ['ES384 only', { auth: { algorithms: ['ES384'] } }, { key: rsa }, 400],
    ['ES384 only', { auth: { algorithms: ['ES384'] } }, { key: elliptic }, 200],
    ['RSA only', { auth: { algorithms: ['RS384'] } }, { key: elliptic }, 400],
    ['the FHIR base as audience', { auth: { audiences: ['fhir-base'] } }, { claims: { aud: FHIR } }, 200],
    ['the FHIR base as audience', { auth: { audiences: ['fhir-base'] } }, {}, 400],
    ['both audiences', { auth: { audiences: ['token-url', 'fhir-base'] } }, { claims: { aud: FHIR } }, 200],
    ['secrets only', { auth: { methods: ['client_secret_basic'] } }, {}, 400],
  ])('%s', async (_, row, wrong, status) => {
    expect((await request(guarded({ personality: personality(row) }), {}, wrong)).status).toBe(status)
  })

  test.each(['/fhir/oauth2/token', 'https://login.example/oauth2/v1/token'])(
    'tokens at %s',
    async (tokenUrl) => {
      const server = guarded({ personality: personality({ auth: { tokenUrl } }) })
      const url = new URL(tokenUrl, ORIGIN).href
      const configuration = await ask(server.mock, `${FHIR}/.well-known/smart-configuration`)
      expect(await configuration.json()).toMatchObject({ token_endpoint: url })
      const client_assertion = await assertion(server.clock, { claims: { aud: url } })
      const fields = { ...clientCredentials, client_assertion_type: JWT_BEARER, client_assertion }
      expect((await post(server.mock, fields, {}, url)).status).toBe(200)
      expect((await post(server.mock, fields)).status).toBe(404)
    },
  )

  test('discovery may lack things, or be missing', async () => {
    const advertising = async (advertise: (document: Readonly<Record<string, unknown>>) => unknown) => {
      const { mock } = guarded({ personality: personality({ auth: { advertise } }) })
      return ask(mock, `${FHIR}/.well-known/smart-configuration`)
    }
    expect((await advertising(() => undefined)).status).toBe(404)
    const poor = await advertising(({ token_endpoint }) => ({ token_endpoint }))
    expect(await poor.json()).toEqual({ token_endpoint: TOKEN_URL })
  })
})

describe('registration', () => {
  const privateJwk = { ...elliptic.jwk, d: 'secret' }

  test('readJwks keeps what is public', () => {
    expect(readJwks(JSON.stringify({ keys: [privateJwk] })).keys).toEqual([elliptic.jwk])
  })

  test.each([
    ['not JSON', 'keys', /not JSON/],
    ['null', 'null', /no "keys"/],
    ['no keys', '{"keys":[]}', /no "keys"/],
    ['a key alone', JSON.stringify(elliptic.jwk), /no "keys"/],
    ['no kid', '{"keys":[{"kty":"EC"}]}', /key 1 of the JWKS has no kid/],
    ['a shared key', '{"keys":[{"kty":"oct","kid":"1"}]}', /no RSA and no EC key/],
  ])('readJwks refuses %s', (_, text, words) => {
    expect(() => readJwks(text)).toThrow(words)
  })

  test.each([
    ['neither keys nor a secret', [{ id: 'a' }], /"a" has neither a JWKS nor a secret/],
    ['one id for two', [client(), client()], /two clients "client-1"/],
    ['scopes that are none', [client({ scopes: ['openid'] })], /the client "client-1": "openid" is not/],
    ['keys that are none', [client({ jwks: { keys: ['a'] } })], /key 1 of the JWKS/],
  ])('createMock refuses %s', (_, clients, words) => {
    expect(() => guarded({ clients })).toThrow(words)
  })

  test('keys need neither alg nor use; their type must still be the one of the signature', async () => {
    const keys = [elliptic.jwk, rsa.jwk].map(({ alg: _alg, use: _use, ...key }) => key)
    const server = guarded({ clients: [client({ jwks: { keys } })] })
    for (const key of [elliptic, rsa]) expect((await request(server, {}, { key })).status).toBe(200)
    const wrong = await request(server, {}, { header: { kid: rsa.kid } })
    expect((await errorOf(wrong))[2]).toMatch(/the key "rsa-1" is not one for ES384/)
  })

  test('a key for encryption verifies nothing', async () => {
    const server = guarded({ clients: [client({ jwks: { keys: [{ ...elliptic.jwk, use: 'enc' }] } })] })
    expect((await request(server)).status).toBe(400)
  })

  test('two keys may share a kid, as old and new ones do', async () => {
    const keys = [impostor.jwk, elliptic.jwk]
    const server = guarded({ clients: [client({ jwks: { keys } })] })
    for (const key of [elliptic, impostor]) expect((await request(server, {}, { key })).status).toBe(200)
  })

  test('private keys verify, too: only their public part is looked at', async () => {
    expect((await request(guarded({ clients: [client({ jwks: { keys: [privateJwk] } })] }))).status).toBe(200)
  })
})
