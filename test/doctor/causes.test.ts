/** The mistakes of a first export: doctor names each in its first failing line, and an export ends the same way. */
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../src/http/exchange.js'
import { personality } from '../../src/mock/index.js'
import { client, elliptic, impostor } from '../mock/identity.js'
import { type Case, examined, pemOf, signedBy, statuses } from './patient.js'

const MINUTE = 60_000

const page = '<!doctype html><html><head><title>Patient Portal</title></head><body>Welcome</body></html>'

const portal: Exchange = async ({ url }) => ({
  status: 200,
  headers: { 'content-type': 'text/html' },
  url,
  body: Readable.from([Buffer.from(page)]),
})

/** A token endpoint behind something that takes the time out of its answers. */
const timeless =
  (exchange: Exchange): Exchange =>
  async (request) => {
    const reply = await exchange(request)
    const { date: _date, ...headers } = reply.headers
    return request.method === 'POST' ? { ...reply, headers } : reply
  }

const narrow = client({ scopes: ['system/Patient.rs'] })
const strict = personality({ auth: { excessScope: 'refuse' } })
const types = { type: ['Patient', 'Observation'] }

describe('an identity that the server refuses', () => {
  test.each<[string, Case, string, RegExp]>([
    [
      'a wrong key',
      { auth: signedBy({ readKey: async () => pemOf(impostor) }) },
      'token',
      /^the key is not the one that is registered: .*the signature of the assertion is not valid/,
    ],
    [
      'a wrong kid',
      { auth: signedBy({ kid: 'ec-9' }) },
      'token',
      /^the server has no key of this kid: .*the registered JWKS has no key "ec-9"/,
    ],
    [
      'an unregistered client',
      { auth: signedBy({ clientId: 'nobody' }) },
      'token',
      /^the server does not know this client: .*there is no client "nobody"/,
    ],
    [
      'a wrong audience',
      { auth: signedBy({ audience: 'https://other.example/token' }) },
      'token',
      /^the assertion is made out to somebody else \(audience\): .*aud must be/,
    ],
    [
      'a missing scope',
      { mock: { clients: [narrow], personality: strict }, kickOff: types },
      'token',
      /^these scopes are not for this client: .*"system\/Observation.rs" is not registered/,
    ],
    [
      'a clock that is behind',
      { aheadMs: -10 * MINUTE, wire: timeless },
      'clock',
      /^this computer's clock is 10 min behind the server's/,
    ],
    [
      'a clock that is ahead',
      { aheadMs: 10 * MINUTE, wire: timeless },
      'clock',
      /^this computer's clock is 10 min ahead of the server's/,
    ],
  ])('%s', async (_, given, id, message) => {
    const { first, exitCode, mock, results, ...patient } = await examined(given)
    expect(first).toMatchObject({ id, message: expect.stringMatching(message) })
    expect(mock.requests.filter(({ phase }) => phase === 'kick-off')).toEqual([])
    const end = await patient.export()
    expect([exitCode, end.exitCode]).toEqual([3, 3])
    expect(first?.remedy).toContain(end.error?.hint)
    expect(first?.message).toContain(end.error?.message.replace(/^.*HTTP/, 'HTTP'))
    expect(JSON.stringify(results)).not.toMatch(/eyJ|PRIVATE KEY/)
  })

  test('scopes that are granted in part: the missing ones are named', async () => {
    const { first, exitCode, ...patient } = await examined({ mock: { clients: [narrow] }, kickOff: types })
    const end = await patient.export()
    expect(first).toMatchObject({
      id: 'scopes',
      message: expect.stringMatching(/not system\/Observation\.rs/),
    })
    expect([exitCode, end.exitCode]).toEqual([3, 3])
    expect(end.notices.map(({ hint }) => hint)).toContain(first?.remedy)
  })

  test('less than everything, where no type is named, is worth a look and no failure', async () => {
    const { exitCode, of } = await examined({ mock: { clients: [narrow] } })
    expect(exitCode).toBe(0)
    expect(of('scopes')?.status).toBe('warning')
  })

  test('a clock that the server makes up for is worth a look: an export ends well', async () => {
    for (const aheadMs of [-10 * MINUTE, 2 * MINUTE, 10 * MINUTE]) {
      const { results, exitCode, of, ...patient } = await examined({ aheadMs })
      expect([of('clock')?.status, of('token')?.status]).toEqual(['warning', 'warning'])
      expect(of('clock')?.message).toMatch(/this computer's clock is \d+ min (behind|ahead of) the server's/)
      expect([exitCode, (await patient.export()).exitCode]).toEqual([0, 0])
    }
    expect((await examined({ aheadMs: 5_000 })).of('clock')?.status).toBe('ok')
  })

  test('a key that cannot be used', async () => {
    const auth = signedBy({ readKey: async () => 'no key at all' })
    const { first, exitCode, of, ...patient } = await examined({ auth })
    expect(await patient.export()).toMatchObject({ exitCode: 2, error: { hint: first?.remedy } })
    expect(first).toMatchObject({ id: 'key', message: 'The key is neither PEM nor JWK nor JWKS' })
    expect(exitCode).toBe(2)
    expect(of('token')).toMatchObject({ status: 'skipped', message: 'not checked, for key failed' })
  })

  test('a wrong secret', async () => {
    const { first, exitCode, results, ...patient } = await examined({
      auth: { kind: 'client-secret-basic', clientId: 'client-1', readSecret: async () => 'wr0ng-secret' },
    })
    const end = await patient.export()
    expect(first?.message).toMatch(/^the client secret is wrong: /)
    expect([first?.id, exitCode, end.exitCode, first?.remedy]).toEqual(['token', 3, 3, end.error?.hint])
    expect(JSON.stringify(results)).not.toContain('wr0ng')
  })
})

