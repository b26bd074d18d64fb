/** From settings to a job that can run: the one place where things are constructed. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from './clock.js'
import type { Config } from './config.js'
import { BulkxError } from './errors.js'
import { capacityFor } from './fetch/capacity.js'
import { newProgress, type Progress } from './fetch/progress.js'
import type { Executor } from './fetch/task.js'
import { originOf } from './http/url.js'
import { callbacks } from './job/callbacks.js'
import { assertUsable, journalPath, lockPath } from './job/directory.js'
import type { Job } from './job/export.js'
import { type ExportLogFile, exportLogFile, publishExportLog } from './job/export-log-file.js'
import type { Fact, JobEvent } from './job/facts.js'
import { heldBy } from './job/held.js'
import { type Journal, openJournal } from './job/journal.js'
import { type Lock, type ProcessIdentity, takeLock } from './job/lock.js'
import { type JobState, newState } from './job/state.js'
import { underWay } from './job/under-way.js'
import { assertSecure, type Network, type NetworkHost, openNetwork } from './open-network.js'
import type { OpenQueue } from './queue/open-queue.js'
import { makeDirectory, ownFolder, privateFolder } from './sink/disk.js'
import { localSink } from './sink/local.js'
import { type OpenSink, openSink } from './sink/open-sink.js'
import type { Sink } from './sink/sink.js'
import { storageError } from './sink/storage-error.js'

/** What a run needs of the process it lives in. */
export interface Host extends NetworkHost {
  /** Who holds the lock: this process. */
  self: ProcessIdentity
  /** Where endpoint, region and account of an object store are named. */
  env?: Readonly<Record<string, string | undefined>>
  /** Something a person should know that is no fact of the job. */
  onNote?: (text: string) => void
}

/** Loaded when there is time for it, or at the first task. */
const whenNeeded = (capacity: number, load: () => Promise<Executor>): Executor => {
  let loading: Promise<Executor> | undefined
  const loaded = (): Promise<Executor> => {
    loading ??= load()
    return loading
  }
  return {
    capacity,
    // What fails is told by the first task.
    prepare: () => void loaded().catch(() => {}),
    execute: async (task, signal) => (await loaded()).execute(task, signal),
    close: async () => (await loading?.catch(() => undefined))?.close(),
  }
}

const fewerText = (atOnce: number): string =>
  `the server asks for fewer requests: ${atOnce === 1 ? '1 download' : `${atOnce} downloads`} at once`

/** A job with its directory locked. */
export interface OpenJob extends Job, AsyncDisposable {
  /**
   * Ends what is under way and releases the directory. The answer to a kick-off that is on its way is waited for, for as
   * long as the request may take: without it a running job would be lost.
   */
  close(): Promise<void>
}

const leftEarly = (): BulkxError =>
  new BulkxError('BULKX_INTERRUPTED', 'The job was closed while it was run', {
    hint: 'the same call goes on with it; await what `runExport` returns before the job is closed: `return await runExport(job)`',
  })

type AssertHeld = Job['assertHeld']

const recorder =
  (job: { clock: Clock; state: JobState; journal: Journal; log: ExportLogFile }, assertHeld: AssertHeld) =>
  async (facts: readonly Fact[]): Promise<JobEvent[]> => {
    await assertHeld()
    const at = job.clock.now()
    const events = facts.map((fact): JobEvent => ({ ...fact, at }))
    await job.journal.append(events)
    await job.log.add(events, job.state)
    return events
  }

const prepareDirectory = async (directory: string): Promise<void> => {
  await assertUsable(directory)
  try {
    await makeDirectory(directory)
    await ownFolder(join(directory, privateFolder), false)
  } catch (cause) {
    throw storageError(`Cannot use the directory ${directory}`, cause)
  }
}

/** Where the files go that the server lists: into the directory, or into a store. */
const openStore = async (
  { store, directory }: Config,
  { clock, random, env = {}, self }: Host,
  assertHeld: AssertHeld,
): Promise<OpenSink | undefined> => {
  if (store === undefined) return undefined
  const notes = join(directory, privateFolder, 'uploads')
  return openSink({ target: store, env, system: self.host, notes, assertHeld, clock, random })
}

