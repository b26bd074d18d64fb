/** Jobs for tests: settings with defaults, a host with an injected clock, a whole run in one call. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Clock } from '../../src/clock.js'
import { type Config, defaults } from '../../src/config.js'
import type { Exchange, HttpHeaders } from '../../src/http/exchange.js'
import { type BeginningCommand, beginJob } from '../../src/job/begin.js'
import { exportJob, type Steer } from '../../src/job/export.js'
import type { JobEvent } from '../../src/job/facts.js'
import { type Conclusion, conclude } from '../../src/job/outcome.js'
import { type Host, type OpenJob, openJob } from '../../src/open-job.js'
import type { KickOffRequest } from '../../src/protocol/types.js'
import { fakeClock } from './fake-clock.js'

export const temporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'bulkx-test-'))

export const kickOffOf = (differences: Partial<KickOffRequest> = {}): KickOffRequest => ({
  target: { kind: 'instance', type: 'Group', id: '123' },
  operation: '$export',
  method: 'get',
  listStyle: 'comma',
  lenient: false,
  ...differences,
})

export interface ConfigDifferences {
  server?: string
  fhirUrl?: string
  directory: string
  kickOff?: KickOffRequest
  /** `token`: short for a bearer token. */
  network?: Partial<Config['network']> & { token?: () => Promise<string> }
  waiting?: Partial<Config['waiting']>
  files?: Partial<Config['files']>
}

const networkOf = ({ token, ...more }: NonNullable<ConfigDifferences['network']>): Config['network'] => ({
  headers: {},
  secretHeaders: {},
  auth: token ? { kind: 'bearer', read: token } : { kind: 'none' },
  trustedOrigins: [],
  requestTimeoutMs: defaults.requestTimeoutMs,
  ...more,
})

export const configOf = (differences: ConfigDifferences): Config => ({
  server: differences.server ?? differences.fhirUrl ?? 'http://localhost/fhir',
  fhirUrl: differences.fhirUrl ?? 'http://localhost/fhir',
  directory: differences.directory,
  kickOff: differences.kickOff ?? kickOffOf(),
  identity: {},
  network: networkOf(differences.network ?? {}),
  waiting: { ...defaults.waiting, ...differences.waiting },
  files: { ...defaults.files, ...differences.files },
})

export const hostOf = (differences: Partial<Host> = {}): Host => ({
  clock: fakeClock(),
  random: () => 0.5,
  self: { pid: process.pid, host: 'test', isAlive: () => true },
  ...differences,
})

/** A web handler as an exchange: the mock without a socket. */
export const withoutSocket =
  (handler: (request: Request) => Promise<Response>): Exchange =>
  async (request) => {
    request.signal?.throwIfAborted()
    const { method, headers, body } = request
    const response = await handler(new Request(request.url, { method, headers, body }))
    const replyHeaders: HttpHeaders = Object.fromEntries(response.headers)
    // As node:http sends a body whose length is not known.
    if (replyHeaders['content-length'] === undefined) replyHeaders['transfer-encoding'] = 'chunked'
    const content = response.body ? Readable.from(response.body) : Readable.from([])
    return { status: response.status, headers: replyHeaders, url: request.url, body: content }
  }

/** A timeless clock for hosts whose waiting is real. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason)
      })
    }),
  every: (ms, task) => {
    const timer = setInterval(task, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

export interface Ran extends Conclusion {
  events: JobEvent[]
  /** What was thrown instead of a conclusion. */
  thrown?: unknown
  began?: 'run' | 'done'
}

export interface RunOptions {
  config: Config
  host: Host
  command?: BeginningCommand
  steer?: Steer
  begin?: (job: OpenJob) => Promise<'run' | 'done'>
  onEvent?: (event: JobEvent) => void
}

/** One run of a command over a directory, from lock to unlock. */
export const run = async ({
  config,
  host,
  command = 'export',
  steer,
  begin,
  onEvent,
}: RunOptions): Promise<Ran> => {
  const events: JobEvent[] = []
  await using job = await openJob(config, host)
  let began: 'run' | 'done' | undefined
  let thrown: unknown
  try {
    began = await (begin ? begin(job) : beginJob(job, command))
    if (began === 'run') {
      for await (const event of exportJob(job, steer)) {
        events.push(event)
        onEvent?.(event)
      }
    }
  } catch (error) {
    thrown = error
  }
  return { ...conclude(job.state, config.directory, config.files.failOn), events, thrown, began }
}
