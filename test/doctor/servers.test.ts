/** Servers of all kinds: those that cannot be reached, hide something, or serve groups; and the disk at this end. */
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Disk } from '../../src/doctor/disk.js'
import { localDisk } from '../../src/doctor/disk.js'
import type { Exchange } from '../../src/http/exchange.js'
import { NetworkError, type NetworkErrorKind } from '../../src/http/network-error.js'
import { temporaryDirectory } from '../helpers/job.js'
import { type Case, examined, signedBy, statuses } from './patient.js'

const json = (url: string, status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  url,
  body: Readable.from([Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))]),
})

type Answers = Record<string, [status: number, body: unknown]>

/** Answers by the end of the path, 404 for the rest. */
const answering =
  (answers: Answers): Exchange =>
  async ({ url }) => {
    const found = Object.entries(answers).find(([end]) => url.endsWith(end))
    return found ? json(url, ...found[1]) : json(url, 404, '')
  }

const statement = (more: object = {}, resource: object[] = []) => ({
  resourceType: 'CapabilityStatement',
  fhirVersion: '4.0.1',
  rest: [{ mode: 'server', resource, operation: [{ name: 'export' }] }],
  ...more,
})

const open = (answers: Answers, more: Case = {}): Case => ({
  auth: { kind: 'none' },
  wire: () => answering(answers),
  ...more,
})

describe('a server that cannot be reached', () => {
  test.each<[NetworkErrorKind, string, number, RegExp]>([
    ['dns', 'the host name is not known', 9, /check the host name in --server/],
    ['refused', 'the connection was refused', 9, /check host and port/],
    ['tls', 'no secure connection (SELF_SIGNED_CERT_IN_CHAIN)', 9, /--ca <file>/],
    ['tls', 'no secure connection (CERT_HAS_EXPIRED)', 9, /has expired/],
    ['tls', 'no secure connection (ERR_TLS_CERT_ALTNAME_INVALID)', 9, /another host's/],
    ['tls', 'no secure connection (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)', 9, /--cert and --cert-key/],
    ['tls', 'no secure connection (EPROTO)', 9, /https at this port/],
    ['timeout', 'no answer came in time', 9, /--request-timeout/],
    ['broken', 'the connection was reset', 9, /may want https/],
    ['redirect', 'it redirects more than 5 times', 4, /FHIR base URL/],
  ])('%s: %s', async (kind, message, code, remedy) => {
    const wire = (): Exchange => async () => {
      throw new NetworkError(kind, message, { sent: false })
    }
    const { first, exitCode, results } = await examined({ wire })
    expect(first).toMatchObject({ id: 'network', message: `Cannot reach http://localhost/fhir: ${message}` })
    expect(first?.remedy).toMatch(remedy)
    expect(exitCode).toBe(code)
    expect(statuses(results)).toMatchObject({
      'base-url': 'skipped',
      key: 'ok',
      directory: 'ok',
      space: 'ok',
    })
  })

  test('through a proxy: it is named, without its password', async () => {
    const wire = (): Exchange => async () => {
      throw new NetworkError('refused', 'the connection was refused', { sent: false })
    }
    const { first, results } = await examined({
      wire,
      network: { proxy: 'http://me:s3cret@proxy.example:3128' },
    })
    expect(first?.remedy).toContain('the proxy http://proxy.example:3128 (--proxy) stands in between')
    expect(JSON.stringify(results)).not.toContain('s3cret')
  })

  test('a credential is never sent in clear text: an export ends with the same words', async () => {
    const { first, exitCode, mock, ...patient } = await examined({ fhirUrl: 'http://ehr.example/fhir' })
    expect(mock.requests).toEqual([])
    expect([first?.id, exitCode]).toEqual(['network', 2])
    await expect(patient.export()).rejects.toMatchObject({ message: first?.message, hint: first?.remedy })
  })

  test('without a credential, clear text is worth a warning', async () => {
    const { of, exitCode } = await examined(
      open({ '/metadata': [200, statement()] }, { fhirUrl: 'http://ehr.example/fhir' }),
    )
    expect([of('network')?.status, exitCode]).toEqual(['warning', 0])
  })
})

describe('without a credential', () => {
  const secured = [
    { mode: 'server', security: { service: [{ text: 'OAuth' }] }, operation: [{ name: 'export' }] },
  ]

  test.each<[string, Answers, string, number, RegExp]>([
    [
      'a read is answered by 401',
      { '/metadata': [200, statement()], '/Patient/bulkx-doctor': [401, 'who are you'] },
      'failed',
      3,
      /^no credential is used, and the server wants one: GET Patient\/bulkx-doctor answers HTTP 401: who are you$/,
    ],
    [
      'only the CapabilityStatement says so',
      { '/metadata': [200, statement({ rest: secured })] },
      'warning',
      0,
      /the server wants one, says its CapabilityStatement$/,
    ],
    ['nothing says so', { '/metadata': [200, statement()] }, 'skipped', 0, /^no credential is used$/],
  ])('%s', async (_, answers, status, code, message) => {
    const { of, exitCode } = await examined(open(answers))
    expect(of('token')).toMatchObject({ status, message: expect.stringMatching(message) })
    if (status !== 'skipped') expect(of('token')?.remedy).toMatch(/--client-id with --key/)
    expect(exitCode).toBe(code)
  })
})

describe('what stands at /metadata', () => {
  test.each<[number, unknown, string, number, RegExp]>([
    [401, '', 'warning', 0, /HTTP 401/],
    [429, '', 'warning', 0, /HTTP 429/],
    [500, '', 'warning', 0, /HTTP 500/],
    [503, 'down for maintenance', 'failed', 9, /HTTP 503: down for maintenance; maintenance\?$/],
    [404, '', 'failed', 4, /HTTP 404$/],
    [200, { resourceType: 'Conformance' }, 'failed', 4, /FHIR DSTU2/],
    [200, { hello: 'world' }, 'failed', 4, /some other JSON/],
    [200, '', 'failed', 4, /HTTP 200$/],
  ])('HTTP %i %j', async (status, body, want, code, message) => {
    const { of, exitCode } = await examined(open({ '/metadata': [status, body] }))
    expect(of('base-url')).toMatchObject({ status: want, message: expect.stringMatching(message) })
    expect(exitCode).toBe(code)
  })

  test('a level that is not declared, and types that are not served, are worth a look', async () => {
    const group = [{ type: 'Group', operation: [{ name: 'export' }] }]
    const metadata = { ...statement(), rest: [{ mode: 'server', resource: group }] }
    const kickOff = { target: { kind: 'type', type: 'Patient' }, type: ['Observation'] } as const
    const { of, exitCode } = await examined(
      open({ '/metadata': [200, metadata] }, { kickOff: { ...kickOff, type: ['Observation'] } }),
    )
    expect(of('capability-statement')).toMatchObject({
      status: 'warning',
      message: 'FHIR R4 (4.0.1); declared: Group/<id>/$export, but not Patient/$export',
    })
    expect(of('types')?.message).toBe('Not among the types that the server declares: Observation')
    expect(exitCode).toBe(0)
  })

  test('no export declared at all', async () => {
    const { of } = await examined(open({ '/metadata': [200, statement({ rest: [] })] }))
    expect(of('capability-statement')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/not declared$/),
    })
  })

  test('a vendor is named, and nothing else', async () => {
    const { of } = await examined(open({ '/metadata': [200, statement({ software: { name: 'Epic' } })] }))
    expect(of('vendor')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/^looks like Epic: groups only/),
    })
  })
})

