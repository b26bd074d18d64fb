/** `bulkx mock`: the bundled server on a port, until it is stopped. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { BulkxError } from '../../errors.js'
import { withoutQuery } from '../../http/url.js'
import { shellWord } from '../../job/next-command.js'
import type { Client, Fault, Mock, Personality, RunningServer } from '../../mock/index.js'
import { namesHint, nearestName } from '../../options/did-you-mean.js'
import { given } from '../../options/given.js'
import { presets } from '../../presets.js'
import { fileHint, readText, reasonOf } from '../identity-files.js'
import type { Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { personalityNamed } from '../mock-server.js'
import { type Talk, talkFor } from '../reporter/index.js'
import type { Settings } from '../settings.js'

type MockModule = typeof import('../../mock/index.js')

const defaultPort = 8080

const usageOf = (option: string, error: unknown, hint: string): BulkxError =>
  new BulkxError('BULKX_USAGE', `--${option}: ${reasonOf(error)}`, { cause: error, hint })

const nearHint = (given: string, names: Iterable<string>, help: string): string => {
  const near = nearestName(given, names)
  return `${near === undefined ? '' : `did you mean ${near}? `}\`${help}\` lists them`
}

const faultHint = (text: string, { faultRows }: MockModule): string => {
  const name = text.replace(/:.*/s, '').trim()
  return Object.hasOwn(faultRows, name)
    ? `write it like --fault 'truncate:keepBytes=300,times=1'; \`bulkx help faults\` has the parameters`
    : nearHint(name, Object.keys(faultRows), 'bulkx help faults')
}

const faultsOf = (settings: Settings, module: MockModule): Fault[] =>
  (settings.get('fault') ?? []).map((text) => {
    try {
      return module.parseFault(text)
    } catch (error) {
      throw usageOf('fault', error, faultHint(text, module))
    }
  })

const personalityOf = (settings: Settings, { personalities, personality }: MockModule): Personality => {
  const named = personalityNamed(settings.get('personality') ?? 'reference', personalities)
  return settings.get('gzip') ? personality({ files: { gzip: true } }, named) : named
}

/** Ids, and ids with the name of a variant. */
const scenarioNames = ({ scenarios }: MockModule): string[] =>
  [...scenarios.values()].flatMap(({ id, variants = {} }) => [
    id,
    ...Object.keys(variants).map((name) => `${id}:${name}`),
  ])

/** The variants of a scenario that there is, where another one of it was named. */
const variantsHint = (text: string, { scenarios }: MockModule): string | undefined => {
  const id = text.replace(/:.*/s, '').toUpperCase()
  const scenario = scenarios.get(id)
  if (scenario === undefined) return undefined
  const variants = Object.keys(scenario.variants ?? {}).map((name) => shellWord(`${id}:${name}`))
  return variants.length === 0
    ? `${id} has no variants: --scenario ${id}`
    : namesHint(text, [id, ...variants])
}

/** What `--personality`, `--scenario` and `--fault` make of the server. */
const serverOf = (settings: Settings, module: MockModule) => {
  const id = settings.get('scenario')
  const personality = personalityOf(settings, module)
  const faults = faultsOf(settings, module)
  if (id === undefined) return { personality, faults }
  const scenario = module.scenarioNamed(id)
  if (scenario === undefined)
    throw new BulkxError('BULKX_USAGE', `There is no scenario ${JSON.stringify(id)}`, {
      hint: variantsHint(id, module) ?? nearHint(id, scenarioNames(module), 'bulkx help scenarios'),
    })
  const { faults: own = [], ...played } = module.playing(scenario, personality)
  return { ...played, faults: [...faults, ...own] }
}

const readOption = async (
  name: 'token-file' | 'client-secret-file' | 'jwks',
  settings: Settings,
  io: Io,
): Promise<string | undefined> => {
  const path = settings.get(name)
  return path === undefined
    ? undefined
    : readText(resolve(io.cwd, path), fileHint(name, settings), 'BULKX_USAGE')
}

/** The client that has to sign in, with keys or a secret; none, and the server is open. */
const clientOf = async (settings: Settings, io: Io, module: MockModule): Promise<Client | undefined> => {
  const keys = await readOption('jwks', settings, io)
  const secret = (await readOption('client-secret-file', settings, io))?.replace(/[\r\n]+$/, '')
  if (keys === undefined && secret === undefined) {
    const id = settings.setting('client-id')
    if (id?.origin !== 'flag') return undefined
    throw new BulkxError('BULKX_USAGE', '--client-id needs something that proves who the client is', {
      hint: 'add `--jwks <file>` or `--client-secret-file <file>`',
    })
  }
  try {
    const jwks = keys === undefined ? undefined : module.readJwks(keys)
    return { id: settings.get('client-id') ?? module.DEFAULT_CLIENT_ID, jwks, secret }
  } catch (error) {
    throw usageOf('jwks', error, 'make one with `bulkx auth keygen`, or `bulkx auth jwks <key>`')
  }
}

/** One line for each request, where `--verbose` asks for them. */
const traced = (mock: Mock, talk: Talk): Mock => ({
  ...mock,
  answer: async (request, url) => {
    const response = await mock.answer(request, url)
    talk.line(`${request.method} ${withoutQuery(url)} ${response.status}`)
    return response
  },
})

