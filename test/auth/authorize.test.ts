/** Credentials on their way: asked for at each hop, renewed once, and never where they do not belong. */
import { describe, expect, test } from 'vitest'
import { authorize } from '../../src/auth/authorize.js'
import {
  anonymous,
  bearer,
  type Credentials,
  staticHeaders,
  withHeaders,
} from '../../src/auth/credentials.js'
import { credentialsFor } from '../../src/auth/credentials-for.js'
import type { TokenPolicy } from '../../src/auth/token-policy.js'
import { readAnswer } from '../../src/http/body.js'
import { compose, type HttpRequest } from '../../src/http/exchange.js'
import { NetworkError } from '../../src/http/network-error.js'
import { followRedirects } from '../../src/http/redirects.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { fhirUrl, origin, type Reply, type Script, scriptedServer } from '../helpers/scripted-server.js'
import { clientSecret, numbered, party, tokenUrl } from './party.js'

const statusUrl = `${origin}/status/1`

interface Setting {
  credentials?: Credentials
  policy?: Partial<TokenPolicy>
  headers?: Record<string, string>
  perhapsExpired?: readonly number[]
}

const renewable = (): Credentials => {
  let number = 0
  return bearer(async () => {
    number += 1
    return `t${number}`
  })
}

const setting = (
  routes: Record<string, Script>,
  { credentials = renewable(), policy, headers = {}, perhapsExpired }: Setting = {},
) => {
  const server = scriptedServer(fakeClock(), routes)
  const stack = compose(
    followRedirects,
    authorize({
      credentials,
      policy: { fhirOrigin: origin, trustedOrigins: [], ...policy },
      headers,
      perhapsExpired,
    }),
  )(server.exchange)
  const ask = async (url = statusUrl, more: Partial<HttpRequest> = {}) =>
    readAnswer(await stack({ method: 'GET', url, headers: { accept: 'x' }, ...more }), fakeClock())
  const seen = () => server.requests.map(({ headers: { authorization } }) => authorization)
  return { server, ask, seen }
}

const refuse =
  (status: number, ...good: string[]): Script =>
  ({ headers }) => ({
    status: good.includes(headers.authorization ?? '') ? 200 : status,
    body: 'the body',
  })

