/** One export as a worker serves it: whether it may, and what it takes from its queue. */
import type { Sink } from '../sink/sink.js'
import { type Description, readDescription } from './description.js'
import type { Gauges } from './gauges.js'
import { type ExportKeys, keysOf } from './keys.js'
import type { Redis } from './redis.js'
import { type entries, texts } from './replies.js'
import { run } from './scripts.js'

/** An entry that this worker holds. */
export interface Taken {
  id: string
  name: string
  /** Before it became this worker's, of the monotonic clock: what Redis counts from came later. */
  askedAt: number
  /** Several workers fell silent while they had it. */
  isSuspect: boolean
}

export interface ServedExport {
  exportId: string
  keys: ExportKeys
  description: Description
  /** Undefined where this worker takes no file of it, for a reason. */
  sink?: Sink & { close(): Promise<void> }
  refusal?: string
  /** Until then a refusal is not looked at again, of the monotonic clock. */
  lookAgainAt: number
  verdict: 'right' | 'doubtful' | 'wrong'
  files: number
  bytes: number
}

/** What a coordinator says of an export; undefined where it has gone. */
export const descriptionOf = async (redis: Redis, exportId: string): Promise<Description | undefined> => {
  const text = await redis.call('GET', keysOf(exportId).description)
  return typeof text === 'string' ? readDescription(text) : undefined
}

export const takenOf = (found: ReturnType<typeof entries>, askedAt: number): Taken[] =>
  found.map(({ id, fields }) => ({ id, name: fields.get('name') ?? '', askedAt, isSuspect: false }))

/** The ids that are still this worker's. */
export const stillHeld = async (
  redis: Redis,
  { keys }: ServedExport,
  worker: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> => new Set(texts(await run(redis, 'hold', keys, worker, ...ids)))

export const gaugesOf = (
  served: ServedExport,
  own: Pick<Gauges, 'host' | 'parallel' | 'active'>,
  isLeaving: boolean,
): Gauges => {
  if (served.refusal !== undefined) return { ...own, active: [], state: 'refused', reason: served.refusal }
  const waits = served.verdict === 'doubtful'
  return { ...own, state: isLeaving ? 'leaving' : waits ? 'waiting' : 'working' }
}