const createMockFor = async (
  { settings }: Invocation,
  io: Io,
  module: MockModule,
  client: Client | undefined,
): Promise<Mock> => {
  const directory = settings.get('data')
  const jobSeconds = settings.get('job-seconds')
  const data = given({
    seed: settings.get('seed'),
    patients: settings.get('patients'),
    directory: directory === undefined ? undefined : resolve(io.cwd, directory),
  })
  const options = {
    ...serverOf(settings, module),
    ...(Object.keys(data).length > 0 ? { data } : {}),
    ...(settings.get('evolve') ? { evolve: 'after-exports' as const } : {}),
    ...given({
      jobMs: jobSeconds === undefined ? undefined : jobSeconds * 1000,
      pageSize: settings.get('page-size'),
      token: (await readOption('token-file', settings, io))?.trim(),
      tokenLifetimeMs: settings.get('token-lifetime'),
    }),
    clock: io.clock,
    ...(client ? { clients: [client] } : {}),
  }
  try {
    return module.createMock(options)
  } catch (error) {
    throw usageOf(directory === undefined ? 'patients' : 'data', error, 'see `bulkx mock --help`')
  }
}

const listenOn = async (
  mock: Mock,
  { settings }: Invocation,
  { listen }: MockModule,
): Promise<RunningServer> => {
  const port = settings.get('port') ?? defaultPort
  const host = settings.get('host')
  try {
    return await listen(mock, { port, host })
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    const message = taken ? `Port ${port} is in use` : `Cannot listen on port ${port}: ${reasonOf(error)}`
    throw new BulkxError('BULKX_USAGE', message, {
      cause: error,
      hint: 'choose another one with `--port`; 0 takes a free one',
    })
  }
}

/** The private key beside its key set, where `bulkx auth keygen` puts it. */
const keyBeside = (jwks: string, io: Io): string => {
  const key = jwks.replace(/\.jwks\.json$/, '')
  return key !== jwks && existsSync(resolve(io.cwd, key)) ? shellWord(key) : '<private key>'
}

/** The preset of the server that is played; what it says of signing in is not for a mock that asks nobody. */
const presetWords = (name: string, signsIn: boolean): string[] => {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (preset === undefined) return []
  const open = preset.options.auth !== undefined && !signsIn
  return [`--preset ${name}`, ...(open ? ['--auth none'] : [])]
}

/** A command that works with this mock as it stands. */
const exampleCommand = (
  { fhirUrl }: RunningServer,
  { personality: { example, access, ...row }, elsewhere }: Mock,
  client: Client | undefined,
  settings: Settings,
  io: Io,
): string => {
  const token = settings.get('token-file')
  const jwks = settings.get('jwks')
  const secret = settings.get('client-secret-file')
  const typed = example.split(' ').map(shellWord).join(' ')
  const words = [
    `bulkx export ${typed}`,
    `--server ${fhirUrl}`,
    ...presetWords(row.name, client !== undefined || token !== undefined),
  ]
  const headers = access.clientHeaders
  if (client && headers && secret !== undefined) {
    words.push(`--header-file <file with the lines ${headers.id}: and ${headers.secret}:>`)
    return [...words, '-o out'].join(' ')
  }
  if (client) words.push(`--client-id ${shellWord(client.id)}`)
  if (jwks !== undefined) words.push(`--key ${keyBeside(jwks, io)}`)
  else if (secret !== undefined) words.push(`--client-secret-file ${shellWord(secret)}`)
  else if (token !== undefined) words.push(`--token-file ${shellWord(token)}`)
  const isWanted = client !== undefined || token !== undefined
  if (isWanted && row.elsewhere.credential === 'required') words.push(`--trust-origin ${elsewhere.origin}`)
  return [...words, '-o out'].join(' ')
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })

export const run: Run = async (invocation, io) => {
  const { settings } = invocation
  const module = await import('../../mock/index.js')
  const talk = await talkFor(settings, io)
  const client = await clientOf(settings, io, module)
  const mock = await createMockFor(invocation, io, module, client)
  const server = await listenOn(settings.get('verbose') ? traced(mock, talk) : mock, invocation, module)
  const { fhirUrl } = server
  if (settings.get('json')) {
    io.stdout.write(
      `${JSON.stringify({ type: 'listening', at: new Date(io.clock.now()).toISOString(), fhirUrl })}\n`,
    )
  } else io.stdout.write(`${fhirUrl}\n`)
  if (
    !mock.personality.manifest.counts &&
    settings.get('fault')?.some((text) => /^\s*wrongCount\b/.test(text))
  )
    talk.warning(`the fault wrongCount does nothing here: ${mock.personality.name} lists no counts`)
  talk.line(`the mock listens; try: ${exampleCommand(server, mock, client, settings, io)}`)
  talk.line(`Ctrl-C stops it; in the background, \`kill ${io.process.pid}\``)
  try {
    await untilAborted(io.signal)
  } finally {
    await server.close()
  }
  return { result: { fhirUrl, requests: mock.requests.length } }
}
