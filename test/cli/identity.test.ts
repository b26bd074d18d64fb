/** Each way of saying who we are, from the command line to the mock, and no secret left anywhere. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type MockOptions, readJwks } from '../../src/mock/index.js'
import { type Ran, type Session, session } from './session.js'

const secret = 'Zq7-planted-secret-0451'
const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex')].concat(
  // Base64 differs by what stands before it.
  ['', 'x', 'xx'].map((before) =>
    Buffer.from(before + secret)
      .toString('base64')
      .slice(4, 24),
  ),
)

interface Way {
  name: string
  /** Puts into place what the way needs, and says how to use it. */
  prepare: (talk: Pick<Session, 'cwd' | 'run'>) => Promise<{ argv: string[]; env?: Record<string, string> }>
  mock: (talk: { cwd: string }) => Partial<MockOptions>
  /** Files that hold the secret, which are the user's own. */
  own?: string[]
}

const keys = (alg: string): Way => ({
  name: `backend-services ${alg}`,
  prepare: async () => ({ argv: ['--client-id', 'me', '--key', 'key.pem'] }),
  mock: ({ cwd }) => ({
    clients: [{ id: 'me', jwks: readJwks(readFileSync(join(cwd, 'key.pem.jwks.json'), 'utf8')) }],
  }),
  own: ['key.pem'],
})

const inFile = (cwd: string, name: string, text: string): void => writeFileSync(join(cwd, name), text)

const ways: Way[] = [
  keys('ES384'),
  keys('RS384'),
  {
    name: 'client-secret-basic, from a file',
    prepare: async ({ cwd }) => {
      inFile(cwd, 'secret', `${secret}\n`)
      return { argv: ['--client-id', 'me', '--client-secret-file', 'secret'] }
    },
    mock: () => ({ clients: [{ id: 'me', secret }] }),
    own: ['secret'],
  },
  {
    name: 'client-secret-post, from the environment',
    prepare: async () => ({
      argv: ['--client-id', 'me', '--auth', 'client-secret-post'],
      env: { BULKX_CLIENT_SECRET: secret },
    }),
    mock: () => ({ clients: [{ id: 'me', secret }] }),
  },
  {
    name: 'bearer, from a file',
    prepare: async ({ cwd }) => {
      inFile(cwd, 'token', secret)
      return { argv: ['--token-file', 'token'] }
    },
    mock: () => ({ token: secret }),
    own: ['token'],
  },
  {
    name: 'bearer, from the environment',
    prepare: async () => ({ argv: [], env: { BULKX_TOKEN: secret } }),
    mock: () => ({ token: secret }),
  },
  {
    name: 'headers',
    prepare: async ({ cwd }) => {
      inFile(cwd, 'headers', `Authorization: Bearer ${secret}\n`)
      return { argv: ['--header-file', 'headers'] }
    },
    mock: () => ({ token: secret }),
    own: ['headers'],
  },
  {
    name: 'command',
    prepare: async ({ cwd }) => {
      inFile(
        cwd,
        'token.sh',
        `#!/bin/sh\necho "asked with ${secret}" >&2\necho '{"access_token":"${secret}","expires_in":60}'\n`,
      )
      chmodSync(join(cwd, 'token.sh'), 0o700)
      return { argv: ['--token-command', './token.sh --for me'] }
    },
    mock: () => ({ token: secret }),
    own: ['token.sh'],
  },
]

const algOf = ({ name }: Way): string => (name.endsWith('RS384') ? 'RS384' : 'ES384')

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

const expectNoSecret = (talk: Session, ran: readonly Ran[], { own = [] }: Way): void => {
  const key = own.includes('key.pem')
    ? readFileSync(join(talk.cwd, 'key.pem'), 'utf8').split('\n')[1]
    : undefined
  const hidden = [...forms, ...(key === undefined ? [] : [key]), ...assertionsOf(talk)]
  const files = filesBelow(talk.cwd).filter((name) => !own.includes(name))
  expect(files).toContain('out/.bulkx/journal')
  const texts = [
    ...files.map((name) => [name, readFileSync(join(talk.cwd, name), 'latin1')]),
    ...ran.flatMap(({ out, err }) => [
      ['stdout', out],
      ['stderr', err],
    ]),
  ]
  const found = texts.filter(([, text = '']) => hidden.some((form) => text.includes(form)))
  expect(found.map(([name]) => name)).toEqual([])
}

/** What proved who we are, and the tokens that were given for it. */
const assertionsOf = ({ mock }: Session): string[] =>
  mock.requests.flatMap(({ body = '', headers }) => {
    const assertion = new URLSearchParams(body).get('client_assertion')
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
    return [assertion, bearer].filter((text) => text !== null && text !== undefined)
  })

