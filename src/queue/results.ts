/** What workers answer, in the order in which it stands in Redis; kept there until its fact must be durable. */
import type { FileResult, FileTask, StoredFile } from '../fetch/task.js'
import type { Sink } from '../sink/sink.js'
import type { Redis } from './redis.js'
import { type Entry, isLater, streams } from './replies.js'
import { readResult } from './result-text.js'
import { isName } from './task-text.js'

export interface ResultsOptions {
  redis: Redis
  key: string
  /** Whoever takes results holds no more than so many whose facts are not durable. */
  capacity: number
  sink: Pick<Sink, 'sizes'>
  onNote?: (text: string) => void
}

export interface Answered {
  name: string
  /** Undefined where what stands there is none. */
  result?: FileResult
}

/** Read, or dropped, together. */
const batchMax = 500

const storedName = ({ name, gzip }: FileTask): string => (gzip ? `${name}.gz` : name)

export class Results {
  private readonly options: ResultsOptions
  private lastId = '0-0'
  /** Ids of what was handed on and may not be durable elsewhere yet, in order. */
  private handedOn: string[] = []
  /** What workers stored while no coordinator was there. */
  private readonly early = new Map<string, StoredFile>()

  constructor(options: ResultsOptions) {
    this.options = options
  }

  /** What has come since the last look. With `blockMs` a batch, for whose first it waits so long; otherwise all. */
  async next(redis: Redis, blockMs?: number): Promise<Answered[]> {
    const block = blockMs === undefined ? [] : ['BLOCK', String(blockMs)]
    const answered: Answered[] = []
    for (;;) {
      const words = ['XREAD', 'COUNT', String(batchMax), ...block, 'STREAMS', this.options.key, this.lastId]
      const found = streams(await redis.call(...words)).flatMap(([, entries]) => entries)
      // Two may look at once.
      const fresh = found.filter(({ id }) => isLater(id, this.lastId))
      for (const entry of fresh) answered.push(this.take(entry))
      if (found.length < batchMax || blockMs !== undefined) return answered
    }
  }

  /** What nobody has asked for yet: only what is whole, for what could not be had may be had now. */
  keep(name: string, result: FileResult): void {
    if (result.ok && this.early.size < 2 * this.options.capacity) this.early.set(name, result.stored)
  }

  /** A file that was stored before it was asked for, where it stands as it was stored. */
  async stored(task: FileTask): Promise<StoredFile | undefined> {
    const stored = this.early.get(task.name)
    this.early.delete(task.name)
    if (!stored) return undefined
    const [size] = await this.options.sink.sizes([storedName(task)])
    return size === (stored.storedBytes ?? stored.bytes) ? stored : undefined
  }

  private take({ id, fields }: Entry): Answered {
    this.lastId = id
    const name = fields.get('name') ?? ''
    const result = isName(name) ? readResult(fields.get('result') ?? '') : undefined
    if (!result) this.options.onNote?.('a result in Redis that is none was passed over')
    this.drop(id)
    return { name, result }
  }

  /** Older ones need not be kept for the case that whoever took them dies. */
  private drop(id: string): void {
    const { redis, key, capacity } = this.options
    this.handedOn.push(id)
    if (this.handedOn.length < capacity + batchMax) return
    const done = this.handedOn.splice(0, batchMax)
    redis.call('XDEL', key, ...done).catch(() => {})
  }
}