describe('refused', () => {
  test.each([401, 403])('P-18, P-19 %i: newer ones, once, and the same request', async (status) => {
    const { ask, seen, server } = setting({ [`POST ${statusUrl}`]: refuse(status, 'Bearer t2') })
    const answer = await ask(statusUrl, { method: 'POST', body: 'the question' })
    expect(answer.status).toBe(200)
    expect(seen()).toEqual(['Bearer t1', 'Bearer t2'])
    expect(server.requests.map(({ body, headers }) => [body, headers.accept])).toEqual([
      ['the question', 'x'],
      ['the question', 'x'],
    ])
  })

  test.each([401, 403])(
    'K-36, P-20 %i again: the answer, its body whole; no third request',
    async (status) => {
      const { ask, seen } = setting({ [`GET ${statusUrl}`]: refuse(status) })
      expect(await ask()).toMatchObject({ status, body: 'the body' })
      expect(seen()).toEqual(['Bearer t1', 'Bearer t2'])
    },
  )

  test('F-09 404 where it may mean an expired token: newer ones, once', async () => {
    const perhapsExpired = [404]
    const found = setting({ [`GET ${statusUrl}`]: refuse(404, 'Bearer t2') }, { perhapsExpired })
    expect((await found.ask()).status).toBe(200)
    expect(found.seen()).toEqual(['Bearer t1', 'Bearer t2'])
    const gone = setting({ [`GET ${statusUrl}`]: refuse(404) }, { perhapsExpired })
    expect(await gone.ask()).toMatchObject({ status: 404, body: 'the body' })
    expect(gone.seen()).toEqual(['Bearer t1', 'Bearer t2'])
  })

  test('F-10 after three of them that newer ones did not mend, a 404 is a 404', async () => {
    const { ask, seen } = setting({ [`GET ${origin}/`]: refuse(404) }, { perhapsExpired: [404] })
    for (let file = 1; file <= 6; file += 1) await ask(`${origin}/files/${file}`)
    expect(seen().map((text) => text?.slice(-1))).toEqual(['1', '2', '2', '3', '3', '4', '4', '4', '4'])
  })

  test('404 is the answer: where it means nothing else, where nothing newer is to be had, or cannot be', async () => {
    const routes = { [`GET ${statusUrl}`]: refuse(404) }
    const perhapsExpired = [404]
    let asked = 0
    const lost: Credentials = {
      renewable: true,
      headers: async () => {
        asked += 1
        if (asked > 1) throw new NetworkError('broken', 'no token', { sent: false })
        return { authorization: 'Bearer t1' }
      },
      rejected: () => expect.unreachable('a 404 is no refusal'),
    }
    for (const options of [
      {},
      { perhapsExpired, credentials: staticHeaders({ authorization: 'Bearer t1' }) },
      { perhapsExpired, credentials: bearer(async () => 't1') },
      { perhapsExpired, credentials: lost },
    ]) {
      const { ask, seen } = setting(routes, options)
      expect(await ask()).toMatchObject({ status: 404, body: 'the body' })
      expect(seen()).toEqual(['Bearer t1'])
    }
  })

  test('403 after 401 is not renewed again', async () => {
    const { ask, seen } = setting({ [`GET ${statusUrl}`]: [{ status: 401 }, { status: 403 }, {}] })
    expect((await ask()).status).toBe(403)
    expect(seen()).toHaveLength(2)
  })

  test('C-04 of a DELETE: once more', async () => {
    const { ask, seen } = setting({ [`DELETE ${statusUrl}`]: refuse(401, 'Bearer t2') })
    expect((await ask(statusUrl, { method: 'DELETE' })).status).toBe(200)
    expect(seen()).toHaveLength(2)
  })

  test.each<[string, Credentials, number]>([
    ['401 of a token that stays the same', bearer(async () => 'same'), 401],
    ['403 of a token that stays the same', bearer(async () => 'same'), 403],
    ['401 of headers', staticHeaders({ 'x-api-key': 'k' }), 401],
    ['403 of headers', staticHeaders({ 'x-api-key': 'k' }), 403],
    ['401 of nobody', anonymous, 401],
    ['403 of headers beside nobody', withHeaders({ 'x-api-key': 'k' }, anonymous), 403],
  ])('%s: asked once, the body whole', async (_, credentials, status) => {
    const { ask, seen } = setting({ [`GET ${statusUrl}`]: refuse(status) }, { credentials })
    expect(await ask()).toMatchObject({ status, body: 'the body' })
    expect(seen()).toHaveLength(1)
  })

  test.each([404, 429, 500])('%i says nothing about credentials', async (status) => {
    const { ask, seen } = setting({ [`GET ${statusUrl}`]: { status } })
    expect((await ask()).status).toBe(status)
    expect(seen()).toHaveLength(1)
  })

  test('headers beside a token come along with the newer one', async () => {
    const credentials = withHeaders({ 'x-client': 'c' }, renewable())
    const { ask, server } = setting({ [`GET ${statusUrl}`]: refuse(401, 'Bearer t2') }, { credentials })
    expect((await ask()).status).toBe(200)
    expect(server.requests.map(({ headers }) => headers['x-client'])).toEqual(['c', 'c'])
  })

  test('a renewal that fails is the error', async () => {
    const trouble = new NetworkError('dns', 'x', { sent: false })
    const credentials: Credentials = {
      renewable: true,
      headers: async (refused) => {
        if (refused) throw trouble
        return { authorization: 'Bearer t1' }
      },
    }
    const { ask } = setting({ [`GET ${statusUrl}`]: { status: 401, body: 'x' } }, { credentials })
    await expect(ask()).rejects.toBe(trouble)
  })

  test('F-07, A-18 twenty requests at once: one token request, each request twice', async () => {
    const { credentials, asked } = party(clientSecret('client-secret-post'))
    const { ask, seen } = setting({ [`GET ${statusUrl}`]: refuse(401, 'Bearer token-2') }, { credentials })
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(seen().filter((value) => value === 'Bearer token-1')).toHaveLength(20)
    expect(asked()).toHaveLength(2)
  })

  test('K-37 403 for good: the scopes, asked and granted, once', async () => {
    const granted: Reply = { body: { access_token: 'a', expires_in: 60, scope: 'system/Group.rs' } }
    const { credentials, notices } = party(
      clientSecret('client-secret-basic', { scope: 'system/Group.rs system/Patient.read' }),
      { [`POST ${tokenUrl}`]: granted },
    )
    const { ask } = setting({ [`GET ${statusUrl}`]: refuse(403) }, { credentials })
    await ask()
    await ask()
    expect(notices.map(({ kind }) => kind)).toEqual(['missing-scopes', 'refused-scopes'])
    expect(notices[1]?.message).toContain('HTTP 403')
    expect(notices[1]?.message).toContain(
      'asked for: system/Group.rs system/Patient.read; granted: system/Group.rs',
    )
    expect(notices[1]?.hint).toContain('.rs')
  })
})

