/** Options of the library: the names, forms and defaults of the command line's table, and errors that name what is wrong. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, expectTypeOf, inject, test } from 'vitest'
import { signerFrom } from '../../src/auth/held-keys.js'
import {
  BulkxError,
  configFor,
  type Duration,
  defaults,
  type ExportOptions,
  type Size,
} from '../../src/index.js'
import { type own, type TakenName, taken } from '../../src/library/names.js'
import { commandLineSentences, libraryWords } from '../../src/library/words.js'
import { inGroups, type OptionName } from '../../src/options/options.js'

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S

test('every option has its name from the table, or is one of the few of its own', () => {
  expectTypeOf<keyof ExportOptions>().toEqualTypeOf<Camel<TakenName> | (typeof own)[number]>()
})

test('the compiler knows durations and sizes', () => {
  expectTypeOf<'10m' | '1.5s' | 250>().toExtend<Duration>()
  expectTypeOf<'10 minutes'>().not.toExtend<Duration>()
  expectTypeOf<'10MB' | '1GiB' | 4096>().toExtend<Size>()
  expectTypeOf<'much'>().not.toExtend<Size>()
})

/** What belongs to a person at a command line, to a file instead of a value, or to more than one machine. */
const elsewhere: readonly string[] = [
  ...[
    'profile',
    'header',
    'header-file',
    'ca',
    'cert',
    'cert-key',
    'key',
    'client-secret-file',
    'token-file',
  ],
  ...['token-command', 'queue-password-file'],
]

test('every option of an export can be given, or is not for programs', () => {
  const known: readonly OptionName[] = taken
  const missing = inGroups('server', 'question', 'identity', 'waiting', 'files', 'fleet').filter(
    (name) => !known.includes(name) && !elsewhere.includes(name),
  )
  expect(missing).toEqual([])
})

const server = 'https://ehr.example/fhir'

test('nothing but a server: the defaults of the command line', async () => {
  const config = await configFor({ server: `${server}/` })
  expect(config).toMatchObject({ server, fhirUrl: server, directory: resolve('ehr.example-system') })
  expect(config.kickOff).toEqual({
    target: { kind: 'system' },
    operation: '$export',
    method: 'get',
    listStyle: 'comma',
    lenient: false,
  })
  expect(config.waiting).toEqual({ ...defaults.waiting, retryAfterMaxMs: undefined })
  expect(config.files).toEqual({ ...defaults.files, maxBytesPerSecond: undefined })
  expect(config.network).toMatchObject({
    auth: { kind: 'none' },
    requestTimeoutMs: defaults.requestTimeoutMs,
  })
})

test.each<[string, ExportOptions, object]>([
  ['types', { server, type: ['Patient', 'Observation'] }, { kickOff: { type: ['Patient', 'Observation'] } }],
  ['one type', { server, type: 'Patient' }, { kickOff: { type: ['Patient'] } }],
  ['an instant', { server, since: '2026-01-31' }, { kickOff: { since: '2026-01-31' } }],
  ['a Date', { server, since: new Date(0) }, { kickOff: { since: '1970-01-01T00:00:00.000Z' } }],
  ['commas of a filter', { server, typeFilter: 'A?b=c,d' }, { kickOff: { typeFilter: ['A?b=c,d'] } }],
  [
    'patients',
    { server, patient: ['1', 'Patient/2'] },
    { kickOff: { patient: ['1', 'Patient/2'], method: 'post' } },
  ],
  ['a parameter', { server, param: '_mdm=true' }, { kickOff: { extra: [{ name: '_mdm', value: 'true' }] } }],
  ['a flag', { server, lenient: true, gzip: true }, { kickOff: { lenient: true }, files: { gzip: true } }],
  [
    'milliseconds',
    { server, pollMin: 1500, deadline: '2d' },
    { waiting: { pollMinMs: 1500, deadlineMs: 172_800_000 } },
  ],
  [
    'sizes',
    { server, maxRate: '10MB', maxLine: 4096 },
    { files: { maxBytesPerSecond: 1e7, maxLineBytes: 4096 } },
  ],
  ['one bound moves the other', { server, pollMin: '1h' }, { waiting: { pollMaxMs: 3_600_000 } }],
  ['headers', { server, headers: { 'X-Tenant': '42' } }, { network: { headers: { 'x-tenant': '42' } } }],
  ['a kick-off URL', { target: `${server}/Group/1/$export?a=b` }, { server }],
  ['a preset', { server, preset: 'oracle' }, { files: { parallel: 4 }, identity: { preset: 'oracle' } }],
  ['what is given beside it', { server, preset: 'oracle', parallel: 9 }, { files: { parallel: 9 } }],
  [
    'an origin',
    { server, trustOrigin: 'https://f.example' },
    { network: { trustedOrigins: ['https://f.example'] } },
  ],
])('%s', async (_name, options, expected) => {
  expect(await configFor(options)).toMatchObject(expected)
})

