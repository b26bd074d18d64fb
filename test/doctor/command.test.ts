/** `bulkx doctor` as a person types it: lines, marks, exit codes, `--json`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { speaksUnicode } from '../../src/cli/unicode.js'
import { fakeIo } from '../cli/fake-io.js'
import { type Session, session } from '../cli/session.js'
import { realClock } from '../helpers/job.js'
import { CLIENT, client, elliptic, impostor } from '../mock/identity.js'
import { pemOf } from './patient.js'

const utf8 = { env: { LANG: 'en_US.UTF-8' } }

/** What tells us apart from run to run. */
const plain = ({ plain: redacted }: Session, text: string): string =>
  redacted(text)
    .replace(/in \d+ ms/g, 'in 5 ms')
    .replace(/[\d.]+ [GM]B free/g, '80 GB free')

const lines = (text: string): string[] => text.trimEnd().split('\n')

const identified = async (key = elliptic): Promise<Session & { identity: string[] }> => {
  const here = await session({ clients: [client()] })
  writeFileSync(join(here.cwd, 'key.pem'), pemOf(key), { mode: 0o600 })
  const identity = ['--server', here.server, '--client-id', CLIENT, '--key', 'key.pem', '--kid', 'ec-1']
  return { ...here, identity }
}

test('one line a check, on stdout', async () => {
  const here = await identified()
  const { code, out, err } = await here.run(
    ['doctor', 'Group/123', '--type', 'Patient', ...here.identity],
    utf8,
  )
  expect([code, err]).toEqual([0, ''])
  expect(lines(plain(here, out))).toEqual([
    expect.stringMatching(/^doctor: Group\/123 from http:\/\/127\.0\.0\.1:8080\/fhir/),
    '✓ proxy: none',
    '✓ network: http://127.0.0.1:8080 answers, in 5 ms',
    '✓ FHIR base URL: http://127.0.0.1:8080/fhir',
    '✓ server: FHIR R4 (4.0.1), bulkx mock server (reference), bulkx; $export, Patient/$export, Group/<id>/$export',
    "✓ vendor: looks like bulkx's own mock: a server to rehearse on",
    '✓ token endpoint: token endpoint http://127.0.0.1:8080/auth/token, says smart-configuration',
    '✓ key: readable, signs with ES384, kid ec-1',
    "✓ clock: agrees with the server's",
    '✓ token: obtained for client-1, good for 5 min',
    '✓ scopes: granted: system/Patient.rs',
    '✓ types: Patient: served',
    '- group: Group/123 cannot be read with these scopes, which an export need not',
    expect.stringMatching(/^ {2}hint: a wrong id is not seen here: .* portal of the vendor$/),
    expect.stringMatching(/^✓ output directory: \.\/127\.0\.0\.1-\d+-Group-123 can be made$/),
    expect.stringMatching(/^✓ disk space: 80 GB free for \.\/127/),
  ])
  expect(here.mock.requests.some(({ phase }) => phase === 'kick-off')).toBe(false)
})

test('a failure has its remedy on the next line, and an export ends with the same code and hint', async () => {
  const here = await identified(impostor)
  const { code, out, err } = await here.run(['doctor', ...here.identity], utf8)
  const shown = lines(out)
  const first = shown.findIndex((line) => line.startsWith('✗'))
  expect(shown[first]).toMatch(/^✗ token: the key is not the one that is registered: .*signature/)
  expect(shown[first + 1]).toMatch(/^ {2}hint: sent: iss and sub client-1, .*kid ec-1/)
  expect(shown).toContain('- scopes: not checked, for token failed')
  expect(err).toBe('error: 1 check failed of 14: token\n')
  const exported = await here.run(['export', ...here.identity, '-o', 'out', '--json'])
  expect([code, exported.code]).toEqual([3, 3])
  expect(shown[first + 1]).toBe(`  hint: ${exported.result.hint}`)
})

test('without Unicode, in plain letters', async () => {
  const here = await identified(impostor)
  const environments: Record<string, string>[] = [{}, { LANG: 'C' }, { ...utf8.env, TERM: 'dumb' }]
  for (const env of environments) {
    const { out } = await here.run(['doctor', ...here.identity], { env })
    expect(out).toMatch(/^\+ proxy: none\n/m)
    expect(out).toMatch(/^x token: /m)
    expect(out).not.toMatch(/[^\x20-\x7e\n]/)
  }
})

test.each([
  [{ LANG: 'en_US.UTF-8' }, 'linux', true],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, 'linux', false],
  [{}, 'linux', false],
  [{}, 'darwin', true],
  [{ LANG: 'C.utf8', TERM: 'linux' }, 'linux', false],
  [{}, 'win32', false],
  [{ WT_SESSION: '1' }, 'win32', true],
] as const)('Unicode is spoken: %j on %s', (env, platform, want) => {
  expect(speaksUnicode({ env, platform })).toBe(want)
})

