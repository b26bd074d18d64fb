/** From settings to a job that can run: the one place where things are constructed. */
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type AuthorizeOptions, authorize } from './auth/authorize.js'
import { type Credentials, withHeaders } from './auth/credentials.js'
import { credentialsFor } from './auth/credentials-for.js'
import { type AuthNotice, hasCredential } from './auth/method.js'
import type { Clock } from './clock.js'
import type { Config } from './config.js'
import { BulkxError } from './errors.js'
import { inProcess } from './fetch/in-process.js'
import { newProgress, type Progress } from './fetch/progress.js'
import { throttle } from './fetch/throttle.js'
import { compose, type Exchange, type Middleware } from './http/exchange.js'
import { keepPauses, limitRate } from './http/pace.js'
import { followRedirects } from './http/redirects.js'
import { trace } from './http/trace.js'
import { transport } from './http/transport.js'
import { isLoopback, originOf, withoutQuery } from './http/url.js'
import { assertUsable, journalPath, lockPath } from './job/directory.js'
import type { Job } from './job/export.js'
import { exportLogLines, exportLogName } from './job/export-log.js'
import type { Fact, JobEvent } from './job/facts.js'
import { type Journal, openJournal } from './job/journal.js'
import { type Lock, type ProcessIdentity, takeLock } from './job/lock.js'
import { type JobState, newState, reduce } from './job/state.js'
import { directoryMode, fileMode, privateFolder } from './sink/disk.js'
import { localSink } from './sink/local.js'
import type { Sink } from './sink/sink.js'
import { storageError } from './sink/storage-error.js'

/** What a run needs of the process it lives in. */
export interface Host {
  clock: Clock
  /** 0 to 1, for jitter. */
  random: () => number
  signal?: AbortSignal
  /** One redacted line for each request. */
  trace?: (line: string) => void
  /** What is worth a look about tokens: scopes that were not granted, a clock that is wrong. Each once. */
  onNotice?: (notice: AuthNotice) => void
  /** Who holds the lock: this process. */
  self: ProcessIdentity
  /** Instead of TCP: the mock without a socket. */
  exchange?: Exchange
}

/** A job with its directory locked; `close` releases it. */
export interface OpenJob extends Job, AsyncDisposable {
  close(): Promise<void>
}

/** `exchange`: the bare wire, over which tokens are asked for. */
const credentialsOf = (
  { fhirUrl, kickOff, network }: Config,
  host: Host,
  exchange: Exchange,
): Credentials => {
  const { clock, random, signal, onNotice } = host
  const types = kickOff.type ?? []
  const token = credentialsFor(network.auth, { exchange, clock, random, signal, fhirUrl, types, onNotice })
  return Object.keys(network.secretHeaders).length > 0 ? withHeaders(network.secretHeaders, token) : token
}

/** RFC 6750, 5.3: a server that would get the credential in clear text gets nothing at all. */
const assertSecure = ({ fhirUrl, network }: Config): void => {
  const isSecret = hasCredential(network.auth) || Object.keys(network.secretHeaders).length > 0
  if (!isSecret || originOf(fhirUrl)?.startsWith('https:') || isLoopback(fhirUrl)) return
  const message = `A credential is never sent over plain http, as to ${withoutQuery(fhirUrl)}`
  throw new BulkxError('BULKX_CONFIG', message, { hint: 'use the https URL of the server with --server' })
}

interface Network {
  fhir: Exchange
  files: (requiresAccessToken: boolean | undefined) => Exchange
  close: () => Promise<void>
}

const openNetwork = (config: Config, host: Host, progress: Progress): Network => {
  const { network, waiting } = config
  const wire = host.exchange ? { exchange: host.exchange, close: async () => {} } : transport(network)
  const { maxRequestsPerSecond } = network
  const rate = maxRequestsPerSecond === undefined ? [] : [limitRate(host.clock, maxRequestsPerSecond)]
  const pauses = keepPauses({
    clock: host.clock,
    longestPauseMs: waiting.patienceMs,
    paused: progress.paused,
  })
  const fhirOrigin = originOf(config.fhirUrl) ?? ''
  const tracing = host.trace ? [trace(host.clock, host.trace)] : []
  const identity: AuthorizeOptions = {
    credentials: credentialsOf(config, host, compose(...tracing)(wire.exchange)),
    policy: { fhirOrigin, trustedOrigins: network.trustedOrigins },
    headers: network.headers,
  }
  const stack = (requiresAccessToken: boolean | undefined, ...pacing: Middleware[]): Exchange => {
    const policy = { ...identity.policy, requiresAccessToken }
    return compose(followRedirects, ...pacing, authorize({ ...identity, policy }), ...tracing)(wire.exchange)
  }
  const stacks = new Map<boolean | undefined, Exchange>()
  const files = (required: boolean | undefined): Exchange => {
    const exchange = stacks.get(required) ?? stack(required, ...rate, pauses)
    stacks.set(required, exchange)
    return exchange
  }
  return { fhir: stack(undefined, ...rate), files, close: wire.close }
}

