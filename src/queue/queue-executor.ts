/** The executor of a coordinator: tasks into Redis, results out of it; workers elsewhere do the rest. */
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import type { Progress } from '../fetch/progress.js'
import type { Executor, FileResult, FileTask } from '../fetch/task.js'
import type { Sink } from '../sink/sink.js'
import { type Description, writeDescription } from './description.js'
import { type ExportKeys, keysOf, pausedKey } from './keys.js'
import { Muster } from './muster.js'
import { orAborted } from './or-aborted.js'
import { type Redis, RedisGone } from './redis.js'
import { pairs, texts } from './replies.js'
import { Results } from './results.js'
import { run, runOnce } from './scripts.js'
import { isName, writeTask } from './task-text.js'

/** Tasks in Redis at once: enough for any fleet, and a few megabytes there. */
export const queueCapacity = 4096

export interface QueueExecutorOptions {
  redis: Redis
  exportId: string
  description: Description
  /** `--queue`, for people. */
  queue: string
  clock: Clock
  progress: Progress
  sink: Pick<Sink, 'sizes'>
  /** From then on nobody is waited for, epoch milliseconds. */
  deadlineAt: () => number
  onNote?: (text: string) => void
  onCount?: (workers: number) => void
  /** Nothing is left to do: what was there for the workers may go. */
  onFinished?: () => Promise<void>
}

interface Outstanding {
  task: FileTask
  resolve(result: FileResult): void
  reject(error: unknown): void
}

/** From one look at the workers to the next, milliseconds. */
const lookMs = 1_000
/** Every so many looks it is made sure that Redis still has what was queued. */
const looksPerCheck = 15
/** Tasks sent together. */
const batchMax = 200
/** At the end, how long a Redis that is gone is waited for, milliseconds. */
const farewellMs = 5_000
class QueueExecutor implements Executor {
  readonly capacity = queueCapacity
  private readonly options: QueueExecutorOptions
  private readonly keys: ExportKeys
  private readonly muster: Muster
  private readonly stop = new AbortController()
  private readonly outstanding = new Map<string, Outstanding>()
  /** Not yet in Redis. */
  private readonly unsent = new Set<string>()
  /** Given up by whoever asked for them, perhaps still in Redis. */
  private readonly withdrawn = new Set<string>()
  private readonly results: Results
  private pumping: Promise<void> | undefined
  /** Something may have been lost. */
  private mustCheck = false
  private connections = 0
  private started: Promise<void> | undefined
  private loops: Promise<unknown>[] = []
  private failure: unknown

  constructor(options: QueueExecutorOptions) {
    this.options = options
    this.keys = keysOf(options.exportId)
    const { description, queue, progress, onNote, onCount } = options
    this.results = new Results({ key: this.keys.results, capacity: this.capacity, ...options })
    this.muster = new Muster({ leaseMs: description.leaseMs, queue, progress, onNote, onCount })
  }

  prepare(): void {
    // What fails is told by the first task.
    this.begin().catch(() => {})
  }

