/** The queue of a coordinator, from its settings: the connection, the rate that holds for all, and the executor. */
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import type { Config } from '../config.js'
import type { Progress } from '../fetch/progress.js'
import type { Executor } from '../fetch/task.js'
import type { Middleware } from '../http/exchange.js'
import type { JobState } from '../job/state.js'
import { privateFolder, readRegular } from '../sink/disk.js'
import { workersFolder } from '../sink/local.js'
import type { Sink } from '../sink/sink.js'
import { version } from '../version.js'
import type { Description } from './description.js'
import { forgetFleet, noteFleet } from './fleet-note.js'
import { signPath } from './handshake.js'
import { rateKey } from './keys.js'
import { limitFleetRate } from './pacing.js'
import { queueCapacity, queueExecutor } from './queue-executor.js'
import { warnOfClearText } from './queue-url.js'
import { connectRedis, placeOf, type Redis } from './redis.js'

export interface QueueHost {
  clock: Clock
  onNote?: (text: string) => void
}

export interface CoordinatedJob {
  state: JobState
  sink: Sink
  progress: Progress
  onNote?: (text: string) => void
}

export interface OpenQueue {
  /** Undefined where no rate was asked for. */
  limit?: Middleware
  executor(job: CoordinatedJob): Executor
  close(): void
}

/** The same for each run of a job: what a worker once found stays right. */
const signOf = async (directory: string, sink: Sink): Promise<string> => {
  const present = await readRegular(signPath(directory)).catch(() => '')
  if (/^[\w-]{36}$/.test(present)) return present
  const sign = randomUUID()
  await sink.write(join(privateFolder, 'queue'), sign)
  return sign
}

/** Opened with the first task, or while the server is at work. */
const coordinator = (config: Config, host: QueueHost, redis: Redis, job: CoordinatedJob): Executor => {
  const { directory, queue, fhirUrl, network, waiting } = config
  const { state, sink, progress, onNote } = job
  const open = async (): Promise<Executor> => {
    const description: Description = {
      version,
      fhirUrl,
      place: config.store ?? directory,
      sign: config.store === undefined ? await signOf(directory, sink) : undefined,
      leaseMs: queue?.leaseMs ?? 0,
      maxRequests: network.maxRequestsPerSecond,
    }
    return queueExecutor({
      redis,
      exportId: state.exportId,
      description,
      queue: queue?.url ?? '',
      clock: host.clock,
      progress,
      sink,
      deadlineAt: () => state.acceptedAt + waiting.deadlineMs,
      onNote,
      onCount: (workers) => void noteFleet(directory, workers, host.clock),
      onFinished: async () => {
        await rm(join(directory, privateFolder, workersFolder), { recursive: true, force: true })
        await rm(signPath(directory), { force: true })
      },
    })
  }
  let opening: Promise<Executor> | undefined
  const opened = (): Promise<Executor> => {
    opening ??= open()
    return opening
  }
  return {
    capacity: queueCapacity,
    prepare: () =>
      void opened().then(
        (executor) => executor.prepare?.(),
        () => {},
      ),
    execute: async (task, signal) => (await opened()).execute(task, signal),
    close: async () => {
      await (await opening?.catch(() => undefined))?.close()
      redis.close()
      if (opening) await forgetFleet(directory)
    },
  }
}

/**
 * Connects to Redis. Rejects with `BULKX_CONFIG` without the package for it, `BULKX_UNREACHABLE` without a Redis, and
 * `BULKX_UNAUTHORIZED` where it refuses us.
 */
export const openQueue = async (config: Config, host: QueueHost): Promise<OpenQueue> => {
  const { queue, fhirUrl, network } = config
  const { url = '', password } = queue ?? {}
  warnOfClearText(url, host.onNote)
  const { clock, onNote } = host
  const redis = await connectRedis({ url, password, clock, onNote })
  onNote?.(`workers fetch the files, by the queue at ${placeOf(url)}`)
  const rate = network.maxRequestsPerSecond
  return {
    limit: rate === undefined ? undefined : limitFleetRate({ redis, clock }, rateKey(fhirUrl), () => rate),
    executor: (job) => coordinator(config, host, redis, job),
    close: () => redis.close(),
  }
}
