/** The token endpoint: who gets a token, who is refused with which words, and how long a token is good. */
import { describe, expect, test } from 'vitest'
import { ask, FHIR, headers } from './conversation.js'
import { elliptic, guarded, kickOff, request, rsa, tokenFor, tokenJson } from './identity.js'

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

  test('tokens differ', async () => {
    const server = guarded()
    expect(await tokenFor(server)).not.toBe(await tokenFor(server))
  })
})

test('a kick-off without a token is refused', async () => {
  const { mock } = guarded()
  const response = await ask(mock, `${FHIR}/$export`, { headers })
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  expect(await response.json()).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ code: 'login' }],
  })
})
