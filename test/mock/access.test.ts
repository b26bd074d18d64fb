/** Access with tokens: who needs one, how long it is good, and the faults that end it. */
import { describe, expect, test } from 'vitest'
import { faults, parseFault, personality } from '../../src/mock/index.js'
import { ask, FHIR, headers, JOB_MS, type Manifest, pretend } from './conversation.js'
import { bearer, errorOf, guarded, kickOff, request, tokenFor, tokenJson } from './identity.js'

type Server = ReturnType<typeof guarded>

/** A complete job: its polling location, and the URL of its first file. */
const done = async (server: Server) => {
  const init = { headers: bearer(await tokenFor(server)) }
  const started = await ask(server.mock, `${FHIR}/$export`, { headers: { ...headers, ...init.headers } })
  const location = started.headers.get('content-location') ?? ''
  server.clock.advance(JOB_MS)
  const manifest = (await (await ask(server.mock, location, init)).json()) as Manifest
  return { location, file: manifest.output[0]?.url ?? '', manifest }
}

const everyRequest = async (server: Server) => {
  const { location, file } = await done(server)
  return [
    ['kick-off', `${FHIR}/$export`, { headers }],
    ['status', location, {}],
    ['file', file, {}],
    ['delete', location, { method: 'DELETE' }],
  ] as const
}

const challengeOf = (response: Response) => response.headers.get('www-authenticate')

describe('every request but discovery', () => {
  test('is refused without a token, with an unknown one, and with one that expired', async () => {
    const server = guarded()
    const expired = await tokenFor(server)
    server.clock.advance(300_000)
    for (const [phase, url, init] of await everyRequest(server)) {
      const with_ = (token: string) =>
        ask(server.mock, url, { ...init, headers: { ...headers, ...bearer(token) } })
      const [missing, unknown, late] = [
        await ask(server.mock, url, init),
        await with_('abc'),
        await with_(expired),
      ]
      const responses = [missing, unknown, late]
      expect([phase, ...responses.map(({ status }) => status)]).toEqual([phase, 401, 401, 401])
      expect(responses.map(challengeOf)).toEqual([
        'Bearer',
        'Bearer error="invalid_token", error_description="The access token is not valid"',
        'Bearer error="invalid_token", error_description="The access token expired"',
      ])
      const codes = await Promise.all(
        responses.map(async (one) => ((await one.json()) as Outcome).issue[0]?.code),
      )
      expect(codes).toEqual(['login', 'login', 'expired'])
    }
    for (const path of ['metadata', '.well-known/smart-configuration'])
      expect((await ask(server.mock, `${FHIR}/${path}`)).status).toBe(200)
  })

  test('files are open when the manifest says so', async () => {
    const { file, manifest } = await done(guarded({ files: { requiresAccessToken: false } }))
    expect(manifest.requiresAccessToken).toBe(false)
    expect(file).not.toBe('')
    expect((await done(guarded())).manifest.requiresAccessToken).toBe(true)
  })

  test('is open without clients and without a token; then nobody gets one', async () => {
    const server = pretend()
    expect((await ask(server.mock, `${FHIR}/$export`, { headers })).status).toBe(202)
    expect((await errorOf(await request(server)))[2]).toMatch(/no client "client-1"/)
  })

  test('a token that was given to the mock is good beside those of clients', async () => {
    const server = guarded({ token: 'static' })
    server.clock.advance(10 ** 9)
    expect((await kickOff(server.mock, '$export', 'static')).status).toBe(202)
    expect((await kickOff(server.mock, '$export', await tokenFor(server))).status).toBe(202)
  })
})

interface Outcome {
  issue: { code: string }[]
}

