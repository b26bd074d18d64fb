/** `bulkx mock`: the bundled server on a port, until it is stopped. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BulkxError } from '../../errors.js'
import { withoutQuery } from '../../http/url.js'
import type { Fault, Mock, Personality, RunningServer } from '../../mock/index.js'
import { reasonOf } from '../identity-files.js'
import type { Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { personalityNamed } from '../mock-server.js'
import { type Talk, talkFor } from '../report/index.js'
import type { Settings } from '../settings.js'

type MockModule = typeof import('../../mock/index.js')

const defaultPort = 8080

const usageOf = (option: string, error: unknown, hint: string): BulkxError =>
  new BulkxError('BULKX_USAGE', `--${option}: ${reasonOf(error)}`, { cause: error, hint })

const faultsOf = (settings: Settings, { parseFault }: MockModule): Fault[] =>
  (settings.get('fault') ?? []).map((text) => {
    try {
      return parseFault(text)
    } catch (error) {
      throw usageOf('fault', error, `write it like --fault 'truncate:keepBytes=300,times=1'`)
    }
  })

const personalityOf = (settings: Settings, { personalities, personality }: MockModule): Personality => {
  const named = personalityNamed(settings.get('personality') ?? 'reference', personalities)
  return settings.get('gzip') ? personality({ files: { gzip: true } }, named) : named
}

const readToken = async (settings: Settings, io: Io): Promise<string | undefined> => {
  const path = settings.get('token-file')
  if (path === undefined) return undefined
  try {
    return (await readFile(resolve(io.cwd, path), 'utf8')).trim()
  } catch (error) {
    throw usageOf('token-file', error, 'name a file that holds the token')
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

const createMockFor = async ({ settings }: Invocation, io: Io, module: MockModule): Promise<Mock> => {
  const directory = settings.get('data')
  const jobSeconds = settings.get('job-seconds')
  const options = {
    personality: personalityOf(settings, module),
    data: {
      seed: settings.get('seed'),
      patients: settings.get('patients'),
      directory: directory === undefined ? undefined : resolve(io.cwd, directory),
    },
    faults: faultsOf(settings, module),
    clock: io.clock,
    jobMs: jobSeconds === undefined ? undefined : jobSeconds * 1000,
    pageSize: settings.get('page-size'),
    token: await readToken(settings, io),
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

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })

export const run: Run = async (invocation, io) => {
  const { settings } = invocation
  const module = await import('../../mock/index.js')
  const talk = await talkFor(settings, io)
  const mock = await createMockFor(invocation, io, module)
  const server = await listenOn(settings.get('verbose') ? traced(mock, talk) : mock, invocation, module)
  const { fhirUrl } = server
  if (settings.get('json')) {
    io.stdout.write(
      `${JSON.stringify({ type: 'listening', at: new Date(io.clock.now()).toISOString(), fhirUrl })}\n`,
    )
  } else io.stdout.write(`${fhirUrl}\n`)
  const token = settings.get('token-file')
  talk.line(
    `the mock listens; try: bulkx export --server ${fhirUrl}${token ? ` --token-file ${token}` : ''} -o out`,
  )
  talk.line('Ctrl-C stops it')
  try {
    await untilAborted(io.signal)
  } finally {
    await server.close()
  }
  return { result: { fhirUrl, requests: mock.requests.length } }
}
