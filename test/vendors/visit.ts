/** A visit to a vendor: its personality in the mock, the whole command line against it, and what must hold in any case. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { main } from '../../src/cli/main.js'
import {
  createMock,
  type Mock,
  type MockOptions,
  type Phase,
  personalities,
  type RecordedRequest,
} from '../../src/mock/index.js'
import { type FakeIo, fakeIo, temporaryDirectory } from '../cli/fake-io.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { withoutSocket } from '../helpers/job.js'
import { checkListed, checkServed, filesBelow, manifestOf } from '../helpers/stored-export.js'
import { elliptic, rsa } from '../mock/identity.js'

export const ORIGIN = 'https://vendor.example'
const CLIENT = 'bulkx-test'
const SECRET = 's3cret-of-this-client'

export type Vendor = Exclude<keyof typeof personalities, 'reference'>

/** How the client proves who it is, and what the mock must know of it. */
const identities = {
  none: { server: {}, argv: [], env: {}, files: {} },
  bearer: { server: { token: SECRET }, argv: [], env: { BULKX_TOKEN: SECRET }, files: {} },
  secret: {
    server: { clients: [{ id: CLIENT, secret: SECRET }] },
    argv: ['--auth', 'client-secret-basic'],
    env: { BULKX_CLIENT_ID: CLIENT, BULKX_CLIENT_SECRET: SECRET },
    files: {},
  },
  headers: {
    server: { clients: [{ id: CLIENT, secret: SECRET }] },
    argv: ['--header-file', 'headers.txt'],
    env: {},
    files: { 'headers.txt': `client_id: ${CLIENT}\nclient_secret: ${SECRET}\n` },
  },
  key: {
    server: { clients: [{ id: CLIENT, jwks: { keys: [elliptic.jwk] } }] },
    argv: ['--client-id', CLIENT, '--key', 'key.pem', '--kid', elliptic.kid],
    env: {},
    files: { 'key.pem': elliptic.key.export({ type: 'pkcs8', format: 'pem' }).toString() },
  },
  rsa: {
    server: { clients: [{ id: CLIENT, jwks: { keys: [rsa.jwk] } }] },
    argv: ['--client-id', CLIENT, '--key', 'key.pem', '--kid', rsa.kid],
    env: {},
    files: { 'key.pem': rsa.key.export({ type: 'pkcs8', format: 'pem' }).toString() },
  },
} as const

/** What each vendor asks of its clients. */
const usual: Readonly<Record<Vendor, keyof typeof identities>> = {
  interopio: 'none',
  greenway: 'key',
  oracle: 'secret',
  esus: 'bearer',
  '1up-ste': 'headers',
  epic: 'key',
  athena: 'secret',
  veradigm: 'rsa',
  nextech: 'key',
  modmed: 'key',
  netsmart: 'key',
  soarian: 'key',
  bcda: 'secret',
  ab2d: 'secret',
  dpc: 'key',
  hapi: 'bearer',
  smile: 'bearer',
  azure: 'bearer',
  google: 'bearer',
  aidbox: 'secret',
  medplum: 'secret',
  openemr: 'key',
  linuxforhealth: 'none',
  firely: 'bearer',
  davinci: 'key',
  stu4: 'key',
}

const credentialHeaders = ['authorization', 'cookie', 'client_id', 'client_secret'] as const

export interface VisitOptions extends Partial<MockOptions> {
  identity?: keyof typeof identities
}

export interface RunOptions {
  /** Exit code; default 0. */
  exit?: number
  /** Standard input. */
  stdin?: string
  /** A signal comes as soon as stderr says this. */
  interruptAt?: string
}

export interface Visit {
  mock: Mock
  clock: FakeClock
  /** The FHIR base URL. */
  server: string
  cwd: string
  directory: string
  /** Runs a command that exits as said, and returns what it wrote to stderr, and to stdout. */
  run(argv: readonly string[], options?: RunOptions): Promise<string>
  /** `export` with this vendor's preset into `out`. What comes of it is compared with the server. */
  export(argv: readonly string[], options?: RunOptions): Promise<string>
  asked(phase: Phase): RecordedRequest[]
  /** The path and query of the last kick-off. */
  kickedOff(): string | undefined
  read(name: string): Promise<string>
  findings(): Promise<string[]>
}