const openFiles = async (config: Config, host: Host, lock: Lock) => {
  const { directory } = config
  // What a silent holder may still write to is not gone on from.
  const system = lock.fromSilent ? `${host.self.host} ${randomUUID()}` : host.self.host
  const state = newState()
  let opened: Journal | undefined
  const assertHeld = heldBy(config, state, lock, () => opened)
  const local = localSink({ directory, system, assertHeld })
  const store = await openStore(config, host, assertHeld)
  const path = journalPath(directory)
  const log = exportLogFile({ directory, journalPath: path, sink: local, onNote: host.onNote })
  const journal = await log.replay((take) => openJournal(path, take), state)
  opened = journal
  const publishLog =
    store && ((last: Fact) => publishExportLog(path, store, { ...last, at: host.clock.now() }))
  const record = recorder({ clock: host.clock, state, journal, log }, assertHeld)
  return { sink: store ?? local, store, state, journal, log, publishLog, record, assertHeld }
}

/** The executor that fetches here. */
const ownExecutor = async (
  config: Config,
  { clock, random, onNote }: Host,
  { network, progress, sink }: { network: Network; progress: Progress; sink: Sink },
): Promise<Executor> => {
  const { openExecutor } = await import('./fetch/executor.js')
  return openExecutor({
    exchangeFor: network.files,
    parallel: config.files.parallel,
    onFewer: (atOnce) => onNote?.(fewerText(atOnce)),
    progress,
    maxBytesPerSecond: config.files.maxBytesPerSecond,
    maxLineBytes: config.files.maxLineBytes,
    sink,
    clock,
    random,
    fhirOrigin: originOf(config.fhirUrl) ?? '',
    patienceMs: config.waiting.patienceMs,
  })
}

/** Before anybody asks what the callbacks have thrown. */
type Unwatched = Omit<OpenJob, 'rethrow'>

const build = (
  config: Config,
  given: Host,
  lock: Lock,
  queue: OpenQueue | undefined,
  { sink, store, state, journal, log, publishLog, record, assertHeld }: Awaited<ReturnType<typeof openFiles>>,
): Unwatched => {
  const left = new AbortController()
  const signal = given.signal ? AbortSignal.any([given.signal, left.signal]) : left.signal
  const host = { ...given, signal }
  const { clock, random } = host
  const work = underWay()
  const progress = newProgress()
  const network = openNetwork(config, { ...host, limit: queue?.limit }, progress.paused)
  const executor =
    queue?.executor({ state, sink, progress, onNote: host.onNote }) ??
    whenNeeded(capacityFor(config.files.parallel), () =>
      ownExecutor(config, host, { network, progress, sink }),
    )
  const release = async (): Promise<void> => {
    const reason = leftEarly()
    left.abort(reason)
    await work.close(reason)
    await executor.close()
    await store?.close()
    await network.close()
    await log.close()
    await journal.close()
    await lock.release()
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= release()
    return closing
  }
  const fhir = network.fhir
  return {
    config,
    clock,
    random,
    fhir,
    narrowGrant: () => network.credentials.narrowGrant?.(),
    executor,
    sink,
    publishLog,
    progress,
    signal,
    state,
    record,
    assertHeld,
    underWay: work,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const openLocked = async (config: Config, host: Host, queue: OpenQueue | undefined): Promise<Unwatched> => {
  await prepareDirectory(config.directory)
  const self = host.self
  const lock = await takeLock(lockPath(config.directory), {
    directory: config.directory,
    self,
    clock: host.clock,
  })
  let files: Awaited<ReturnType<typeof openFiles>> | undefined
  try {
    files = await openFiles(config, host, lock)
    return build(config, host, lock, queue, files)
  } catch (error) {
    await files?.journal.close()
    await lock.release()
    throw error
  }
}

/**
 * Opens, or creates, the job directory of `config`, takes its lock and replays its journal. Rejects with
 * `BULKX_JOB_LOCKED` when another process works there, `BULKX_STORAGE` when it cannot be used, `BULKX_USAGE` when
 * it holds somebody else's files, `BULKX_CONFIG` when the network settings are wrong or would send a credential in
 * clear text.
 */
export const openJob = async (config: Config, given: Host): Promise<OpenJob> => {
  assertSecure(config)
  const { guard, rethrow } = callbacks()
  const { trace, onNotice, onNote } = given
  const host = { ...given, trace: guard(trace), onNotice: guard(onNotice), onNote: guard(onNote) }
  // What is wrong with a queue is said before anything is started.
  const queue = config.queue && (await (await import('./queue/open-queue.js')).openQueue(config, host))
  try {
    return { ...(await openLocked(config, host, queue)), rethrow }
  } catch (error) {
    queue?.close()
    throw error
  }
}
