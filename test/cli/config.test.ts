import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveConfig } from '../../src/cli/config.js'
import { printedLines, printedSettings } from '../../src/cli/print-config.js'
import { resolveSettings, type Texts } from '../../src/cli/settings.js'
import type { Config } from '../../src/config.js'
import { BulkxError } from '../../src/errors.js'
import { environmentName, inGroups, optionNames, row } from '../../src/options/options.js'
import { type FakeIo, fakeIo } from './fake-io.js'

const names = inGroups('server', 'question', 'identity', 'waiting', 'files', 'talk')

interface Case {
  flags?: Texts
  env?: Record<string, string>
  directory?: Texts
  target?: string
  stdin?: string
  io?: FakeIo
}

const settingsOf = ({ flags = {}, env = {}, directory }: Case) =>
  resolveSettings({ names, flags, env, directory })

const configOf = (given: Case) => {
  const io = given.io ?? fakeIo({ env: given.env, stdin: given.stdin })
  return resolveConfig(settingsOf(given), given.target, io)
}

const failure = async (given: Case): Promise<BulkxError> => {
  const error = await configOf(given).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof BulkxError) return error
  throw new Error(`not a BulkxError: ${String(error)}`)
}

const server = ['https://ehr.example/fhir']

describe('precedence', () => {
  test.each([
    [{}, undefined, undefined],
    [{ env: { BULKX_POLL_MIN: '2s' } }, 2000, 'BULKX_POLL_MIN'],
    [{ env: { BULKX_POLL_MIN: '' } }, undefined, undefined],
    [{ env: { BULKX_POLL_MIN: '2s' }, flags: { 'poll-min': ['3s'] } }, 3000, '--poll-min'],
    [{ env: { BULKX_POLL_MIN: 'rubbish' }, flags: { 'poll-min': ['3s'] } }, 3000, '--poll-min'],
    [{ env: { BULKX_POLL_MIN: '2s' }, directory: { 'poll-min': ['4s'] } }, 4000, 'the directory'],
    [{ flags: { 'poll-min': ['3s'] }, directory: { 'poll-min': ['4s'] } }, 3000, '--poll-min'],
  ])('%#: flag, directory, environment', (given: Case, value, source) => {
    const settings = settingsOf(given)
    expect(settings.get('poll-min')).toBe(value)
    expect(settings.setting('poll-min')?.source).toBe(source)
  })

  test('a wrong variable is named as such', () => {
    expect(() => settingsOf({ env: { BULKX_PARALLEL: 'many' } })).toThrow(/^BULKX_PARALLEL "many" is not/)
  })

  test('what to export never comes from the environment', async () => {
    for (const name of inGroups('question')) expect(environmentName(name)).toBeUndefined()
    const config = await configOf({
      flags: { server },
      env: { BULKX_TYPE: 'Patient', BULKX_SINCE: '2026-01-01' },
    })
    expect(config.kickOff).toEqual({
      target: { kind: 'system' },
      operation: '$export',
      method: 'get',
      listStyle: 'comma',
      lenient: false,
    })
  })

  test('booleans and lists of the environment', () => {
    const env = {
      BULKX_GZIP: 'yes',
      BULKX_TRUST_ORIGIN: 'https://a.example,https://b.example',
      BULKX_HEADER: 'A: 1\nB: 2,3',
    }
    const settings = settingsOf({ env })
    expect(settings.get('gzip')).toBe(true)
    expect(settings.get('trust-origin')).toEqual(['https://a.example', 'https://b.example'])
    expect(settings.get('header')).toEqual([
      ['a', '1'],
      ['b', '2,3'],
    ])
    expect(settingsOf({ env: { BULKX_GZIP: '0' } }).get('gzip')).toBe(false)
  })
})

test('every default in the help can be typed as it stands', () => {
  for (const name of optionNames) {
    const { byDefault, kind } = row(name)
    if (byDefault === undefined || kind.form !== 'one') continue
    expect(kind.parse(byDefault), name).toBeDefined()
  }
})