test('--json: the checks are in the result', async () => {
  const here = await identified(impostor)
  const { code, out, result } = await here.run(['doctor', ...here.identity, '--json'])
  expect([code, lines(out).length]).toEqual([3, 1])
  expect(result).toMatchObject({ type: 'result', command: 'doctor', exitCode: 3, code: 'BULKX_TOKEN' })
  expect(result.message).toMatch(/^token: the key is not the one/)
  const checks = result.checks as Record<string, unknown>[]
  expect(checks.map(({ id }) => id)).toContain('space')
  expect(checks.find(({ status }) => status === 'failed')).toEqual({
    id: 'token',
    status: 'failed',
    message: expect.any(String),
    remedy: result.hint,
  })
  expect(checks[0]).toEqual({ id: 'proxy', status: 'ok', message: 'none' })
})

test('--quiet: the error alone', async () => {
  const here = await identified(impostor)
  const { out, err } = await here.run(['doctor', ...here.identity, '--quiet'])
  expect(out).toBe('')
  expect(lines(err)).toEqual([
    expect.stringMatching(/^error: token: the key is not/),
    expect.stringMatching(/^hint: sent: /),
  ])
})

test('--verbose: one line a request, and each page is asked for once', async () => {
  const here = await identified()
  const { err } = await here.run(['doctor', ...here.identity, '--verbose'])
  expect(lines(here.plain(err)).map((line) => line.replace(/ \d+ ms$/, ''))).toEqual([
    'GET http://127.0.0.1:8080/fhir/metadata 200',
    'GET http://127.0.0.1:8080/fhir/.well-known/smart-configuration 200',
    'POST http://127.0.0.1:8080/auth/token 200',
  ])
})

test('a key file that is not there ends 2, as an export does', async () => {
  const here = await session()
  const identity = ['--server', here.server, '--client-id', CLIENT, '--key', 'nowhere.pem']
  const { code, out, result } = await here.run(['doctor', ...identity, '--json'])
  const exported = await here.run(['export', ...identity, '-o', 'out', '--json'])
  expect([code, exported.code, out.includes('nowhere.pem')]).toEqual([2, 2, true])
  expect(result.hint).toBe(exported.result.hint)
  expect(result.checks).toContainEqual(expect.objectContaining({ status: 'failed' }))
})

test('what stands in the output directory', async () => {
  const here = await session()
  const named = ['Patient', '--server', here.server, '-o', 'out']
  const directory = async () => {
    const { code, result } = await here.run(['doctor', ...named, '--json'])
    const checks = result.checks as { id: string; status: string; message: string }[]
    const { status, message } = checks.find(({ id }) => id === 'directory') ?? {}
    return { code, status, message }
  }
  expect(await directory()).toEqual({ code: 0, status: 'ok', message: './out can be made' })
  await here.run(['kickoff', ...named])
  expect(await directory()).toMatchObject({
    code: 0,
    status: 'warning',
    message: expect.stringMatching(/unfinished export of Patient/),
  })
  await here.run(['export', ...named])
  expect(await directory()).toMatchObject({
    code: 0,
    status: 'warning',
    message: expect.stringMatching(/finished export of Patient from http/),
  })
  mkdirSync(join(here.cwd, 'foreign'))
  writeFileSync(join(here.cwd, 'foreign', 'Patient.ndjson'), '')
  const foreign = ['--server', here.server, '-o', 'foreign', '--json']
  const [doctor, exported] = [await here.run(['doctor', ...foreign]), await here.run(['export', ...foreign])]
  expect([doctor.code, exported.code, doctor.result.hint]).toEqual([2, 2, exported.result.hint])
})

test('the mock inside, and a server that is not there', async () => {
  const io = Object.assign(fakeIo(), { clock: realClock })
  expect(await main(['doctor', '--server', 'mock:'], io)).toBe(0)
  expect(io.out()).toMatch(/^doctor: system from mock:/)
  const gone = fakeIo(utf8)
  expect(await main(['doctor', '--server', 'http://127.0.0.1:1/fhir'], gone)).toBe(9)
  expect(gone.out()).toMatch(/✗ network: Cannot reach http:\S+: the connection was refused\n {2}hint: /)
})

test('with a profile, the first line says which', async () => {
  const here = await identified()
  const env = { BULKX_CONFIG_DIR: join(here.cwd, 'config') }
  await here.run(['profile', 'set', 'clinic', ...here.identity], { env })
  const { code, out } = await here.run(['doctor', 'Patient', '--profile', 'clinic'], { env })
  expect([code, lines(here.plain(out))[0]]).toEqual([
    0,
    'doctor: Patient from http://127.0.0.1:8080/fhir (profile clinic)',
  ])
})

test('--server has to be named', async () => {
  const io = fakeIo()
  expect(await main(['doctor'], io)).toBe(2)
  expect(io.err()).toMatch(/No server was named/)
})