describe.each(ways)('$name', (way) => {
  const started = async () => {
    // The keys are made before the server that is to know them.
    const before = await session()
    await before.run(['auth', 'keygen', '--alg', algOf(way), '--out', 'key.pem'])
    const talk = await session(way.mock(before))
    const at = { ...talk, cwd: before.cwd, run: sharing(talk, before) }
    return { talk: at, ...(await way.prepare(at)) }
  }

  /** The mock and clock of one session, the directory of the other. */
  const sharing =
    (talk: Session, { cwd }: Session): Session['run'] =>
    (argv, options) => {
      const user = { BULKX_STATE_DIR: join(cwd, 'state'), BULKX_CONFIG_DIR: join(cwd, 'config') }
      return talk.run(argv, { ...options, cwd, env: { ...user, ...options?.env } })
    }

  test('exports, resumes and says nothing of its secrets', async () => {
    const { talk, argv, env } = await started()
    const asked = ['Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out', ...argv]
    const ran = [
      await talk.run(['export', ...asked, '--print-config', '--dry-run', '-v'], { env }),
      await talk.run(['kickoff', ...asked, '-v', '--json'], { env }),
      await talk.run(['status', 'out', '-v', ...programOf(argv)], { env }),
      await talk.run(['resume', 'out', '-v', ...programOf(argv)], { env }),
      await talk.run(['status', 'out', '--json', ...programOf(argv)], { env }),
    ]
    expect(
      ran.map(({ code }) => code),
      ran.map(({ err }) => err).join(''),
    ).toEqual([0, 0, 9, 0, 0])
    const unsigned = talk.mock.requests.filter(
      ({ phase, headers }) =>
        ['kick-off', 'status', 'file', 'delete'].includes(phase) && !headers.authorization,
    )
    expect(unsigned).toEqual([])
    expectNoSecret(talk, ran, way)
  })

  test('refused: 3, and nothing of the secret is said', async () => {
    const { talk, argv, env } = await started()
    const other = await session({ token: 'another' })
    const asked = [
      'export',
      'Patient',
      '--server',
      other.server,
      '--type',
      'Patient',
      '-o',
      'out',
      ...argv,
      '-v',
    ]
    const ran = await sharing(other, talk)(asked, { env })
    expect(ran.code, ran.err).toBe(3)
    expect(ran.err).toMatch(/^hint: /m)
    expectNoSecret({ ...other, cwd: talk.cwd }, [ran], way)
  })

  /** Directories hold no programs: whoever goes on names it again. */
  const programOf = (argv: string[]): string[] => (argv[0] === '--token-command' ? argv : [])
})

describe('what a directory remembers', () => {
  test('references, and no secret, program, origin or proxy', async () => {
    const talk = await session({ clients: [{ id: 'me', secret }] })
    const given = ['--client-id', 'me', '--auth', 'client-secret-post', '--scope', 'system/Patient.rs']
    const origin = new URL(talk.server).origin
    const more = ['--trust-origin', 'https://files.example', '--token-url', `${origin}/auth/token`]
    const argv = ['kickoff', 'Patient', '--server', talk.server, '-o', 'out', ...given, ...more]
    const ran = await talk.run(argv, { env: { BULKX_CLIENT_SECRET: secret } })
    expect(ran.code, ran.err).toBe(0)
    const [created = ''] = readFileSync(join(talk.cwd, 'out/.bulkx/journal'), 'utf8').split('\n')
    expect(JSON.parse(created).identity).toEqual({
      auth: 'client-secret-post',
      clientId: 'me',
      tokenUrl: `${origin}/auth/token`,
      scope: 'system/Patient.rs',
    })
    const printed = await talk.run(['resume', 'out', '--print-config', '--scope', 'none'], {
      env: { BULKX_CLIENT_SECRET: secret },
    })
    expect(printed.out).toMatch(/^auth +client-secret-post +the directory$/m)
    expect(printed.out).toMatch(/^scope +none +--scope$/m)
    expect(printed.out).toMatch(/^client-secret +\*\*\* +BULKX_CLIENT_SECRET$/m)
  })

  test('what was typed, and not what the profile would say', async () => {
    const talk = await session({ token: secret })
    writeFileSync(join(talk.cwd, 'token'), secret)
    const own = ['--server', talk.server, '--auth', 'client-secret-post', '--client-id', 'me']
    await talk.run(['profile', 'set', 'mine', ...own])
    const argv = ['kickoff', 'Patient', '--token-file', 'token', '--type', 'Patient', '-o', 'out']
    expect((await talk.run(argv)).code).toBe(0)
    expect((await talk.run(['resume', 'out'])).code).toBe(0)
  })

  test('the profile, so that its program gives the token again', async () => {
    const talk = await session({ token: secret })
    writeFileSync(join(talk.cwd, 'token.sh'), `#!/bin/sh\necho ${secret}\n`, { mode: 0o700 })
    await talk.run(['profile', 'set', 'first', '--server', 'https://other.example'])
    await talk.run(['profile', 'set', 'mine', '--server', talk.server, '--token-command', './token.sh'])
    const argv = ['kickoff', 'Patient', '--profile', 'mine', '--type', 'Patient', '-o', 'out']
    expect((await talk.run(argv)).code).toBe(0)
    expect((await talk.run(['resume', 'out'])).code).toBe(0)
  })
})