describe('server and target', () => {
  test('without a server there is a hint with the ways to name one', async () => {
    const error = await failure({})
    expect(error.code).toBe('BULKX_USAGE')
    expect(error.hint).toMatch(/--server.*BULKX_SERVER.*mock:/)
  })

  test.each([
    [{ flags: { server } }, 'https://ehr.example/fhir', 'https://ehr.example/fhir'],
    [
      { env: { BULKX_SERVER: 'https://ehr.example/fhir/' } },
      'https://ehr.example/fhir',
      'https://ehr.example/fhir',
    ],
    [{ flags: { server: ['mock:'] } }, 'mock:', ''],
    [
      { target: 'https://ehr.example/fhir/Group/1/$export' },
      'https://ehr.example/fhir',
      'https://ehr.example/fhir',
    ],
    [
      { target: 'https://ehr.example/start', flags: { server } },
      'https://ehr.example/fhir',
      'https://ehr.example/fhir',
    ],
    [
      { target: 'https://other.example/$export', env: { BULKX_SERVER: 'https://ehr.example/fhir' } },
      'https://other.example',
      'https://other.example',
    ],
    [
      { target: 'https://ehr.example/a/b/$export', env: { BULKX_SERVER: 'https://ehr.example/a' } },
      'https://ehr.example/a',
      'https://ehr.example/a',
    ],
  ])('%#: server and base', async (given: Case, expected, fhirUrl) => {
    const config = await configOf(given)
    expect([config.server, config.fhirUrl]).toEqual([expected, fhirUrl])
  })

  test('a URL that does not show its base needs --server', async () => {
    expect((await failure({ target: 'https://ehr.example/start' })).hint).toMatch(/--server/)
  })

  test('a kick-off URL cannot be asked of the mock', async () => {
    const error = await failure({ target: 'https://ehr.example/$export', flags: { server: ['mock:'] } })
    expect(error.exitCode).toBe(2)
  })

  test('the directory is absolute, and named after host and target', async () => {
    const io = fakeIo()
    const settings = settingsOf({ flags: { server } })
    expect((await resolveConfig(settings, 'Group/1', io)).directory).toBe(join(io.cwd, 'ehr.example-Group-1'))
  })

  test('a config is complete and frozen', async () => {
    const config = await configOf({ flags: { server } })
    expect(Object.isFrozen(config)).toBe(true)
    expect(config.waiting).toEqual({
      pollMinMs: 1000,
      pollMaxMs: 300_000,
      retryAfterMaxMs: undefined,
      deadlineMs: 2_592_000_000,
      patienceMs: 1_800_000,
    })
    expect(config.files).toMatchObject({ parallel: 5, gzip: false, cleanup: 'on-success', failOn: 'error' })
  })
})

