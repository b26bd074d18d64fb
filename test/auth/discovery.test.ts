/** Where tokens are asked for: what servers say of it, right and wrong. */
import { describe, expect, test } from 'vitest'
import { discover, discoverHints } from '../../src/auth/discovery.js'
import { NetworkError } from '../../src/http/network-error.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { fhirUrl, origin, type Reply, type Script, scriptedServer } from '../helpers/scripted-server.js'
import { failure } from './party.js'

const smartUrl = `${fhirUrl}/.well-known/smart-configuration`
const metadataUrl = `${fhirUrl}/metadata`

const served = (smart: Script, metadata: Script = { status: 404 }, base = fhirUrl) => {
  const server = scriptedServer(fakeClock(), {
    [`GET ${smartUrl}`]: smart,
    [`GET ${metadataUrl}`]: metadata,
  })
  return { server, options: { exchange: server.exchange, fhirUrl: base, clock: fakeClock() } }
}

const statement = (valueUri: unknown): Reply => ({
  body: {
    resourceType: 'CapabilityStatement',
    rest: [
      { mode: 'server' },
      {
        mode: 'server',
        security: {
          extension: [
            { url: 'http://other.example/extension', valueUri: 'https://wrong.example' },
            {
              url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
              extension: [
                { url: 'authorize', valueUri: 'https://wrong.example' },
                { url: 'token', valueUri },
              ],
            },
          ],
        },
      },
    ],
  },
})

test.each(['http://127.0.0.1:8/t', 'https://10.0.0.1/t', 'https://[fd00::1]/t'])(
  '%s is no place to prove who we are, unless the server is in such a place itself',
  async (tokenUrl) => {
    const body = { token_endpoint: tokenUrl }
    await expect(discover(served({ body }).options)).rejects.toMatchObject({
      code: 'BULKX_DISCOVERY',
      message: expect.stringContaining('names a token endpoint at a private address'),
      hint: expect.stringContaining('--token-url'),
    })
    const inside = 'http://localhost:8080/fhir'
    const server = scriptedServer(fakeClock(), { [`GET ${inside}/`]: { body } })
    const options = { exchange: server.exchange, fhirUrl: inside, clock: fakeClock() }
    expect(await discover(options)).toMatchObject({ tokenUrl })
  },
)

describe('A-10 found', () => {
  test.each<[string, Script, Script | undefined, string]>([
    ['smart-configuration', { body: { token_endpoint: 'https://ehr.example/t' } }, undefined, `${origin}/t`],
    [
      'on another host',
      { body: { token_endpoint: 'https://a.example/t' } },
      undefined,
      'https://a.example/t',
    ],
    ['relative to the origin', { body: { token_endpoint: '/oauth/t' } }, undefined, `${origin}/oauth/t`],
    [
      'byte for byte',
      { body: { token_endpoint: 'https://a.example/%74?a=%20b' } },
      undefined,
      'https://a.example/%74?a=%20b',
    ],
    ['404: CapabilityStatement', { status: 404 }, statement('https://a.example/t'), 'https://a.example/t'],
    ['HTML: CapabilityStatement', { body: '<html>' }, statement('/t'), `${origin}/t`],
    ['401: CapabilityStatement', { status: 401 }, statement('/t'), `${origin}/t`],
    [
      'without an endpoint: CapabilityStatement',
      { body: { capabilities: [] } },
      statement('/t'),
      `${origin}/t`,
    ],
    ['an outcome with 200', { body: { resourceType: 'OperationOutcome' } }, statement('/t'), `${origin}/t`],
    ['an empty endpoint', { body: { token_endpoint: '' } }, statement('/t'), `${origin}/t`],
    ['503, for now', { status: 503 }, statement('/t'), `${origin}/t`],
  ])('%s', async (_, smart, metadata, want) => {
    const { options, server } = served(smart, metadata)
    expect((await discover(options)).tokenUrl).toBe(want)
    expect(server.requests.every(({ headers }) => Object.keys(headers).join() === 'accept')).toBe(true)
  })

  test.each([`${fhirUrl}/`, `${fhirUrl}?a=b`])('the whole path of the base counts: %s', async (base) => {
    const { options, server } = served({ body: { token_endpoint: '/t' } }, undefined, base)
    await discover(options)
    expect(server.requests.map(({ url }) => url)).toEqual([smartUrl])
  })

  test('behind a redirect, relative to where it is', async () => {
    const server = scriptedServer(fakeClock(), {
      [`GET ${smartUrl}`]: { status: 302, headers: { location: 'https://a.example/x/smart' } },
      'GET https://a.example/x/smart': { body: { token_endpoint: '/t' } },
    })
    const found = await discover({ exchange: server.exchange, fhirUrl, clock: fakeClock() })
    expect(found.tokenUrl).toBe('https://a.example/t')
  })

  test('A-09 what it does not claim does not matter; what it says of scopes is kept', async () => {
    const body = {
      token_endpoint: '/t',
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      grant_types_supported: ['authorization_code'],
      scopes_supported: ['system/*.read', 7],
      capabilities: 'permission-v1',
    }
    expect(await discover(served({ body }).options)).toEqual({
      tokenUrl: `${origin}/t`,
      hints: { scopesSupported: ['system/*.read'], capabilities: [] },
    })
  })
})