test('What was given up while it waited for a token is not sent', async () => {
  const stop = new AbortController()
  const credentials: Credentials = {
    renewable: true,
    headers: async () => {
      stop.abort(new Error('Ctrl-C'))
      return {}
    },
  }
  const { ask, server } = setting({}, { credentials })
  await expect(ask(statusUrl, { signal: stop.signal })).rejects.toThrow('Ctrl-C')
  expect(server.requests).toEqual([])
})

const other = 'https://files.example'
const storage = 'https://bucket.s3.example'

describe('A-15, A-17 each hop is decided by itself', () => {
  const credentials = withHeaders({ 'x-client-secret': 'k', cookie: 'c' }, renewable())
  const to = (location: string, status = 307): Reply => ({ status, headers: { location } })
  const secrets = (server: ReturnType<typeof scriptedServer>): [url: string, secret: boolean][] =>
    server.requests.map(({ url, headers }) => [
      url,
      ['authorization', 'x-client-secret', 'cookie'].some((name) => name in headers),
    ])

  test('another origin sees nothing, and the way back sees them again', async () => {
    const { ask, server } = setting(
      {
        [`GET ${origin}/a`]: to(`${storage}/b`),
        [`GET ${storage}/b`]: to(`${origin}/c`),
        [`GET ${origin}/c`]: {},
      },
      { credentials, headers: { 'x-tenant': '1' } },
    )
    await ask(`${origin}/a`)
    expect(secrets(server)).toEqual([
      [`${origin}/a`, true],
      [`${storage}/b`, false],
      [`${origin}/c`, true],
    ])
    expect(server.requests.map(({ headers }) => headers['x-tenant'])).toEqual(['1', undefined, '1'])
    expect(server.requests.map(({ headers }) => headers.accept)).toEqual(['x', 'x', 'x'])
  })

  test('a trusted origin sees credentials, and not the headers of the base', async () => {
    const { ask, server } = setting(
      { [`GET ${other}/a`]: {} },
      { credentials, headers: { 'x-tenant': '1' }, policy: { trustedOrigins: [other] } },
    )
    await ask(`${other}/a`)
    expect(secrets(server)).toEqual([[`${other}/a`, true]])
    expect(server.requests[0]?.headers['x-tenant']).toBeUndefined()
  })

  test('files that need no token get none', async () => {
    const { ask, server } = setting({}, { credentials, policy: { requiresAccessToken: false } })
    await ask(`${origin}/a`)
    expect(secrets(server)).toEqual([[`${origin}/a`, false]])
  })

  test('http is raised to https, and never seen with a credential', async () => {
    const { ask, server } = setting({}, { credentials })
    await ask('http://ehr.example/a')
    expect(secrets(server)).toEqual([['https://ehr.example/a', true]])
  })

  test('no token is asked for where none is sent', async () => {
    const { credentials: tokens, asked } = party(clientSecret('client-secret-post'))
    const { ask } = setting({}, { credentials: tokens })
    await ask(`${storage}/b`)
    expect(asked()).toEqual([])
  })

  test('a 401 elsewhere renews nothing', async () => {
    const { credentials: tokens, asked } = party(clientSecret('client-secret-post'))
    const { ask } = setting({ [`GET ${storage}/b`]: { status: 401 } }, { credentials: tokens })
    expect((await ask(`${storage}/b`)).status).toBe(401)
    expect(asked()).toEqual([])
  })
})

test('Token requests go over the wire that is given, beside the requests', async () => {
  const clock = fakeClock()
  const server = scriptedServer(clock, { [`POST ${tokenUrl}`]: numbered, [`GET ${fhirUrl}`]: {} })
  const credentials = credentialsFor(clientSecret('client-secret-basic'), {
    exchange: server.exchange,
    clock,
    random: () => 0,
    fhirUrl,
  })
  const policy = { fhirOrigin: origin, trustedOrigins: [] }
  const stack = compose(authorize({ credentials, policy, headers: {} }))(server.exchange)
  await stack({ method: 'GET', url: fhirUrl, headers: {} })
  expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `POST ${tokenUrl}`,
    `GET ${fhirUrl}`,
  ])
})
