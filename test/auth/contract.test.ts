/** What every way of saying who we are has to keep. */
import { describe, expect, test } from 'vitest'
import { checkMethod } from '../../src/auth/credentials-for.js'
import { type AuthMethod, hasCredential } from '../../src/auth/method.js'
import { BulkxError } from '../../src/errors.js'
import { backendServices, clientSecret, elliptic, failure, party, secret, visible } from './party.js'

const plantedToken = 'planted-t0ken'

/** Tokens of a source outside, by number, from 1. */
const source = () => {
  let asked = 0
  return async (): Promise<string> => {
    asked += 1
    return `token-${asked}`
  }
}

interface Row {
  name: string
  /** `fails`: what it needs cannot be had. */
  method: (fails?: boolean) => AuthMethod
  /** None of these may ever be read in an error. */
  secrets: string[]
}

const broken = async (): Promise<string> => {
  throw new BulkxError('BULKX_TOKEN', 'Cannot read it', { hint: 'x' })
}

const rows: Row[] = [
  {
    name: 'bearer',
    method: (fails) => ({ kind: 'bearer', read: fails ? broken : source() }),
    secrets: [plantedToken],
  },
  {
    name: 'backend-services',
    method: (fails) => backendServices(fails ? { readKey: async () => 'planted-t0ken' } : {}),
    secrets: [plantedToken, elliptic.pem],
  },
  {
    name: 'client-secret-basic',
    method: (fails) => clientSecret('client-secret-basic', fails ? { readSecret: broken } : {}),
    secrets: [secret],
  },
  {
    name: 'client-secret-post',
    method: (fails) => clientSecret('client-secret-post', fails ? { readSecret: broken } : {}),
    secrets: [secret],
  },
  {
    name: 'command, a token',
    method: (fails) => ({
      kind: 'command',
      run: fails ? async () => Promise.reject(new Error(plantedToken)) : source(),
    }),
    secrets: [plantedToken],
  },
  {
    name: 'command, JSON',
    method: (fails) => {
      const next = source()
      return {
        kind: 'command',
        run: async () => (fails ? `{ ${plantedToken}` : JSON.stringify({ access_token: await next() })),
      }
    },
    secrets: [plantedToken],
  },
]

describe.each(rows)('$name', ({ method, secrets }) => {
  test('gives a header that is a credential, the same to all', async () => {
    const { credentials } = party(method())
    expect(hasCredential(method())).toBe(true)
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.headers()))
    expect(new Set(all.map((one) => JSON.stringify(one)))).toEqual(
      new Set(['{"authorization":"Bearer token-1"}']),
    )
  })

  test('A-18 refused at once twenty times: renewed once', async () => {
    const { credentials } = party(method())
    expect(credentials.renewable).toBe(true)
    const first = await credentials.headers()
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.headers(first)))
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer token-2']))
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-2' })
  })

  test('refused with an older one: the present one, without asking', async () => {
    const { credentials } = party(method())
    const first = await credentials.headers()
    await credentials.headers(first)
    expect(await credentials.headers(first)).toEqual({ authorization: 'Bearer token-2' })
  })

  test('a failure is an error that a person can act on, without secrets', async () => {
    const { credentials } = party(method(true))
    const error = await failure(credentials.headers())
    expect([2, 3]).toContain(error.exitCode)
    expect(error.hint).toBeTruthy()
    for (const one of secrets) expect(visible(error)).not.toContain(one)
  })

  test('a failure is not the end: the next one asks again', async () => {
    const { credentials } = party(method(true))
    await failure(credentials.headers())
    await failure(credentials.headers())
  })

  test('what it hands out is its own copy', async () => {
    const { credentials } = party(method())
    const first = await credentials.headers()
    first.authorization = 'changed'
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-1' })
  })
})

describe('headers, and nobody', () => {
  test.each<[string, AuthMethod, Record<string, string>, boolean]>([
    ['nobody', { kind: 'none' }, {}, false],
    ['no headers', { kind: 'headers', headers: {} }, {}, false],
    ['headers', { kind: 'headers', headers: { 'x-key': 'k' } }, { 'x-key': 'k' }, true],
  ])('%s: always the same, also when refused', async (_, method, want, credential) => {
    const { credentials, server } = party(method)
    expect(await credentials.headers()).toEqual(want)
    expect(await credentials.headers(want)).toEqual(want)
    expect(credentials.renewable).toBe(false)
    expect(hasCredential(method)).toBe(credential)
    expect(server.requests).toEqual([])
  })
})

describe('a program', () => {
  test.each<[string, string]>([
    ['nothing', ''],
    ['a complaint', 'ERROR: please run login first'],
    ['several lines', `${plantedToken}\n${plantedToken}`],
    ['JSON without a token', `{"secret":"${plantedToken}"}`],
  ])('that prints %s', async (_, printed) => {
    const { credentials } = party({ kind: 'command', run: async () => printed })
    const error = await failure(credentials.headers())
    expect(error).toMatchObject({ code: 'BULKX_TOKEN', message: expect.stringContaining('something else') })
    expect(error.hint).toContain('--token-command')
    if (printed !== '') expect(visible(error)).not.toContain(printed)
  })

  test('is run again before its token ends: five minutes, unless it says', async () => {
    const next = source()
    const { credentials, clock } = party({ kind: 'command', run: next })
    await credentials.headers()
    clock.advance(4 * 60_000)
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer token-2' })
  })
})

describe('checked before anything is started', () => {
  const refused: [string, AuthMethod][] = [
    ['a wrong key', backendServices({ readKey: async () => elliptic.publicPem })],
    ['a wrong --alg', backendServices({ alg: 'RS384' })],
    ['an endpoint in clear text', backendServices({ tokenUrl: 'http://auth.example' })],
    ['an empty secret', clientSecret('client-secret-post', { readSecret: async () => '' })],
  ]
  test.each(refused)('%s: 2', async (_, method) => {
    expect(await failure(checkMethod(method))).toMatchObject({ code: 'BULKX_CONFIG', exitCode: 2 })
  })

  test.each<[string, AuthMethod]>([
    ['nobody', { kind: 'none' }],
    ['a key', backendServices()],
    ['a secret', clientSecret('client-secret-basic')],
    ['a program, which is not run', { kind: 'command', run: broken }],
    ['a token', { kind: 'bearer', read: async () => 't' }],
  ])('%s: right', async (_, method) => {
    await expect(checkMethod(method)).resolves.toBeUndefined()
  })
})

test('Nobody is asked before a credential is wanted', () => {
  const { server } = party(backendServices({ tokenUrl: undefined }))
  expect(server.requests).toEqual([])
})
