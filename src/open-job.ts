/** From settings to a job that can run: the one place where things are constructed. */
import { randomUUID } from 'node:crypto'
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from './clock.js'
import type { Config } from './config.js'
import { inProcess } from './fetch/in-process.js'
import { newProgress } from './fetch/progress.js'
import { throttle } from './fetch/throttle.js'
import { originOf } from './http/url.js'
import { assertUsable, journalPath, lockPath } from './job/directory.js'
import type { Job } from './job/export.js'
import { exportLogLines, exportLogName } from './job/export-log.js'
import type { Fact, JobEvent } from './job/facts.js'
import { type Journal, openJournal } from './job/journal.js'
import { type Lock, type ProcessIdentity, takeLock } from './job/lock.js'
import { type JobState, newState, reduce } from './job/state.js'
import { assertSecure, type NetworkHost, openNetwork } from './open-network.js'
import { appendOrCreate, directoryMode, fileMode, ownFolder, privateFolder } from './sink/disk.js'
import { localSink } from './sink/local.js'
import type { Part, Sink } from './sink/sink.js'
import { storageError } from './sink/storage-error.js'

/** What a run needs of the process it lives in. */
export interface Host extends NetworkHost {
  /** Who holds the lock: this process. */
  self: ProcessIdentity
  /** Something a person should know that is no fact of the job. */
  onNote?: (text: string) => void
}

const fewerText = (atOnce: number): string =>
  `the server asks for fewer requests: ${atOnce === 1 ? '1 download' : `${atOnce} downloads`} at once`

/** A job with its directory locked; `close` releases it. */
export interface OpenJob extends Job, AsyncDisposable {
  close(): Promise<void>
}

/** Characters of the log that are written at once. */
const logPieceChars = 256 * 1024

/** `log.ndjson` made anew, in pieces; none when there is nothing to say. */
const newExportLog = (sink: Sink) => {
  let text = ''
  let part: Part | undefined
  const write = async (): Promise<void> => {
    if (!part) {
      part = await sink.part(exportLogName)
      await part.restart()
    }
    const piece = Buffer.from(text)
    text = ''
    await part.append(piece)
  }
  return {
    add: (lines: string): Promise<void> | undefined => {
      text += lines
      return text.length < logPieceChars ? undefined : write()
    },
    end: async (): Promise<void> => {
      if (text !== '') await write()
      await part?.publish()
    },
    drop: async (): Promise<void> => part?.discard(),
  }
}

/** Replays the journal into the state, and into `log.ndjson`, its projection for others. */
const replayed = async (directory: string, sink: Sink, state: JobState): Promise<Journal> => {
  const log = newExportLog(sink)
  const take = (event: JobEvent): Promise<void> | undefined =>
    log.add(exportLogLines(event, reduce(state, event)))
  let journal: Journal | undefined
  try {
    journal = await openJournal(journalPath(directory), take)
    await log.end()
    return journal
  } catch (error) {
    await journal?.close()
    await log.drop()
    throw error
  }
}

/** Adds to `log.ndjson` as facts come. */
const exportLog = (directory: string) => {
  return async (lines: string): Promise<void> => {
    if (lines === '') return
    const path = join(directory, exportLogName)
    await appendFile(path, lines, { mode: fileMode, flag: appendOrCreate }).catch((cause) => {
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
    await mkdir(directory, { recursive: true, mode: directoryMode })
    await ownFolder(join(directory, privateFolder), false)
  } catch (cause) {
    throw storageError(`Cannot use the directory ${directory}`, cause)
  }
}

const openFiles = async (config: Config, host: Host, lock: Lock) => {
  const { directory } = config
  // What a silent holder may still write to is not gone on from.
  const system = lock.fromSilent ? `${host.self.host} ${randomUUID()}` : host.self.host
  const sink = localSink({ directory, system, assertHeld: lock.assertHeld })
  const state = newState()
  const journal = await replayed(directory, sink, state)
  const log = exportLog(directory)
  return { sink, state, journal, record: recorder({ clock: host.clock, state, journal, lock, log }) }
}

const build = async (config: Config, host: Host, lock: Lock): Promise<OpenJob> => {
  const { sink, state, journal, record } = await openFiles(config, host, lock)
  const { clock, random, signal } = host
  const progress = newProgress()
  const network = openNetwork(config, host, progress.paused)
  const executor = inProcess({
    exchangeFor: network.files,
    parallel: config.files.parallel,
    onFewer: (atOnce) => host.onNote?.(fewerText(atOnce)),
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