const pem = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

/** What somebody without the compiler may write. */
const loose = (options: Record<string, unknown>): ExportOptions => options

test.each<[string, Record<string, unknown>, RegExp]>([
  ['no server', {}, /^No server was named.*server: 'https/],
  ['an unknown name', { server, types: ['Patient'] }, /^There is no option "types".*did you mean type\?/],
  ['a flag in words', { server, gzip: 'yes' }, /^gzip "yes" is neither true nor false.*gzip: true/],
  ['no duration', { server, pollMin: 'soon' }, /^pollMin "soon" is not a duration.*pollMin: '1s'/],
  ['a negative one', { server, pollMax: -5 }, /^pollMax -5 is not a duration/],
  ['no time at all', { server, deadline: 0 }, /^deadline 0 is not a duration/],
  [
    'no whole number',
    { server, parallel: 2.5 },
    /^parallel 2.5 is not a whole number from 1 to 100.*parallel: 5$/,
  ],
  [
    'a type in a list',
    { server, type: 'Patient,Observation' },
    /^type "Patient,Observation" is not.*\['Patient', 'Observation'\]/,
  ],
  ['no text', { server, type: [7n] }, /^type \(bigint\) is not a resource type/],
  ['no date', { server, since: new Date('x') }, /^since \(an invalid Date\) is not a date or an instant/],
  [
    'a word for a date',
    { server, since: 'yesterday' },
    /^since "yesterday" is not a date or an instant with time zone;/,
  ],
  ['null', { server, since: null }, /^since is null.*leave `since` out/],
  ['no options', undefined as never, /^The options are undefined.*give an object/],
  ['no number', { server, patience: Number.NaN }, /^patience NaN is not a duration/],
  ['a number for a name', { server, out: 7 }, /^out 7 is not a/],
  ['a list for one target', { server, target: ['Group/1'] }, /^target \(an array\) is no text.*target: '…'/],
  ['patients in a URL', { server, patient: '1', method: 'get' }, /^patient needs method: 'post'/],
  ['no types', { server, type: [] }, /^type is an empty list.*leave `type` out for no limit/],
  ['no patients', { server, patient: [] }, /^patient is an empty list/],
  ['no elements', { server, elements: [] }, /^elements is an empty list/],
  ['no filters', { server, typeFilter: [] }, /^typeFilter is an empty list/],
  ['a blank filter', { server, typeFilter: [''] }, /^typeFilter "" is not a search/],
  ['a certificate in bytes', { server, ca: Buffer.from('x') }, /^ca \(bytes\) is no text.*'utf8'/],
  ['headers by line', { server, headers: ['a: b'] }, /^headers are no texts by name.*headers: \{/],
  [
    'headers of fetch',
    { server, headers: new Headers({ 'X-Tenant': '42' }) },
    /^headers are no texts by name.*Object\.fromEntries\(headers\)/,
  ],
  [
    'a map of headers',
    { server, secretHeaders: new Map([['X-Key', 's3cret']]) },
    /^secretHeaders are no texts by name.*Object\.fromEntries\(secretHeaders\)/,
  ],
  [
    'a token in the query',
    { server: 'https://ehr.example/fhir?token=s3cret' },
    /^server "https:\/\/ehr\.example\/fhir\?\*\*\*" is not an http\(s\) URL/,
  ],
  ['a half URL', { server: 'ehr.example/fhir' }, /^server "ehr.example\/fhir" is not an http\(s\) URL;/],
  [
    'an end before the beginning',
    { server, since: '2026-02-01', until: '2026-01-01' },
    /`since` .* later than `until`/,
  ],
  [
    'what to do with a finished one',
    { server, finished: true },
    /^finished true is not one of reject, resolve/,
  ],
  ['the last time', { server, since: 'last' }, /^since: 'last'.*transactionTime/],
  ['a mock', { server: 'mock:' }, /^The server mock: .*listen\(createMock\(\)\)/],
  ['a file of patients', { server, patient: '@ids.txt' }, /^patient does not read files/],
  [
    'bounds',
    { server, pollMin: '2m', pollMax: '1m' },
    /^`pollMin` is longer than `pollMax`.*`pollMax` the longer/,
  ],
  ['a target', { server, target: 'Group' + '/1/2' }, /^The target "Group\/1\/2" is none/],
  ['a preset', { server, preset: 'cerner' }, /^There is no preset "cerner".*did you mean oracle/],
  [
    'a password',
    { server: 'https://me:s3cret@ehr.example/fhir' },
    /^`server` must not hold.*as `token`, other credentials as `secretHeaders`$/,
  ],
  [
    'a header',
    { server, headers: { Authorization: 's3cret' } },
    /^`headers` must not hold a credential: authorization; give it in `secretHeaders`/,
  ],
  [
    'a broken header',
    { server, secretHeaders: { 'X-Key': 's3cret\n' + 'x' } },
    /^secretHeaders "X-Key" is no header/,
  ],
  ['two ways', { server, token: 's3cret', privateKey: pem }, /^token and privateKey are two ways/],
  [
    'a way that does not fit',
    { server, token: 's3cret', auth: 'backend-services' },
    /^auth backend-services and token/,
  ],
  ['a way without means', { server, auth: 'bearer' }, /^The way bearer needs token/],
  ['a key without a client', { server, privateKey: pem }, /^The way backend-services needs clientId/],
  ['a client alone', { server, clientId: 'app' }, /^clientId alone/],
  ['an empty token', { server, token: ' ' }, /^token holds no token/],
  ['two tokens', { server, token: 's3cret s3cret' }, /^token holds more than a token/],
  [
    'no key',
    { server, clientId: 'app', privateKey: 's3cret' },
    /^The key is neither PEM nor JWK nor JWKS.*`privateKey`/,
  ],
  [
    'an encryption key',
    { server, clientId: 'app', privateKey: { kty: 'oct', k: 's3cret' } },
    /^The key is a shared secret/,
  ],
  ['a store without a job', { server, out: 's3://lake/fhir' }, /needs a place for its job.*`jobDir`/],
  [
    'a job beside itself',
    { server, out: 'out', jobDir: 'job' },
    /^jobDir is for exports into an object store/,
  ],
  [
    'an empty password',
    { server, queue: 'redis://h:1', queuePassword: '' },
    /^queuePassword holds no secret/,
  ],
  ['half a certificate', { server, cert: 'x' }, /^A client certificate needs its private key/],
  ['clear text', { server, clientId: 'a', privateKey: pem, tokenUrl: 'http://ehr.example/t' }, /`tokenUrl`/],
])('wrong: %s', async (_name, options, expected) => {
  const error = await configFor(loose(options)).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BulkxError)
  const { message, hint, exitCode } = error as BulkxError
  expect(`${message}; ${hint}`).toMatch(expected)
  expect(exitCode).toBe(2)
  expect(`${message}; ${hint}`).not.toContain('s3cret')
})

test('functions are not called before they are needed', async () => {
  const never = (): never => {
    throw new Error('called')
  }
  await configFor({ server, token: never })
  await configFor({ server, clientId: 'app', privateKey: never })
})

test('keys in every form sign alike', async () => {
  const usages = ['sign', 'verify'] as const
  const subtle = globalThis.crypto.subtle
  const algorithm = { name: 'ECDSA', namedCurve: 'P-384' }
  const { privateKey: open } = await subtle.generateKey(algorithm, true, usages)
  const { privateKey: closed, publicKey } = await subtle.generateKey(algorithm, false, usages)
  const rsa = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-384',
  }
  const { privateKey: rsaKey } = await subtle.generateKey(rsa, false, usages)
  const clientId = 'app'
  const jwk = createPrivateKey(pem).export({ format: 'jwk' })
  for (const privateKey of [
    pem,
    Buffer.from(pem),
    createPrivateKey(pem),
    { ...jwk, kid: 'k' },
    JSON.stringify(jwk),
    open,
  ]) {
    const { auth } = (await configFor({ server, clientId, privateKey })).network
    if (auth.kind !== 'backend-services') throw new Error(auth.kind)
    expect(await signerFrom(await auth.readKey())).toMatchObject({ alg: 'ES384' })
  }
  expect(await signerFrom(closed, { kid: 'k' })).toEqual({ privateKey: closed, alg: 'ES384', kid: 'k' })
  expect(await signerFrom(rsaKey, { kid: 'k' })).toMatchObject({ alg: 'RS384' })
  await expect(configFor({ server, clientId, privateKey: closed })).rejects.toThrow('does not show its kid')
  await expect(configFor({ server, clientId, privateKey: publicKey })).rejects.toThrow('no private key')
  await expect(configFor({ server, clientId, privateKey: closed, kid: 'k', alg: 'RS384' })).rejects.toThrow(
    'cannot sign',
  )
})

