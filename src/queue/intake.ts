/** Where a worker's tasks come from: the queue, workers that are silent, and answers that got lost on their way. */
import type { Clock } from '../clock.js'
import type { Redis } from './redis.js'
import { streams } from './replies.js'
import { group } from './scripts.js'
import { type ServedExport, type Taken, takenOf } from './served-export.js'
import { takeOver } from './take-over.js'

export interface IntakeOptions {
  redis: Redis
  /** For commands that wait in Redis. */
  blocking: Redis
  worker: string
  clock: Clock
  /** Milliseconds that never jump. */
  elapsed: () => number
  signal: AbortSignal
}

export type Batch = [served: ServedExport, taken: Taken[]]

/** How long a command waits in Redis for something to do. */
const blockMs = 500
/** More than a worker ever holds. */
const recalledMax = '1000'

export class Intake {
  private readonly options: IntakeOptions
  private connections = 0
  private connectedAt = 0

  constructor(options: IntakeOptions) {
    this.options = options
  }

  /** From the queues: at most `room`, some time after there is nothing in them. */
  async next(taking: readonly ServedExport[], room: number): Promise<Batch[]> {
    const { blocking, worker, elapsed } = this.options
    const askedAt = elapsed()
    const each = String(Math.max(1, Math.floor(room / taking.length)))
    const words = ['XREADGROUP', 'GROUP', group, worker, 'COUNT', each, 'BLOCK', String(blockMs)]
    const keys = [...taking.map(({ keys }) => keys.queue), ...taking.map(() => '>')]
    const found = streams(await this.queueOf(blocking.call(...words, 'STREAMS', ...keys)))
    return found.flatMap(([key, entries]): Batch[] => {
      const served = taking.find(({ keys }) => keys.queue === key)
      return served ? [[served, takenOf(entries, askedAt)]] : []
    })
  }

  /**
   * After a connection was lost: all that Redis has given to this worker, for an answer that said so may never have
   * arrived.
   */
  async recalled(taking: readonly ServedExport[]): Promise<Batch[]> {
    const { redis, blocking, worker, elapsed } = this.options
    const connections = redis.connections + blocking.connections
    if (connections === this.connections) return []
    const batches: Batch[] = []
    for (const served of taking) {
      const askedAt = elapsed()
      const words = ['XREADGROUP', 'GROUP', group, worker, 'COUNT', recalledMax]
      const found = await this.queueOf(redis.call(...words, 'STREAMS', served.keys.queue, '0'))
      batches.push([
        served,
        takenOf(
          streams(found).flatMap(([, entries]) => entries),
          askedAt,
        ),
      ])
    }
    if (this.connections > 0) this.connectedAt = elapsed()
    this.connections = connections
    return batches
  }

  /** Of workers that are silent. After Redis was gone, they first have the time to say that they are there. */
  async abandoned(served: ServedExport, room: number, suspects: 0 | 1): Promise<Taken[]> {
    const { redis, worker, elapsed } = this.options
    const askedAt = elapsed()
    const wasLost = this.connectedAt > 0 && askedAt - this.connectedAt < served.description.leaseMs
    if (wasLost) return []
    const found = await takeOver(redis, served, { worker, room, suspects })
    return found.map((one) => ({ ...one, askedAt }))
  }

  /** A queue that has gone meanwhile: the next look at the exports says so. */
  private async queueOf<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof Error && /^NOGROUP/.test(error.message))) throw error
      await this.options.clock.sleep(blockMs, this.options.signal).catch(() => {})
      return undefined
    }
  }
}