describe('an address that is no FHIR base', () => {
  const open: Case = { mock: { clients: undefined }, auth: { kind: 'none' } }

  test.each<[string, Case, number, RegExp, RegExp]>([
    [
      'without its path',
      { fhirUrl: 'http://localhost' },
      3,
      /^http:\/\/localhost is no FHIR base URL, its \/metadata is HTTP 404, There is nothing at/,
      /^a FHIR server answers at --server http:\/\/localhost\/fhir; /,
    ],
    [
      'without its path, and without a credential',
      { ...open, fhirUrl: 'http://localhost' },
      4,
      /is no FHIR base URL/,
      /^a FHIR server answers at --server http:\/\/localhost\/fhir; check --server: /,
    ],
    [
      'with the operation at its end',
      { ...open, fhirUrl: 'http://localhost/fhir/$export' },
      4,
      /is no FHIR base URL/,
      /--server http:\/\/localhost\/fhir; /,
    ],
    [
      'with a target at its end',
      { ...open, fhirUrl: 'http://localhost/fhir/Group/123/$export' },
      4,
      /is no FHIR base URL/,
      /--server http:\/\/localhost\/fhir; /,
    ],
    [
      "a portal's page",
      { ...open, wire: () => portal },
      4,
      /its \/metadata is HTTP 200, a web page, "Patient Portal"$/,
      /^check --server: /,
    ],
    [
      "a portal's page, with a key",
      { wire: () => portal },
      3,
      /a web page, "Patient Portal"$/,
      /^check --server: /,
    ],
  ])('%s', async (_, given, code, message, remedy) => {
    const { first, exitCode, results, ...patient } = await examined(given)
    expect(first).toMatchObject({ id: 'base-url', message: expect.stringMatching(message) })
    expect(first?.remedy).toMatch(remedy)
    const end = await patient.export()
    expect([exitCode, end.exitCode]).toEqual([code, code])
    // A kick-off that is answered with 404 may have another reason.
    if (end.error?.code !== 'BULKX_KICK_OFF_REFUSED') expect(first?.remedy).toContain(end.error?.hint)
    expect(statuses(results)).toMatchObject({ token: 'skipped', scopes: 'skipped', types: 'skipped' })
  })
})

test('nothing wrong: every check passes, and the server sees no kick-off', async () => {
  const { results, exitCode, mock, of } = await examined({ kickOff: types })
  expect(exitCode).toBe(0)
  expect(statuses(results)).toEqual({
    proxy: 'ok',
    network: 'ok',
    'base-url': 'ok',
    'capability-statement': 'ok',
    vendor: 'ok',
    discovery: 'ok',
    key: 'ok',
    clock: 'ok',
    token: 'ok',
    scopes: 'ok',
    types: 'ok',
    group: 'skipped',
    directory: 'ok',
    space: 'ok',
  })
  expect(of('key')?.message).toBe(`readable, signs with ES384, kid ${elliptic.kid}`)
  expect(of('scopes')?.message).toBe('granted: system/Patient.rs system/Observation.rs')
  const asked = mock.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)
  expect(asked).toEqual([
    'GET /fhir/metadata',
    'GET /fhir/.well-known/smart-configuration',
    'POST /auth/token',
  ])
})
