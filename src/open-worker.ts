/** From settings to a worker that can run: its own network, its own credential, and the queue that it serves. */
import { randomBytes } from 'node:crypto'
import type { Config } from './config.js'
import { openExecutor } from './fetch/executor.js'
import { newProgress } from './fetch/progress.js'
import { originOf } from './http/url.js'
import type { ProcessIdentity } from './job/lock.js'
import { assertSecure, type NetworkHost, openNetwork } from './open-network.js'
import { rateKey } from './queue/keys.js'
import { keepFleetPauses, limitFleetRate } from './queue/pacing.js'
import { passedTime } from './queue/passed-time.js'
import { warnOfClearText } from './queue/queue-url.js'
import { connectRedis } from './queue/redis.js'
import { Worker } from './queue/worker.js'
import type { WorkerEvent } from './queue/worker-event.js'
import { openSink } from './sink/open-sink.js'
import { version } from './version.js'

export interface WorkerHost extends NetworkHost {
  self: ProcessIdentity
  /** In which the cloud's own conventions find what opens an object store. */
  env: Readonly<Record<string, string | undefined>>
  /** For notes on unfinished uploads. */
  stateDirectory: string
  /** Aborts when the worker is to finish what it has, and go. */
  signal: AbortSignal
  onEvent: (event: WorkerEvent) => void
  onNote?: (text: string) => void
}

export interface OpenWorker extends AsyncDisposable {
  readonly id: string
  readonly stored: number
  /** Until the signal aborts. Rejects when this worker is of no use to anybody. */
  run(): Promise<void>
}

const hostName = ({ host }: ProcessIdentity): string =>
  (host.split(' ')[0] ?? '').replace(/[^\w.-]/g, '').slice(0, 60) || 'worker'

/** The smaller of what the coordinator and this machine's own settings say. */
const strictest = (...rates: (number | undefined)[]): number | undefined => {
  const known = rates.filter((rate) => rate !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/**
 * Connects to the queue of `config`, whose `directory` is the place below which the worker may write: a directory, or
 * the URL of an object store. Rejects as `openQueue` does.
 */
export const openWorker = async (
  config: Config & { queue: NonNullable<Config['queue']> },
  host: WorkerHost,
): Promise<OpenWorker> => {
  assertSecure(config)
  const { queue, fhirUrl, files, network: settings, waiting } = config
  const { clock, random, signal, onNote } = host
  warnOfClearText(queue.url, onNote)
  const redis = await connectRedis({ ...queue, clock, onNote })
  const progress = newProgress()
  const pace = { redis, clock }
  let asked: number | undefined
  const network = openNetwork(
    config,
    {
      ...host,
      // It is to finish what it has.
      signal: undefined,
      limit: limitFleetRate(pace, rateKey(fhirUrl), () => strictest(asked, settings.maxRequestsPerSecond)),
      sharePauses: (paused) => keepFleetPauses(pace, paused),
    },
    progress.paused,
  )
  const id = `${hostName(host.self)}-${host.self.pid}-${randomBytes(3).toString('hex')}`
  const worker = new Worker({
    redis,
    id,
    host: hostName(host.self),
    parallel: files.parallel,
    own: { version, fhirUrl, root: config.directory },
    clock,
    elapsed: passedTime(clock),
    progress,
    openSink: ({ place }) =>
      openSink({
        target: place,
        env: host.env,
        system: host.self.host,
        notes: `${host.stateDirectory}/workers/${id}`,
        worker: id,
        clock,
        random: host.random,
      }),
    executorFor: (sink) =>
      openExecutor({
        exchangeFor: network.files,
        parallel: files.parallel,
        progress,
        maxBytesPerSecond: files.maxBytesPerSecond,
        maxLineBytes: files.maxLineBytes,
        sink,
        clock,
        random,
        fhirOrigin: originOf(fhirUrl) ?? '',
        patienceMs: waiting.patienceMs,
      }),
    onRate: (rate) => {
      asked = rate
    },
    onEvent: host.onEvent,
    signal,
  })
  return {
    id,
    get stored() {
      return worker.stored
    },
    run: () => worker.run(),
    [Symbol.asyncDispose]: async () => {
      redis.close()
      await network.close()
    },
  }
}