describe('what to export', () => {
  test('all parameters', async () => {
    const { kickOff } = await configOf({
      flags: {
        server,
        type: ['Patient,Observation', 'Condition'],
        since: ['2026-01-01'],
        'type-filter': ['Observation?code=a,b', 'Condition?x=y'],
        elements: ['id,Patient.name'],
        param: ['_mdm=true'],
        lenient: ['true'],
        'allow-partial-manifests': ['true'],
      },
      target: 'Group/1',
    })
    expect(kickOff).toEqual({
      target: { kind: 'instance', type: 'Group', id: '1' },
      operation: '$export',
      type: ['Patient', 'Observation', 'Condition'],
      since: '2026-01-01',
      elements: ['id', 'Patient.name'],
      typeFilter: ['Observation?code=a,b', 'Condition?x=y'],
      allowPartialManifests: true,
      extra: [{ name: '_mdm', value: 'true' }],
      method: 'get',
      listStyle: 'comma',
      lenient: true,
    })
  })

  test('--patient implies POST, and reads files and stdin', async () => {
    const io = fakeIo({ stdin: '7 8\n# nobody\nPatient/9\n' })
    writeFileSync(join(io.cwd, 'ids.txt'), '1\r\nPatient/2,3\n\n')
    const { kickOff } = await configOf({ io, flags: { server, patient: ['0,@ids.txt', '@-'] } })
    expect(kickOff.method).toBe('post')
    expect(kickOff.patient).toEqual(['0', '1', 'Patient/2', '3', '7', '8', 'Patient/9'])
    expect((await configOf({ flags: { server, patient: ['1'], method: ['get'] } })).kickOff.method).toBe(
      'get',
    )
  })

  test.each([
    ['', /holds no patient/],
    ['Group/1', /position 1/],
  ])('a file of patients with %j is refused', async (text, message) => {
    const io = fakeIo()
    writeFileSync(join(io.cwd, 'ids.txt'), text)
    const error = await failure({ io, flags: { server, patient: ['@ids.txt'] } })
    expect(error.code).toBe('BULKX_CONFIG')
    expect(error.message).toMatch(message)
  })

  test('a file that is not there is named', async () => {
    expect((await failure({ flags: { server, patient: ['@nowhere'] } })).message).toBe(
      'Cannot read nowhere: there is no such file',
    )
  })
})

describe('waiting', () => {
  test.each([
    [{ 'poll-min': ['10m'] }, 600_000, 600_000],
    [{ 'poll-max': ['500ms'] }, 500, 500],
    [{ 'poll-min': ['2s'], 'poll-max': ['3s'] }, 2000, 3000],
  ])('%j', async (flags: Texts, min, max) => {
    const { waiting } = await configOf({ flags: { server, ...flags } })
    expect([waiting.pollMinMs, waiting.pollMaxMs]).toEqual([min, max])
  })
  test('bounds that cross are refused', async () => {
    expect((await failure({ flags: { server, 'poll-min': ['3s'], 'poll-max': ['2s'] } })).exitCode).toBe(2)
  })
})