describe('where tokens are had', () => {
  test('the CapabilityStatement says it, where there is no smart-configuration', async () => {
    const security = {
      extension: [
        {
          url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
          extension: [{ url: 'token', valueUri: 'http://localhost/auth/token' }],
        },
      ],
    }
    const metadata = statement({ rest: [{ mode: 'server', security, operation: [{ name: 'export' }] }] })
    const { of } = await examined({ wire: () => answering({ '/metadata': [200, metadata] }) })
    expect(of('discovery')?.message).toBe(
      'token endpoint http://localhost/auth/token, says the CapabilityStatement',
    )
  })

  test('nobody says it: an export ends with the same words', async () => {
    const wire = (): Exchange => answering({ '/metadata': [200, statement()] })
    const { first, exitCode, ...patient } = await examined({ wire })
    const end = await patient.export()
    expect([first?.id, exitCode, first?.message, first?.remedy]).toEqual([
      'discovery',
      3,
      end.error?.message,
      end.error?.hint,
    ])
  })

  test('--token-url says it', async () => {
    const { of, exitCode } = await examined({ auth: signedBy({ tokenUrl: 'http://localhost/auth/token' }) })
    expect(of('discovery')?.message).toBe('token endpoint http://localhost/auth/token, from --token-url')
    expect([of('token')?.status, exitCode]).toEqual(['ok', 0])
  })

  test('an algorithm that the server does not list is worth a look', async () => {
    const smart = {
      token_endpoint: 'http://localhost/auth/token',
      token_endpoint_auth_signing_alg_values_supported: ['RS384'],
    }
    const { of } = await examined({
      wire: () => answering({ '/metadata': [200, statement()], configuration: [200, smart] }),
    })
    expect(of('key')).toMatchObject({
      status: 'warning',
      message: 'It signs with ES384 (kid ec-1), and the server lists RS384',
    })
  })

  test('a token endpoint that cannot now', async () => {
    const wire =
      (mock: Exchange): Exchange =>
      (request) =>
        request.method === 'POST' ? Promise.resolve(json(request.url, 503, 'later')) : mock(request)
    const { first, exitCode } = await examined({ wire })
    expect([first?.id, exitCode]).toEqual(['token', 9])
    expect(first?.message).toMatch(/answers HTTP 503: later$/)
  })
})