describe('scopes', () => {
  const scopesAsked = ({ mock }: Session) =>
    mock.requests.flatMap(({ phase, body = '' }) =>
      phase === 'token' ? [new URLSearchParams(body).get('scope')] : [],
    )

  test.each([
    [['--type', 'Patient,Observation'], 'system/Patient.rs system/Observation.rs'],
    [[], 'system/*.rs'],
    [['--scope', 'system/Patient.rs', '--scope', 'system/Group.rs'], 'system/Patient.rs system/Group.rs'],
    [['--scope', 'none'], null],
  ])('%j asks for %j', async (given, scope) => {
    const talk = await session({ clients: [{ id: 'me', secret }] })
    const argv = ['export', 'Patient', '--server', talk.server, '-o', 'out', '--client-id', 'me', ...given]
    await talk.run(argv, { env: { BULKX_CLIENT_SECRET: secret } })
    expect(scopesAsked(talk)[0]).toBe(scope)
  })

  test('fewer granted than asked for: a warning, also for programs', async () => {
    const talk = await session({ clients: [{ id: 'me', secret, scopes: ['system/Patient.rs'] }] })
    const asked = [
      '--server',
      talk.server,
      '--client-id',
      'me',
      '--scope',
      'system/Patient.rs system/Observation.rs',
    ]
    const argv = ['export', 'Patient', '--type', 'Patient', '-o', 'out', ...asked]
    const ran = await talk.run([...argv, '--json'], { env: { BULKX_CLIENT_SECRET: secret } })
    expect(ran.code, ran.err).toBe(0)
    expect(ran.err).toMatch(/^warning: .*not system\/Observation\.rs/m)
    expect(ran.lines).toContainEqual(
      expect.objectContaining({ type: 'warning', code: 'missing-scopes', message: expect.any(String) }),
    )
  })
})

describe('what is not enough, or cannot be read, ends 2 before anything starts', () => {
  test.each<[string[], RegExp]>([
    [['--key', 'nowhere.pem', '--client-id', 'me'], /Cannot read .*nowhere\.pem: there is no such file/],
    [['--key', 'text', '--client-id', 'me'], /text: The key is neither PEM nor JWK nor JWKS/],
    [['--key', 'text'], /needs a client id/],
    [['--auth', 'backend-services', '--client-id', 'me'], /needs a private key/],
    [['--client-secret-file', 'nowhere', '--client-id', 'me'], /Cannot read .*nowhere: /],
    [['--client-secret-file', 'empty', '--client-id', 'me'], /empty holds no secret/],
    [['--client-id', 'me'], /The client id \(--client-id\) alone does not say who we are/],
    [['--auth', 'client-secret-basic', '--client-id', 'me'], /needs a client secret/],
    [['--auth', 'command'], /needs a program/],
    [['--auth', 'headers'], /needs headers/],
    [['--token-command', "print 'token"], /not a program with its arguments/],
    [['--token-url', 'http://user:pass@ehr.example/token', '--key', 'text'], /must not hold a user name/],
    [['--key', '-----BEGIN PRIVATE KEY----- s3cret', '--client-id', 'me'], /looks like the secret itself/],
    [['--token', 's3cret'], /A secret is never an argument/],
    [['--client-secret', 's3cret'], /A secret is never an argument/],
    [['--password=s3cret'], /A secret is never an argument/],
  ])('%j', async (given, message) => {
    const talk = await session()
    writeFileSync(join(talk.cwd, 'text'), 'no key')
    writeFileSync(join(talk.cwd, 'empty'), '\n')
    const ran = await talk.run(['export', '--server', talk.server, '-o', 'out', ...given])
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(message)])
    expect(ran.err).toMatch(/^hint: /m)
    expect(ran.err).not.toContain('s3cret')
    expect(talk.mock.requests).toEqual([])
  })
})

test('what is set for real servers is not for the mock of mock:', async () => {
  const talk = await session()
  const env = { BULKX_CLIENT_ID: 'me', BULKX_CLIENT_SECRET: secret }
  const ran = await talk.run(['export', 'Group/123', '--server', 'mock:', '--type', 'Patient', '-o', 'out'], {
    env,
  })
  expect(ran.code, ran.err).toBe(0)
})
