/** Workers as processes, and what becomes of those that are killed. */
import { type Child, start } from '../process/child.js'
import type { Place } from '../process/place.js'
import type { Served } from '../process/server.js'
import type { RedisServer } from './redis-server.js'

export interface Employed {
  id: string
  child: Child
}

export interface EmployOptions {
  /** Where it may write. */
  root: string
  parallel: number
  env?: Record<string, string>
}

/** A worker that is there. */
export const employ = async (
  place: Place,
  redis: RedisServer,
  { fhirUrl }: Served,
  { root, parallel, env }: EmployOptions,
): Promise<Employed> => {
  const words = ['--queue', redis.url, '--server', fhirUrl, '--parallel', String(parallel), '--out', root]
  const child = start(place, ['worker', ...words], { env })
  const said = await child.saying(/^worker \S+: files of/)
  return { id: /^worker (\S+):/.exec(said)?.[1] ?? '', child }
}

/** As if so much time had passed that nobody waits for this worker any more. */
export const giveUpOn = async (worker: string, redis: RedisServer): Promise<void> => {
  const exports = await redis.ask('ZRANGE', 'bulkx:exports', '0', '-1')
  for (const exportId of exports as string[]) {
    const queue = `bulkx:${exportId}:queue`
    const pending = (await redis.ask('XPENDING', queue, 'workers', '-', '+', '1000', worker)) as [string][]
    const ids = pending.map(([id]) => id)
    if (ids.length > 0)
      await redis.ask('XCLAIM', queue, 'workers', worker, '0', ...ids, 'IDLE', '7200000', 'JUSTID')
  }
}
