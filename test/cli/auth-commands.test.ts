import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { readJwks } from '../../src/mock/index.js'
import { fakeIo, temporaryDirectory } from './fake-io.js'
import { session } from './session.js'

const run = async (cwd: string, argv: string[]) => {
  const io = fakeIo({ cwd })
  const code = await main(argv, io)
  return { code, out: io.out(), err: io.err() }
}

describe('auth keygen', () => {
  test.each([
    ['ES384', 'EC'],
    ['RS384', 'RSA'],
  ])('%s: a private key for its owner only, and the public key set beside it', async (alg, kty) => {
    const cwd = temporaryDirectory()
    const made = await run(cwd, ['auth', 'keygen', '--alg', alg, '--out', 'keys/k.pem'])
    expect([made.code, made.out]).toEqual([0, `${join(cwd, 'keys/k.pem')}\n`])
    const folder = join(cwd, 'keys')
    expect(readdirSync(folder).sort()).toEqual(['k.pem', 'k.pem.jwks.json'])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'k.pem')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'k.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    const text = readFileSync(join(folder, 'k.pem.jwks.json'), 'utf8')
    expect(JSON.parse(text).keys).toEqual([
      expect.objectContaining({ kty, alg, use: 'sig', key_ops: ['verify'] }),
    ])
    expect(text).not.toMatch(/"(d|p|q)"/)
    // Printed again from the private key, it is the same.
    expect((await run(cwd, ['auth', 'jwks', 'keys/k.pem'])).out).toBe(text)
  })

  test('a JWK where the name says so, by default ES384', async () => {
    const cwd = temporaryDirectory()
    const made = await run(cwd, ['auth', 'keygen', '-o', 'k.json', '--json'])
    const result = JSON.parse(made.out)
    expect(result).toMatchObject({
      alg: 'ES384',
      key: join(cwd, 'k.json'),
      jwksFile: join(cwd, 'k.json.jwks.json'),
    })
    const jwk = JSON.parse(readFileSync(join(cwd, 'k.json'), 'utf8'))
    expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-384', d: expect.any(String), kid: result.kid })
    expect(made.out + made.err).not.toContain(jwk.d)
  })

  test.each(['k.pem', 'k.pem.jwks.json'])('never writes over %s', async (name) => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, name), 'mine')
    const made = await run(cwd, ['auth', 'keygen', '--out', 'k.pem'])
    expect([made.code, made.err]).toEqual([2, expect.stringContaining(`${name} is there already`)])
    expect(readFileSync(join(cwd, name), 'utf8')).toBe('mine')
    expect(readdirSync(cwd)).toEqual([name])
  })

  test.each([
    [['auth', 'keygen'], /The key needs a file/],
    [['auth', 'keygen', '--out', 'k', '--alg', 'RS256'], /--alg RS256 is nothing to make a key for/],
    [['auth', 'jwks', 'nowhere'], /Cannot read .*nowhere/],
    [['auth', 'jwks', 'public.json'], /public\.json: The key set has no private key for signing/],
    [['auth', 'jwks'], /Missing required argument key/],
  ])('%j is refused', async (argv, message) => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'public.json'), '{"keys":[]}')
    expect(await run(cwd, argv)).toMatchObject({ code: 2, err: expect.stringMatching(message) })
  })
})