interface Place {
  mock: Mock
  cwd: string
  trusted: ReadonlySet<string>
}

/** A credential goes to the vendor and to origins that were named, and never in clear. */
const checkCredentials = ({ mock, trusted }: Place): void => {
  for (const { url, headers, phase } of mock.requests) {
    // A secret is for the token endpoint, wherever that is.
    if (trusted.has(new URL(url).origin) || phase === 'token') continue
    for (const name of credentialHeaders) expect(headers[name], `${name} went to ${url}`).toBeUndefined()
  }
}

const checkSecrets = async ({ mock, cwd }: Place, said: string): Promise<void> => {
  const tokens = mock.requests.flatMap(
    ({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? [],
  )
  const secrets = [SECRET, ...new Set(tokens)]
  for (const secret of secrets) expect(said, 'a secret is never said').not.toContain(secret)
  for (const name of [...(await filesBelow(join(cwd, 'out'))), ...(await filesBelow(join(cwd, 'state')))]) {
    const path = [join(cwd, 'out', name), join(cwd, 'state', name)]
    for (const one of path) {
      const bytes = await readFile(one).catch(() => Buffer.alloc(0))
      for (const secret of secrets) expect(bytes.includes(secret), `a secret is in ${name}`).toBe(false)
    }
  }
}

const ioOf = (
  { mock, cwd }: Place,
  clock: FakeClock,
  env: Record<string, string>,
  options: RunOptions,
): FakeIo => {
  const io = Object.assign(
    fakeIo({
      cwd,
      stdin: options.stdin,
      env: { ...env, BULKX_STATE_DIR: join(cwd, 'state'), BULKX_CONFIG_DIR: join(cwd, 'config') },
      exchange: withoutSocket(mock.handler),
    }),
    { clock },
  )
  io.onTalk = (text) => {
    if (options.interruptAt !== undefined && text.includes(options.interruptAt)) io.interrupt()
  }
  return io
}

/** Goes to a vendor whose jobs take ten seconds and who knows ten patients, unless `options` say otherwise. */
export const visit = async (vendor: Vendor, options: VisitOptions = {}): Promise<Visit> => {
  const { identity = usual[vendor], ...mockOptions } = options
  const { server: known, argv: proof, env, files } = identities[identity]
  const clock = fakeClock()
  const mock = createMock({
    personality: personalities[vendor],
    data: { patients: 10 },
    jobMs: 10_000,
    ...known,
    ...mockOptions,
    clock,
  })
  const cwd = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text)
  const server = ORIGIN + mock.personality.basePath
  const directory = join(cwd, 'out')
  const trusted = new Set([ORIGIN])
  const place = { mock, cwd, trusted }

  const run: Visit['run'] = async (argv, runOptions = {}) => {
    const { exit = 0 } = runOptions
    argv.forEach((word, index) => {
      if (word === '--trust-origin') trusted.add(argv[index + 1] ?? '')
    })
    const io = ioOf(place, clock, { ...env }, runOptions)
    const code = await main([...argv], io)
    expect(code, io.err()).toBe(exit)
    if (exit !== 0) expect(io.err(), 'what to do next is said').toContain('hint: ')
    checkCredentials(place)
    await checkSecrets(place, io.out() + io.err())
    return io.err() + io.out()
  }

  const exported: Visit['export'] = async (argv, runOptions = {}) => {
    const err = await run(
      ['export', ...argv, '--server', server, '--preset', vendor, ...proof, '--out', 'out'],
      runOptions,
    )
    if (runOptions.exit === undefined || runOptions.exit === 10) {
      await checkListed(directory)
      await checkServed(directory, mock)
      const beside = (await readdir(cwd)).filter((name) => !['out', 'state', 'config'].includes(name))
      expect(beside.filter((name) => !Object.hasOwn(files, name))).toEqual([])
    }
    return err
  }

  const asked: Visit['asked'] = (phase) => mock.requests.filter((request) => request.phase === phase)
  return {
    mock,
    clock,
    server,
    cwd,
    directory,
    run,
    export: exported,
    asked,
    kickedOff: () => asked('kick-off').at(-1)?.url.slice(ORIGIN.length),
    read: (name) => readFile(join(directory, name), 'utf8'),
    findings: async () => ((await manifestOf(directory))?.bulkx.findings ?? []).map(({ code }) => code),
  }
}