describe('A-10 not found', () => {
  test.each<[string, Script, Script, RegExp]>([
    ['404 twice', { status: 404 }, { status: 404 }, /HTTP 404.*HTTP 404/],
    ['HTML twice', { body: '<html>' }, { body: ' <!doctype html>' }, /web page.*web page/],
    ['text', { body: 'hello' }, { status: 401 }, /no JSON.*HTTP 401/],
    ['nothing in either', { body: {} }, statement(undefined), /names no token endpoint.*names no token/],
    [
      'plain http',
      { body: { token_endpoint: 'http://a.example/t?x=1' } },
      {},
      /not https: http:\/\/a.example\/t$/,
    ],
    ['another scheme', { body: { token_endpoint: 'file:///etc/passwd' } }, {}, /not https/],
    ['a redirect to http', { status: 302, headers: { location: 'http://a.example' } }, {}, /plain http/],
  ])('%s', async (_, smart, metadata, message) => {
    const error = await failure(discover(served(smart, metadata).options))
    expect(error).toMatchObject({ code: 'BULKX_DISCOVERY', exitCode: 3 })
    expect(error.message).toMatch(message)
    expect(error.hint).toContain('--token-url')
  })

  test.each<[string, Script, Script, boolean]>([
    ['404 twice', { status: 404 }, { status: 404 }, true],
    ['a FHIR server that names none', { status: 404 }, statement(undefined), false],
    ['a configuration that names none', { body: { issuer: 'x' } }, { status: 404 }, false],
  ])('%s: whether the base URL may be wrong', async (_, smart, metadata, isDoubted) => {
    const error = await failure(discover(served(smart, metadata).options))
    expect(error.hint?.startsWith('check --server')).toBe(isDoubted)
  })

  test.each<[string, Script, Script]>([
    ['503', { status: 503 }, { status: 404 }],
    ['500 of the second', { status: 404 }, { status: 500 }],
    ['no connection', new NetworkError('refused', 'refused', { sent: false }), {}],
    ['broken off', { body: '{', breaks: new NetworkError('broken', 'reset', { sent: true }) }, {}],
  ])('%s may be better later: an unsent network error', async (_, smart, metadata) => {
    const found = discover(served(smart, metadata).options)
    await expect(found).rejects.toBeInstanceOf(NetworkError)
    await expect(found).rejects.toMatchObject({ sent: false })
  })
})

describe('hints alone', () => {
  test('of smart-configuration', async () => {
    const body = { scopes_supported: ['system/*.read'], capabilities: ['permission-v1'] }
    expect(await discoverHints(served({ body }).options)).toEqual({
      scopesSupported: ['system/*.read'],
      capabilities: ['permission-v1'],
    })
  })

  test.each<[string, Script]>([
    ['404', { status: 404 }],
    ['HTML', { body: '<html>' }],
    ['no connection', new NetworkError('dns', 'unknown', { sent: false })],
  ])('none, when it cannot be had: %s', async (_, smart) => {
    expect(await discoverHints(served(smart).options)).toEqual({ scopesSupported: [], capabilities: [] })
  })
})