describe('auth token', () => {
  const signedIn = async (scopes?: string[]) => {
    const talk = await session({ clients: [{ id: 'me', secret: 's3cret', scopes }] })
    const argv = [
      'auth',
      'token',
      '--server',
      talk.server,
      '--client-id',
      'me',
      '--type',
      'Patient,Observation',
    ]
    const ask = (...more: string[]) =>
      talk.run([...argv, ...more], { env: { BULKX_CLIENT_SECRET: 's3cret' } })
    return { talk, ask }
  }

  test('says what the token allows, and not the token', async () => {
    const { talk, ask } = await signedIn()
    const ran = await ask()
    expect([ran.code, ran.out]).toEqual([
      0,
      [
        'token        ***',
        'expires      2026-01-01T00:05:00.000Z, in 5 min',
        'asked for    system/Patient.rs system/Observation.rs',
        'granted      system/Patient.rs system/Observation.rs',
        '',
      ].join('\n'),
    ])
    expect(talk.mock.requests.some(({ phase }) => phase === 'kick-off')).toBe(false)
  })

  test('--show prints it; it is one that the server takes', async () => {
    const { talk, ask } = await signedIn()
    const { result } = await ask('--show', '--json')
    expect(result).toMatchObject({
      exitCode: 0,
      command: 'auth token',
      method: 'client-secret-basic',
      missing: [],
    })
    writeFileSync(join(talk.cwd, 'token'), String(result.token))
    const argv = [
      'export',
      'Patient',
      '--server',
      talk.server,
      '--type',
      'Patient',
      '--token-file',
      'token',
      '-o',
      'out',
    ]
    expect((await talk.run(argv)).code).toBe(0)
  })

  test('names the scopes that were not granted', async () => {
    const { ask } = await signedIn(['system/Patient.rs'])
    const ran = await ask('--json')
    expect(ran.result).toMatchObject({ granted: 'system/Patient.rs', missing: ['system/Observation.rs'] })
    expect(ran.err).toMatch(/^warning: /m)
  })

  test('the claims of a token that is a JWT', async () => {
    const talk = await session()
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const end = talk.clock.now() / 1000 + 3600
    const jwt = `${part({ alg: 'none' })}.${part({ sub: 'me', exp: end })}.c2ln`
    const ran = await talk.run(['auth', 'token', '--server', talk.server], { env: { BULKX_TOKEN: jwt } })
    expect(ran.out).toContain(`claims       {"sub":"me","exp":${end}}`)
    expect(ran.out).toContain('in 1 h')
    expect(ran.out).not.toContain(jwt)
  })

  test.each([
    [[], {}, 2, /Nothing says who we are/],
    [['--header-file', 'headers'], {}, 2, /Headers are the credential/],
    [['--client-id', 'me'], { BULKX_CLIENT_SECRET: 'wrong-one' }, 3, /gave no token, HTTP 40[01]/],
  ])('%j %j ends %i', async (given, env, code, message) => {
    const { talk } = await signedIn()
    writeFileSync(join(talk.cwd, 'headers'), 'X-Key: 1\n')
    const ran = await talk.run(['auth', 'token', '--server', talk.server, ...given], { env })
    expect([ran.code, ran.err]).toEqual([code, expect.stringMatching(message)])
    expect(ran.err).not.toContain('wrong-one')
  })
})

describe('bulkx mock, where clients have to sign in', () => {
  test('prints a command that works', async () => {
    const talk = await session()
    await talk.run(['auth', 'keygen', '--out', 'key.pem'])
    let example = ''
    let exported: Awaited<ReturnType<typeof talk.run>> | undefined
    await talk.run(['mock', '--port', '0', '--jwks', 'key.pem.jwks.json', '--job-seconds', '0'], {
      watch: (io, text) => {
        example = /try: bulkx (.*)/.exec(text)?.[1] ?? example
        if (!/Ctrl-C/.test(text)) return
        void talk.run(example.split(' ')).then((ran) => {
          exported = ran
          io.interrupt()
        })
      },
    })
    expect(example).toMatch(
      /^export Group\/123 --type Patient --server \S+ --client-id bulkx-test --key key.pem -o out$/,
    )
    expect(exported?.code, exported?.err).toBe(0)
  })

  test.each([
    [['--client-id', 'me'], /--client-id needs something that proves/],
    [['--jwks', 'nowhere'], /Cannot read .*nowhere/],
    [['--jwks', 'text'], /--jwks: the JWKS is not JSON/],
  ])('%j is refused', async (given, message) => {
    const talk = await session()
    writeFileSync(join(talk.cwd, 'text'), 'no keys')
    const ran = await talk.run(['mock', '--port', '0', ...given])
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(message)])
  })
})

test('the key set of auth keygen is one that servers read', async () => {
  const cwd = temporaryDirectory()
  await run(cwd, ['auth', 'keygen', '--out', 'k.pem'])
  expect(readJwks(readFileSync(join(cwd, 'k.pem.jwks.json'), 'utf8')).keys).toHaveLength(1)
})
