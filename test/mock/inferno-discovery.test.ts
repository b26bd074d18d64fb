/**
 * What the Inferno test kits check before an export: A, discovery and authorization; B, the CapabilityStatement. The
 * checker's part is written anew here, one test a check. Left out: TLS 1.2 and later at the base and at the files,
 * because the mock speaks plain HTTP on the loopback interface.
 */
import { beforeEach, describe, expect, test } from 'vitest'
import { ask, FHIR } from './conversation.js'
import {
  elliptic,
  guarded,
  impostor,
  JWT_BEARER,
  post,
  request,
  rsa,
  type TokenJson,
  tokenJson,
} from './identity.js'

type Server = ReturnType<typeof guarded>

const NOT_ONE = 'not_a_value_that_is_known'

const getJson = async ({ mock }: Server, path: string, accept: string) => {
  const response = await ask(mock, `${FHIR}/${path}`, { headers: { accept } })
  return { response, body: (await response.json()) as Record<string, unknown> }
}

describe('A: SMART discovery', () => {
  let found: Awaited<ReturnType<typeof getJson>>

  beforeEach(async () => {
    found = await getJson(guarded(), '.well-known/smart-configuration', 'application/json')
  })

  test('A: the well-known configuration is there, as JSON, with the media type of JSON', () => {
    expect(found.response.status).toBe(200)
    expect(found.response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(found.body).toBeTypeOf('object')
  })

  test('A: v1.0.1: token_endpoint is an http URI', () => {
    expect(new URL(String(found.body.token_endpoint)).protocol).toMatch(/^https?:$/)
  })

  test('A: v1.0.1: authentication methods, signing algorithms and scopes are lists with the right values', () => {
    expect(found.body.token_endpoint_auth_methods_supported).toContain('private_key_jwt')
    const algorithms = found.body.token_endpoint_auth_signing_alg_values_supported as string[]
    expect(algorithms.some((algorithm) => algorithm === 'RS384' || algorithm === 'ES384')).toBe(true)
    expect(found.body.scopes_supported).toEqual(expect.arrayContaining(['system/*.read', 'system/*.rs']))
  })

  test.each(['authorization_endpoint', 'token_endpoint'])('A: v2.0.0: %s is text', (key) => {
    expect(found.body[key]).toEqual(expect.stringMatching(/./))
  })

  test.each(['capabilities', 'grant_types_supported', 'code_challenge_methods_supported'])(
    'A: v2.0.0: %s is a list that is not empty',
    (key) => {
      const list = found.body[key] as unknown[]
      expect(list.length).toBeGreaterThan(0)
      expect(list.every((value) => typeof value === 'string')).toBe(true)
    },
  )

  test('A: v2.0.0: the grant of an authorization code, with S256 and without plain', () => {
    expect(found.body.grant_types_supported).toContain('authorization_code')
    expect(found.body.code_challenge_methods_supported).toContain('S256')
    expect(found.body.code_challenge_methods_supported).not.toContain('plain')
  })

  test('A: v2.0.0: issuer and jwks_uri exactly with sso-openid-connect', () => {
    expect(found.body.capabilities).not.toContain('sso-openid-connect')
    expect(found.body).not.toHaveProperty('issuer')
    expect(found.body).not.toHaveProperty('jwks_uri')
  })
})

describe('A: authorization', () => {
  test('A: a wrong grant_type is refused', async () => {
    expect((await request(guarded(), { grant_type: NOT_ONE })).status).toBe(400)
  })

  test('A: a wrong client_assertion_type is refused', async () => {
    expect((await request(guarded(), { client_assertion_type: NOT_ONE })).status).toBe(400)
  })

  test.each([
    ['no JWT', { client_assertion: NOT_ONE }, {}],
    ['an iss that is none', {}, { claims: { iss: NOT_ONE } }],
    ['the key of another', {}, { key: impostor }],
  ])('A: an invalid JWT is refused: %s', async (_, parameters, wrong) => {
    expect((await request(guarded(), parameters, wrong)).status).toBe(400)
  })

  describe.each([
    ['ES384', elliptic],
    ['RS384', rsa],
  ])('%s', (_, key) => {
    const right = async () => {
      const server = guarded()
      // As the checker does it: exp to the second, neither iat nor nbf.
      const exp = Math.floor(server.clock.now() / 1000) + 300
      return request(server, {}, { key, claims: { exp, iat: undefined } })
    }

    test('A: a right request succeeds', async () => {
      expect([200, 201]).toContain((await right()).status)
    })

    test('A: the answer has access_token, token_type, expires_in and scope', async () => {
      const body: TokenJson = await tokenJson(await right())
      expect(body.access_token).toMatch(/./)
      expect(String(body.token_type).toLowerCase()).toBe('bearer')
      expect(body.expires_in).toBeTypeOf('number')
      expect(body.scope).toMatch(/./)
    })
  })

  test('A: SMART: exp more than five minutes ahead is refused', async () => {
    const server = guarded()
    const exp = Math.floor(server.clock.now() / 1000) + 301
    expect((await request(server, {}, { claims: { exp } })).status).toBe(400)
  })

  test('A: SMART: a jti that was used is refused', async () => {
    const server = guarded()
    const once = { claims: { jti: 'once' } }
    expect([(await request(server, {}, once)).status, (await request(server, {}, once)).status]).toEqual([
      200, 400,
    ])
  })

  test('A: SMART: aud is the token URL', async () => {
    expect((await request(guarded(), {}, { claims: { aud: FHIR } })).status).toBe(400)
  })

  test('A: SMART: the key is the one that kid names', async () => {
    expect((await request(guarded(), {}, { header: { kid: NOT_ONE } })).status).toBe(400)
    expect((await request(guarded(), {}, { header: { kid: rsa.kid } })).status).toBe(400)
  })

  test('A: SMART: tokens live five minutes at most', async () => {
    expect((await tokenJson(await request(guarded()))).expires_in).toBeLessThanOrEqual(300)
  })

  test('A: SMART: there is no refresh token', async () => {
    expect(await tokenJson(await request(guarded()))).not.toHaveProperty('refresh_token')
  })

  test('A: IG: a failed authentication is invalid_client', async () => {
    const fields = {
      grant_type: 'client_credentials',
      scope: 'system/*.rs',
      client_assertion_type: JWT_BEARER,
    }
    const response = await post(guarded().mock, { ...fields, client_assertion: NOT_ONE })
    expect(await response.json()).toMatchObject({ error: 'invalid_client' })
  })
})

interface Operation {
  name: string
  definition: string
}

interface Rest {
  operation?: Operation[]
  resource: { type: string; operation?: Operation[] }[]
}

describe.each([
  ['Group', 'group-export'],
  ['Patient', 'patient-export'],
  ['system', 'export'],
])('B: CapabilityStatement, %s', (level, definition) => {
  let body: Record<string, unknown>
  let operations: Operation[]

  beforeEach(async () => {
    const found = await getJson(guarded(), 'metadata', 'application/fhir+json')
    expect([200, 201]).toContain(found.response.status)
    body = found.body
    const [rest] = body.rest as Rest[]
    const place = level === 'system' ? rest : rest?.resource.find(({ type }) => type === level)
    operations = place?.operation ?? []
  })

  test('B: is one, with an operation', () => {
    expect(body.resourceType).toBe('CapabilityStatement')
    expect(operations.length).toBeGreaterThan(0)
  })

  test('B: the operation is called export', () => {
    expect(operations.map(({ name }) => name)).toContain('export')
  })

  test('B: the operation is the one of the IG', () => {
    expect(operations.map((operation) => operation.definition)).toContain(
      `http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${definition}`,
    )
  })

  test('B: the server says that it follows the IG', () => {
    expect(body.instantiates).toContain('http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data')
  })
})

test('B: rest.security says where tokens are had, as the configuration does', async () => {
  const server = guarded()
  const { body } = await getJson(server, 'metadata', 'application/fhir+json')
  const { body: configuration } = await getJson(server, '.well-known/smart-configuration', 'application/json')
  expect(body.rest).toMatchObject([
    {
      security: {
        extension: [
          {
            url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
            extension: [
              { url: 'token', valueUri: configuration.token_endpoint },
              { url: 'authorize', valueUri: configuration.authorization_endpoint },
            ],
          },
        ],
      },
    },
  ])
})