describe('a ready-made token', () => {
  const jwt = (exp: number) => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.c2ln`
  const bearer = (token: string): Case => ({
    auth: { kind: 'bearer', read: async () => token },
    mock: { clients: undefined },
  })
  const now = Date.UTC(2026, 0, 1) / 1000

  test('that has expired', async () => {
    const { first, exitCode } = await examined(bearer(jwt(now - 60)))
    expect(first).toMatchObject({ id: 'token', message: 'The access token expired at 2025-12-31T23:59:00Z' })
    expect(exitCode).toBe(3)
  })

  test.each([jwt(now + 60), 'opaque-token', 'a.b.c', jwt(Number.MAX_VALUE)])(
    'that may be good: %s',
    async (token) => {
      const { of, exitCode, results } = await examined(bearer(token))
      expect([of('token')?.status, exitCode]).toEqual(['ok', 0])
      expect(JSON.stringify(results)).not.toContain(token)
    },
  )

  test('that the server does not take', async () => {
    const { first, exitCode } = await examined({
      ...bearer('bad'),
      mock: { clients: undefined, token: 'good' },
    })
    expect(first).toMatchObject({
      id: 'token',
      message: expect.stringMatching(
        /^a ready-made bearer token is used, and the server does not take it: GET /,
      ),
    })
    expect(exitCode).toBe(3)
  })

  test('that the server repeats is not shown', async () => {
    const wire =
      (mock: Exchange): Exchange =>
      (request) =>
        request.url.includes('/Group/')
          ? Promise.resolve(json(request.url, 401, `no such token: ${request.headers.authorization}`))
          : mock(request)
    const { first, exitCode } = await examined({ ...bearer('s3cret-token'), wire })
    expect(first?.message).toBe('GET Group/123 answers HTTP 401: no such token: Bearer ***')
    expect(exitCode).toBe(3)
  })
})

describe('the group', () => {
  const reads = [{ type: 'Group', interaction: [{ code: 'read' }] }]
  const group = (status: number, body: unknown, resource: object[] = reads): Case =>
    open({ '/metadata': [200, statement({}, resource)], '/Group/123': [status, body] })

  test.each<[string, Case, string, RegExp]>([
    ['with members', group(200, { resourceType: 'Group', member: [{}, {}] }), 'ok', /is there, members: 2$/],
    ['with a quantity', group(200, { resourceType: 'Group', quantity: 7 }), 'ok', /members: 7$/],
    ['without either', group(200, { resourceType: 'Group' }), 'ok', /is there$/],
    ['that is not there', group(404, ''), 'failed', /HTTP 404$/],
    ['that nobody may read', group(403, ''), 'skipped', /HTTP 403/],
    ['where groups cannot be read', group(404, '', []), 'skipped', /HTTP 404/],
    ['where something is broken', group(500, ''), 'warning', /HTTP 500/],
    ['that wants a credential', group(401, ''), 'failed', /HTTP 401/],
  ])('%s', async (_, given, status, message) => {
    expect((await examined(given)).of('group')).toMatchObject({
      status,
      message: expect.stringMatching(message),
    })
  })

  test('is not asked for', async () => {
    const { of } = await examined({ kickOff: { target: { kind: 'system' } } })
    expect(of('group')).toMatchObject({ status: 'skipped', message: 'no group is asked for' })
  })
})

describe('the disk', () => {
  const disk = (more: Partial<Disk>): Disk => ({ ...localDisk, freeBytes: async () => 5e9, ...more })
  const failing = (code: string) => async () => {
    throw Object.assign(new Error(code), { code })
  }

  test.each<[string, Partial<Disk>, string, string, number]>([
    ['not writable', { assertWritable: failing('EACCES') }, 'directory', 'failed', 8],
    ['read-only', { assertWritable: failing('EROFS') }, 'directory', 'failed', 8],
    ['a file in the way', { nearest: failing('ENOTDIR') }, 'directory', 'failed', 8],
    ['little room', { freeBytes: async () => 2e8 }, 'space', 'warning', 0],
    ['no room', { freeBytes: async () => 4096 }, 'space', 'failed', 8],
    ['a file system that does not say', { freeBytes: failing('ENOSYS') }, 'space', 'skipped', 0],
  ])('%s', async (_, more, id, status, code) => {
    const { of, exitCode } = await examined({ disk: disk(more) })
    expect([of(id)?.status, exitCode]).toEqual([status, code])
  })

  test.each([
    ['complete', /holds a finished export of Group\/123/],
    ['downloading', /holds an unfinished export of Group\/123 \(downloading\)/],
    ['cancelled', /ended \(cancelled\)/],
  ])('a job that stands there: %s', async (phase, message) => {
    const standing = async () => ({ phase, question: 'Group/123' })
    const { of, exitCode } = await examined({ standing })
    expect(of('directory')).toMatchObject({ status: 'warning', message: expect.stringMatching(message) })
    expect(exitCode).toBe(0)
  })

  test('as it is', async () => {
    const directory = await temporaryDirectory()
    expect(await localDisk.nearest(`${directory}/a/b`)).toBe(directory)
    await localDisk.assertWritable(directory)
    await expect(localDisk.assertWritable(import.meta.filename)).rejects.toMatchObject({ code: 'ENOTDIR' })
    expect(await localDisk.freeBytes(directory)).toBeGreaterThan(0)
  })
})