  async execute(task: FileTask, signal?: AbortSignal): Promise<FileResult> {
    signal?.throwIfAborted()
    if (!isName(task.name)) throw new Error(`not a name of ours: ${task.name}`)
    await orAborted(this.begin(), signal)
    const early = await this.results.stored(task)
    if (early) return { ok: true, stored: early }
    signal?.throwIfAborted()
    if (this.failure) throw this.failure
    return new Promise((resolve, reject) => {
      const done = (): void => signal?.removeEventListener('abort', abort)
      const abort = (): void => {
        done()
        this.outstanding.delete(task.name)
        this.unsent.delete(task.name)
        this.withdrawn.add(task.name)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.withdrawn.delete(task.name)
      this.outstanding.set(task.name, {
        task,
        resolve: (result) => {
          done()
          resolve(result)
        },
        reject: (error) => {
          done()
          reject(error)
        },
      })
      this.unsent.add(task.name)
      this.pump()
    })
  }

  async close(): Promise<void> {
    const { clock, redis } = this.options
    const inTime = new AbortController()
    if (this.started)
      await Promise.race([
        this.farewell().catch(() => {}),
        clock.sleep(farewellMs, inTime.signal).catch(() => {}),
      ])
    inTime.abort()
    this.stop.abort()
    redis.close()
    await Promise.all(this.loops)
  }

  /** What nobody has begun is taken back. When nothing is left to do, nothing stays in Redis. */
  private async farewell(): Promise<void> {
    const { redis, exportId, onFinished } = this.options
    await this.started?.catch(() => {})
    this.stop.abort()
    const names = [...this.outstanding.keys(), ...this.withdrawn]
    this.fail(new Error('the coordinator has ended'))
    await Promise.all(this.loops)
    if (names.length > 0) await run(redis, 'withdraw', this.keys, ...names)
    else {
      await run(redis, 'finish', this.keys, exportId)
      await onFinished?.()
    }
  }

  private begin(): Promise<void> {
    this.started ??= this.open()
    return this.started
  }

  private async open(): Promise<void> {
    const { redis } = this.options
    this.connections = redis.connections
    await this.look()
    await this.read(redis)
    const blocking = await redis.another()
    this.loops = [this.listen(blocking), this.watch()].map((loop) =>
      loop.catch((error: unknown) => this.fail(error)),
    )
  }

  private fail(error: unknown): void {
    this.failure ??= error
    for (const { reject } of this.outstanding.values()) reject(error)
    for (const name of this.outstanding.keys()) this.withdrawn.add(name)
    this.outstanding.clear()
    this.unsent.clear()
  }

  private pump(): void {
    this.pumping ??= this.send()
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.pumping = undefined
        if (!this.failure && (this.mustCheck || this.unsent.size > 0)) this.pump()
      })
  }

  private async send(): Promise<void> {
    // All that comes in this turn goes together.
    await undefined
    if (this.mustCheck) await this.check()
    const names = [...this.unsent].slice(0, batchMax)
    for (const name of names) this.unsent.delete(name)
    const tasks = names.flatMap((name) => this.outstanding.get(name)?.task ?? [])
    if (tasks.length === 0) return
    try {
      await runOnce(
        this.options.redis,
        'offer',
        this.keys,
        ...tasks.flatMap((task) => [task.name, writeTask(task)]),
      )
    } catch (error) {
      if (!(error instanceof RedisGone)) throw error
      // They may be queued, and even answered: sent once more only when that is known.
      this.mustCheck = true
    }
  }

  /** What is neither queued nor answered is to be sent, again perhaps. First the queue, for answers come later. */
  private async check(): Promise<void> {
    const { redis } = this.options
    const names = [...this.outstanding.keys()]
    this.mustCheck = false
    const queued = new Set(texts(await redis.call('HKEYS', this.keys.tasks)))
    await this.read(redis)
    for (const name of names) if (this.outstanding.has(name) && !queued.has(name)) this.unsent.add(name)
  }

  private async listen(blocking: Redis): Promise<void> {
    this.stop.signal.addEventListener('abort', () => blocking.close())
    while (!this.stop.signal.aborted) {
      await this.read(blocking, lookMs).catch((error: unknown) => {
        if (!this.stop.signal.aborted) throw error
      })
    }
  }

  private async read(redis: Redis, blockMs?: number): Promise<void> {
    for (const { name, result } of await this.results.next(redis, blockMs)) {
      const asked = this.outstanding.get(name)
      if (asked && result) {
        this.outstanding.delete(name)
        this.unsent.delete(name)
        asked.resolve(result)
      } else if (result) this.results.keep(name, result)
      else this.mustCheck = true
    }
  }

  private async watch(): Promise<void> {
    const { clock, redis } = this.options
    for (let looks = 1; ; looks += 1) {
      await clock.sleep(lookMs, this.stop.signal).catch(() => {})
      if (this.stop.signal.aborted) return
      await this.look()
      this.assertInTime()
      if (redis.connections !== this.connections || looks % looksPerCheck === 0) {
        this.connections = redis.connections
        this.mustCheck ||= this.outstanding.size > 0
      }
      if (this.mustCheck) this.pump()
    }
  }

  /** Says that this coordinator is there, and sees who else is. */
  private async look(): Promise<void> {
    const { redis, description, exportId, clock } = this.options
    const seen = await run(redis, 'coordinate', this.keys, writeDescription(description), exportId)
    const [now, gauges, alive] = Array.isArray(seen) ? (seen as unknown[]) : []
    const paused = pairs(await redis.call('HGETALL', pausedKey))
    this.muster.look(
      { now: Number(now), gauges: pairs(gauges), alive: pairs(alive), paused },
      this.outstanding.size,
      clock.now(),
    )
  }

  private assertInTime(): void {
    const { clock, deadlineAt } = this.options
    if (this.outstanding.size === 0 || clock.now() < deadlineAt()) return
    this.fail(
      new BulkxError('BULKX_DEADLINE', 'The deadline has come, and workers have not fetched all files', {
        hint: 'go on with `bulkx resume` and a longer --deadline, and with more workers',
      }),
    )
  }
}

export const queueExecutor = (options: QueueExecutorOptions): Executor => new QueueExecutor(options)
