/** A coordinator's executor and workers in one process, with a real Redis between them. */
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { onTestFinished } from 'vitest'
import { newProgress, type Progress } from '../../src/fetch/progress.js'
import type { Executor } from '../../src/fetch/task.js'
import type { Description } from '../../src/queue/description.js'
import { type OwnSide, signPath } from '../../src/queue/handshake.js'
import { queueExecutor } from '../../src/queue/queue-executor.js'
import { connectRedis } from '../../src/queue/redis.js'
import { Worker, type WorkerOptions } from '../../src/queue/worker.js'
import type { WorkerEvent } from '../../src/queue/worker-event.js'
import type { Sink } from '../../src/sink/sink.js'
import { systemClock } from '../../src/system-clock.js'
import { origin } from '../helpers/scripted-server.js'

export const fhirUrl = `${origin}/fhir`
const sign = 'here'

export interface Coordinated {
  executor: Executor
  exportId: string
  description: Description
  progress: Progress
  notes: string[]
}

/** What a directory of workers says. */
export const describe = async (
  directory: string,
  differences: Partial<Description> = {},
): Promise<Description> => {
  await mkdir(dirname(signPath(directory)), { recursive: true })
  await writeFile(signPath(directory), sign)
  // A test never waits for a worker to be silent.
  return { version: '1.2.3', fhirUrl, place: directory, sign, leaseMs: 3_600_000, ...differences }
}

export const coordinate = async (
  url: string,
  directory: string,
  sink: Sink,
  {
    exportId = randomUUID(),
    deadlineAt = Number.POSITIVE_INFINITY,
    ...differences
  }: Partial<Description> & { exportId?: string; deadlineAt?: number } = {},
): Promise<Coordinated> => {
  const description = await describe(directory, differences)
  const redis = await connectRedis({ url, clock: systemClock })
  const progress = newProgress()
  const notes: string[] = []
  const executor = queueExecutor({
    redis,
    exportId,
    description,
    queue: url,
    clock: systemClock,
    progress,
    sink,
    deadlineAt: () => deadlineAt,
    onNote: (text) => notes.push(text),
  })
  onTestFinished(() => executor.close())
  executor.prepare?.()
  return { executor, exportId, description, progress, notes }
}

export interface Employed {
  id: string
  events: WorkerEvent[]
  /** Asks it to finish what it has, and go; resolves to what it ended with. */
  leave(): Promise<unknown>
  /** What it ended with by itself. */
  ended: Promise<unknown>
}

let number = 0

export const employ = async (
  url: string,
  place: Pick<WorkerOptions, 'progress' | 'parallel' | 'executorFor'> & { directory: string; sink: Sink },
  differences: Partial<Omit<WorkerOptions, 'own'>> & { own?: Partial<OwnSide> } = {},
): Promise<Employed> => {
  number += 1
  const id = `worker-${number}`
  const { own, ...more } = differences
  const stop = new AbortController()
  const redis = await connectRedis({ url, clock: systemClock })
  const events: WorkerEvent[] = []
  const worker = new Worker({
    redis,
    id,
    host: 'here',
    parallel: place.parallel,
    clock: systemClock,
    elapsed: () => performance.now(),
    progress: place.progress,
    openSink: async () => ({ ...place.sink, close: async () => {} }),
    executorFor: place.executorFor,
    onEvent: (event) => events.push(event),
    beatMs: 20,
    signal: stop.signal,
    ...more,
    own: { version: '1.2.3', fhirUrl, root: place.directory, ...own },
  })
  const ended = worker.run().then(
    () => undefined,
    (error: unknown) => error,
  )
  const leave = async (): Promise<unknown> => {
    stop.abort()
    const end = await ended
    redis.close()
    return end
  }
  onTestFinished(() => leave().then(() => {}))
  return { id, events, leave, ended }
}