test('no credential is in what a directory remembers', async () => {
  const { identity } = await configFor({
    server,
    clientId: 'app',
    privateKey: pem,
    kid: 'k',
    scope: 'system/*.rs',
  })
  expect(identity).toEqual({ auth: 'backend-services', clientId: 'app', kid: 'k', scope: 'system/*.rs' })
  expect((await configFor({ server, token: 's3cret' })).identity).toEqual({})
})

test('hints speak of options as they are called here, and of commands as they are typed', () => {
  expect(
    libraryWords('use --out, or `--trust-origin https://x`, or `bulkx resume out --fail-on never`'),
  ).toBe('use `out`, or `trustOrigin https://x`, or `bulkx resume out --fail-on never`')
  expect(libraryWords('start anew with --again')).toBe('start anew with `again`')
})

test('what only a command line can follow is said in other words, and is still what it says', () => {
  const sources = readdirSync(resolve('src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'library/words.ts')
    .map((name) => readFileSync(resolve('src', name), 'utf8'))
  for (const sentence of commandLineSentences) {
    expect(
      sources.some((text) => text.includes(sentence)),
      sentence,
    ).toBe(true)
    expect(libraryWords(sentence)).not.toMatch(/--|BULKX_/)
  }
})

test('the library loads nothing of the command line', () => {
  expect(inject('buildFailure')).toBe('')
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, name = ''] of text.matchAll(/(?:from|import)\s*\(?["'](\.[^"']+\.js)["']/g))
      visit(resolve(file, '..', name))
  }
  visit(resolve(import.meta.dirname, '../../dist/index.js'))
  const modules = [...seen].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^\/\/ src\/(.+\.ts)$/gm)].map(([, name]) => name),
  )
  expect(modules.length).toBeGreaterThan(50)
  expect(modules.filter((name) => name?.startsWith('cli/') || name?.startsWith('mock/'))).toEqual([])
})