describe('a token is good', () => {
  test('for five minutes; then a new one is', async () => {
    const server = guarded()
    const { location } = await done(server)
    const first = await tokenFor(server)
    const status = async (token: string) =>
      (await ask(server.mock, location, { headers: bearer(token) })).status
    server.clock.advance(299_999)
    expect(await status(first)).toBe(200)
    server.clock.advance(1)
    expect(await status(first)).toBe(401)
    expect(await status(await tokenFor(server))).toBe(200)
  })

  test('as long as the option says, or else the personality', async () => {
    const hour = personality({ auth: { lifetimeMs: 3_600_000 } })
    const short = guarded({ personality: hour, tokenLifetimeMs: 1500 })
    const token = await tokenJson(await request(short))
    expect(token.expires_in).toBe(1)
    short.clock.advance(1499)
    expect((await kickOff(short.mock, '$export', token.access_token)).status).toBe(202)
    short.clock.advance(1)
    expect((await kickOff(short.mock, '$export', token.access_token)).status).toBe(401)
    expect((await tokenJson(await request(guarded({ personality: hour })))).expires_in).toBe(3600)
  })
})

describe('faults', () => {
  const polls = async (fault: Parameters<typeof parseFault>[0]) => {
    const server = guarded({ faults: [parseFault(fault)] })
    let token = await tokenFor(server)
    const location = (await kickOff(server.mock, '$export', token)).headers.get('content-location') ?? ''
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) {
      const response = await ask(server.mock, location, { headers: bearer(token) })
      statuses.push(response.status)
      if (response.status === 401) token = await tokenFor(server)
    }
    return statuses
  }

  test.each([
    ['revokeToken', [401, 202, 202, 202]],
    ['revokeToken:after=2', [202, 202, 401, 202]],
    ['revokeToken:times=2', [401, 401, 202, 202]],
    ['revokeToken:times=always', [401, 401, 401, 401]],
    ['expireTokens:after=1,on=status', [202, 401, 202, 202]],
    ['revokeToken:on=file', [202, 202, 202, 202]],
  ])('%s', async (fault, statuses) => {
    expect(await polls(fault)).toEqual(statuses)
  })

  test('revokeToken at the second file', async () => {
    const server = guarded({ faults: [faults.revokeToken({ file: 2 })] })
    const { manifest } = await done(server)
    const init = { headers: bearer(await tokenFor(server)) }
    const statuses = []
    for (const { url } of manifest.output.slice(0, 3))
      statuses.push((await ask(server.mock, url, init)).status)
    expect(statuses).toEqual([200, 401, 401])
  })

  test('a revoked token and an expired one are told apart', async () => {
    const words = async (fault: string) => {
      const { mock } = pretend({ token: 'static', faults: [parseFault(`${fault}:on=kick-off`)] })
      return challengeOf(await kickOff(mock, '$export', 'static'))
    }
    expect(await words('revokeToken')).toMatch(/was revoked/)
    expect(await words('expireTokens')).toMatch(/expired/)
  })

  test('tokenError', async () => {
    const server = guarded({
      faults: [
        parseFault('tokenError'),
        parseFault('tokenError:status=401,error=invalid_grant,description=No, no'),
      ],
    })
    expect((await errorOf(await request(server))).slice(0, 2)).toEqual([400, 'invalid_client'])
    expect(await errorOf(await request(server))).toEqual([401, 'invalid_grant', 'No, no'])
    expect((await request(server)).status).toBe(200)
  })

  test('tokenError for a renewal, without a body', async () => {
    const server = guarded({ faults: [faults.tokenError({ after: 1, body: 'empty' })] })
    expect((await request(server)).status).toBe(200)
    const refused = await request(server)
    expect([refused.status, await refused.text()]).toEqual([400, ''])
    expect((await request(server)).status).toBe(200)
  })

  test('tokenBusy', async () => {
    const server = guarded({ faults: [parseFault('tokenBusy:status=429,retryAfter=7'), faults.tokenBusy()] })
    const [first, second] = [await request(server), await request(server)]
    expect([first.status, first.headers.get('retry-after'), await first.text()]).toEqual([
      429,
      '7',
      'Too Many Requests\n',
    ])
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, null])
    expect((await request(server)).status).toBe(200)
  })

  test('the others may be about token requests, too', async () => {
    const server = guarded({ faults: [faults.html({ on: 'token' }), parseFault('busy:on=token')] })
    expect((await request(server)).headers.get('content-type')).toMatch(/html/)
    expect((await request(server)).status).toBe(503)
  })

  test('a body that is none is explained', () => {
    expect(() => parseFault('tokenError:body=poem')).toThrow(
      /body of the fault tokenError is one of json, text, empty/,
    )
  })
})