describe('identity', () => {
  const withFile = (name: string, text: string): FakeIo => {
    const io = fakeIo()
    writeFileSync(join(io.cwd, name), text)
    return io
  }

  const tokenOf = async ({ network: { auth } }: Config): Promise<string | undefined> =>
    auth.kind === 'bearer' ? auth.read() : undefined

  test('a token file is read at each use', async () => {
    const io = withFile('token', 'abc\n')
    const config = await configOf({ io, flags: { server, 'token-file': ['token'] } })
    expect(await tokenOf(config)).toBe('abc')
    writeFileSync(join(io.cwd, 'token'), 'Bearer def')
    expect(await tokenOf(config)).toBe('def')
    expect(config.identity).toEqual({ tokenFile: join(io.cwd, 'token') })
    writeFileSync(join(io.cwd, 'token'), '')
    await expect(tokenOf(config)).rejects.toMatchObject({ code: 'BULKX_TOKEN', exitCode: 3 })
  })

  test.each([
    [{ BULKX_TOKEN: 'env' }, {}, undefined, 'env'],
    [{ BULKX_TOKEN: 'env' }, { 'token-file': ['token'] }, undefined, 'file'],
    [{ BULKX_TOKEN: 'env' }, {}, { 'token-file': ['token'] }, 'file'],
    [{ BULKX_TOKEN: 'env', BULKX_TOKEN_FILE: 'token' }, {}, undefined, 'env'],
    [{ BULKX_TOKEN_FILE: 'token' }, {}, undefined, 'file'],
    [{ BULKX_TOKEN: 'env' }, { auth: ['none'] }, undefined, undefined],
  ])('%#: which token', async (env, flags, directory, token) => {
    const io = fakeIo({ env })
    writeFileSync(join(io.cwd, 'token'), 'file')
    const config = await resolveConfig(
      settingsOf({ flags: { server, ...flags }, env: { ...env }, directory }),
      undefined,
      io,
    )
    expect(await tokenOf(config)).toBe(token)
  })

  test.each([
    [{ 'token-file': ['nowhere'] }, {}, 'BULKX_CONFIG', /no such file/],
    [{ 'token-file': ['empty'] }, {}, 'BULKX_CONFIG', /holds no token/],
    [{ 'token-file': ['.'] }, {}, 'BULKX_CONFIG', /it is a directory/],
    [{}, { BULKX_TOKEN: 'two words' }, 'BULKX_CONFIG', /^BULKX_TOKEN holds more than a token$/],
    [{ auth: ['bearer'] }, {}, 'BULKX_USAGE', /needs a token/],
    [{ cert: ['empty'] }, {}, 'BULKX_USAGE', /needs its private key/],
    [{ ca: ['nowhere'] }, {}, 'BULKX_CONFIG', /no such file/],
    [{ 'header-file': ['bad'] }, {}, 'BULKX_CONFIG', /^Line 2 of .*bad is not a header line$/],
  ])('%#: %j is refused before anything starts', async (flags: Texts, env, code, message) => {
    const io = fakeIo({ env })
    writeFileSync(join(io.cwd, 'empty'), '')
    writeFileSync(join(io.cwd, 'bad'), 'A: 1\nsecret\n')
    const error = await failure({ io, env, flags: { server, ...flags } })
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })

  test('headers, certificates and proxies', async () => {
    const io = fakeIo({ env: { https_proxy: 'http://p:1', HTTP_PROXY: 'http://p:2', NO_PROXY: 'localhost' } })
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(io.cwd, name), name)
    writeFileSync(join(io.cwd, 'headers'), '# ours\nX-Key: s3cret\n\n')
    mkdirSync(join(io.cwd, 'sub'))
    const { network } = await configOf({
      io,
      flags: {
        server,
        header: ['X-Tenant: 42'],
        'header-file': ['headers'],
        ca: ['ca'],
        cert: ['cert'],
        'cert-key': ['key'],
      },
    })
    expect(network).toMatchObject({
      headers: { 'x-tenant': '42' },
      auth: { kind: 'headers', headers: { 'x-key': 's3cret' } },
      secretHeaders: {},
      caPem: 'ca',
      certPem: 'cert',
      certKeyPem: 'key',
      environmentProxy: { http: 'http://p:2', https: 'http://p:1', no: 'localhost' },
    })
  })
})

test('--print-config shows sources, what follows from them, and no secret', async () => {
  const env = { BULKX_TOKEN: 's3cret', BULKX_PARALLEL: '7' }
  const io = fakeIo({ env })
  const flags = { server, proxy: ['http://me:s3cret@proxy:3128'], type: ['A,B', 'C'], patient: ['1'] }
  const settings = settingsOf({ flags, env })
  const printed = printedSettings(settings, await resolveConfig(settings, 'Patient', io), io)
  expect(printedLines(printed).join('\n')).not.toContain('s3cret')
  const of = (name: string) => printed.find((setting) => setting.name === name)
  expect(of('target')).toMatchObject({ value: 'Patient' })
  expect(of('server')).toMatchObject({ value: server[0], source: '--server' })
  expect(of('parallel')).toMatchObject({ value: '7', source: 'BULKX_PARALLEL' })
  expect(of('poll-min')).toMatchObject({ value: '1s', source: 'default' })
  expect(of('type')).toMatchObject({ value: 'A,B,C', source: '--type' })
  expect(of('gzip')).toMatchObject({ value: 'false', source: 'default' })
  expect(of('method')).toMatchObject({ value: 'post', source: '--patient' })
  expect(of('out')).toMatchObject({ value: join(io.cwd, 'ehr.example-Patient'), source: 'server and target' })
  expect(of('auth')).toMatchObject({ value: 'bearer', source: 'guessed from BULKX_TOKEN' })
  expect(of('token')).toMatchObject({ value: '***', source: 'BULKX_TOKEN' })
})