/** `log.ndjson` is a projection of the journal: made again when a job is opened, added to as facts come. */
const openExportLog = async (directory: string, sink: Sink, events: readonly JobEvent[], state: JobState) => {
  const text = events.map((event) => exportLogLines(event, reduce(state, event))).join('')
  if (text !== '') await sink.write(exportLogName, text)
  return async (lines: string): Promise<void> => {
    if (lines === '') return
    const path = join(directory, exportLogName)
    await appendFile(path, lines, { mode: fileMode }).catch((cause) => {
      throw storageError(`Cannot write ${path}`, cause)
    })
  }
}

const recorder =
  (job: {
    clock: Clock
    state: JobState
    journal: Journal
    lock: Lock
    log: (lines: string) => Promise<void>
  }) =>
  async (facts: readonly Fact[]): Promise<JobEvent[]> => {
    await job.lock.assertHeld()
    const at = job.clock.now()
    const events = facts.map((fact): JobEvent => ({ ...fact, at }))
    await job.journal.append(events)
    await job.log(events.map((event) => exportLogLines(event, reduce(job.state, event))).join(''))
    return events
  }

const prepareDirectory = async (directory: string): Promise<void> => {
  await assertUsable(directory)
  try {
    await mkdir(join(directory, privateFolder), { recursive: true, mode: directoryMode })
  } catch (cause) {
    throw storageError(`Cannot use the directory ${directory}`, cause)
  }
}

const openFiles = async (config: Config, host: Host, lock: Lock) => {
  const { directory } = config
  const { journal, events } = await openJournal(journalPath(directory))
  try {
    const sink = localSink({ directory, system: host.self.host })
    const state = newState()
    const log = await openExportLog(directory, sink, events, state)
    return { sink, state, journal, record: recorder({ clock: host.clock, state, journal, lock, log }) }
  } catch (error) {
    await journal.close()
    throw error
  }
}

const build = async (config: Config, host: Host, lock: Lock): Promise<OpenJob> => {
  const { sink, state, journal, record } = await openFiles(config, host, lock)
  const { clock, random, signal } = host
  const progress = newProgress()
  const network = openNetwork(config, host, progress)
  const executor = inProcess({
    exchangeFor: network.files,
    parallel: config.files.parallel,
    progress,
    throttle: throttle(clock, config.files.maxBytesPerSecond),
    maxLineBytes: config.files.maxLineBytes,
    sink,
    clock,
    random,
    fhirOrigin: originOf(config.fhirUrl) ?? '',
    patienceMs: config.waiting.patienceMs,
  })
  const close = async (): Promise<void> => {
    await executor.close()
    await network.close()
    await journal.close()
    await lock.release()
  }
  const fhir = network.fhir
  return {
    config,
    clock,
    random,
    fhir,
    executor,
    sink,
    progress,
    signal,
    state,
    record,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Opens, or creates, the job directory of `config`, takes its lock and replays its journal. Rejects with
 * `BULKX_JOB_LOCKED` when another process works there, `BULKX_STORAGE` when it cannot be used, `BULKX_USAGE` when
 * it holds somebody else's files, `BULKX_CONFIG` when the network settings are wrong or would send a credential in
 * clear text.
 */
export const openJob = async (config: Config, host: Host): Promise<OpenJob> => {
  assertSecure(config)
  await prepareDirectory(config.directory)
  const self = host.self
  const lock = await takeLock(lockPath(config.directory), {
    directory: config.directory,
    self,
    clock: host.clock,
  })
  try {
    return await build(config, host, lock)
  } catch (error) {
    await lock.release()
    throw error
  }
}
