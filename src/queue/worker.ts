/** A worker: takes tasks of the exports it may serve, has them fetched, and answers. */
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import type { Progress } from '../fetch/progress.js'
import type { Executor, FileResult, FileTask } from '../fetch/task.js'
import type { Sink } from '../sink/sink.js'
import { type AtHandOptions, ExportsAtHand } from './exports-at-hand.js'
import { type Gauges, writeGauges } from './gauges.js'
import { Holding, LeaseLost } from './holding.js'
import { Intake } from './intake.js'
import { orAborted } from './or-aborted.js'
import { writeResult } from './result-text.js'
import { run } from './scripts.js'
import { gaugesOf, type ServedExport, stillHeld, type Taken } from './served-export.js'
import { isName, readTask } from './task-text.js'

export interface WorkerOptions extends AtHandOptions {
  /** Unique: of this very process. */
  id: string
  host: string
  parallel: number
  clock: Clock
  progress: Progress
  /** An executor whose names are `<export>/<name>`. */
  executorFor: (sink: Sink) => Executor
  /** From one sign of life to the next, milliseconds. */
  beatMs?: number
  /** Aborts when the worker is to finish what it has, and go. */
  signal: AbortSignal
}

const aBeatMs = 1_000
/** Whoever is to go waits so long for a Redis that is away, milliseconds; and looks so often. */
const farewellMs = 5_000
const lookMs = 250

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export class Worker {
  private readonly options: WorkerOptions
  private readonly exports: ExportsAtHand
  private readonly holding: Holding
  private readonly executor: Executor
  /** Ends the loops. */
  private readonly over = new AbortController()
  private readonly running = new Set<Promise<void>>()
  private failure: unknown
  private wake = (): void => {}
  private hasSuspect = false
  private files = 0

  constructor(options: WorkerOptions) {
    this.options = options
    const { redis, id, elapsed } = options
    this.exports = new ExportsAtHand(options)
    this.holding = new Holding({
      elapsed,
      holds: async (exportId, ids) => {
        const served = this.exports.get(exportId)
        return served ? stillHeld(redis, served, id, ids) : new Set()
      },
    })
    const sinkOf = (exportId: string): Sink => {
      const sink = this.exports.get(exportId)?.sink
      if (!sink) throw new LeaseLost()
      return sink
    }
    this.executor = options.executorFor(this.holding.sink(sinkOf))
  }

  /** Files fetched and stored so far. */
  get stored(): number {
    return this.files
  }

  /** Until the signal aborts, or this worker is of no use to anybody: then it rejects. */
  async run(): Promise<void> {
    const { redis, signal } = this.options
    const leave = (): void => this.wake()
    signal.addEventListener('abort', leave)
    const blocking = await redis.another()
    const { id: worker, clock, elapsed } = this.options
    const intake = new Intake({ redis, blocking, worker, clock, elapsed, signal: this.over.signal })
    const beating = this.beat(intake).catch((error: unknown) => this.fail(error))
    let isAlone = false
    try {
      isAlone = await Promise.race([this.takeUntilTold(intake), this.withoutRedis()])
    } finally {
      signal.removeEventListener('abort', leave)
      this.over.abort()
      blocking.close()
      if (isAlone) this.drop()
      await beating
      await this.executor.close()
      await this.exports.close()
    }
    if (this.failure && !isAlone) throw this.failure
  }

  private async takeUntilTold(intake: Intake): Promise<false> {
    while (!this.options.signal.aborted && !this.failure) await this.turn(intake)
    await this.leave()
    return false
  }

  /** When it is to go, and nobody has been there for a while to whom it could give anything back. */
  private async withoutRedis(): Promise<true> {
    const { redis, signal, clock, elapsed } = this.options
    let since: number | undefined
    for (;;) {
      await clock.sleep(lookMs, this.over.signal).catch(() => {})
      since = signal.aborted && !redis.isThere ? (since ?? elapsed()) : undefined
      if (this.over.signal.aborted || (since !== undefined && elapsed() - since >= farewellMs)) return true
    }
  }

  /** Others have it all after the lease. */
  private drop(): void {
    for (const { abort } of this.holding.all()) abort(new LeaseLost())
    this.options.redis.close()
  }

  private fail(error: unknown): void {
    this.failure ??= error
    this.wake()
  }

  private get beatMs(): number {
    return this.options.beatMs ?? aBeatMs
  }

  /** Room for what is fetched, and as much again that is ready when it ends. */
  private get room(): number {
    return Math.max(0, 2 * this.options.parallel - this.running.size)
  }

  private async turn(intake: Intake): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve
    })
    const { room } = this
    const { taking } = this.exports
    if (room === 0 || taking.length === 0) {
      const pause = new AbortController()
      await Promise.race([woken, this.options.clock.sleep(this.beatMs, pause.signal).catch(() => {})])
      pause.abort()
      return
    }
    for (const [served, taken] of await intake.recalled(taking)) this.startAll(served, taken)
    for (const [served, taken] of await intake.next(taking, room)) this.startAll(served, taken)
  }

  private startAll(served: ServedExport, taken: readonly Taken[]): void {
    for (const one of taken) {
      if (this.holding.has(served.exportId, one.name)) continue
      const work = this.work(served, one)
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.running.delete(work)
          if (one.isSuspect) this.hasSuspect = false
          this.wake()
        })
      this.running.add(work)
      if (one.isSuspect) this.hasSuspect = true
    }
  }

  private async work(served: ServedExport, taken: Taken): Promise<void> {
    const { redis } = this.options
    const { keys, exportId } = served
    const { id, name } = taken
    const signal = this.holding.take(exportId, taken, served.description.leaseMs)
    try {
      const text = await redis.call('HGET', keys.tasks, name)
      const task = typeof text === 'string' && isName(name) ? readTask(text, name) : undefined
      if (task) await this.fetch(served, id, task, signal)
      else if (typeof text === 'string' && isName(name)) await this.answer(served, id, name, notATask)
      else await run(redis, 'forget', keys, id)
    } catch (error) {
      await this.giveBack(served, taken, error)
    } finally {
      this.holding.leave(exportId, name)
    }
  }

  private async fetch(served: ServedExport, id: string, task: FileTask, signal: AbortSignal): Promise<void> {
    const { redis } = this.options
    const { exportId, keys, description } = served
    const fetching = this.executor.execute({ ...task, name: `${exportId}/${task.name}` }, signal)
    // Who waits in line for his turn sees later that there is none.
    const result = await orAborted(fetching, signal)
    if (!result.ok && result.failure.code === 'unauthorized') {
      const silence = String(description.leaseMs)
      const others = await run(redis, 'doubt', keys, id, this.options.id, task.name, silence)
      if (others === 1) {
        served.verdict = 'doubtful'
        this.tell(served, task.name, 'file-given-back', result.failure.message)
        return
      }
    }
    await this.answer(served, id, task.name, result)
  }

  private async answer(served: ServedExport, id: string, name: string, result: FileResult): Promise<void> {
    const { redis } = this.options
    const ok = result.ok ? '1' : '0'
    await run(redis, 'answer', served.keys, id, this.options.id, name, ok, writeResult(result))
    if (result.ok) {
      const { bytes } = result.stored
      this.files += 1
      served.files += 1
      served.bytes += bytes
      this.options.onEvent({ type: 'file-stored', exportId: served.exportId, name, bytes })
    } else this.tell(served, name, 'file-failed', result.failure.message)
  }

  private tell(
    { exportId }: ServedExport,
    name: string,
    type: 'file-failed' | 'file-given-back',
    words: string,
  ): void {
    this.options.onEvent(
      type === 'file-failed'
        ? { type, exportId, name, message: words }
        : { type, exportId, name, reason: words },
    )
  }

  /** What concerns more than this file: others have it, and this worker takes no more of the kind. */
  private async giveBack(served: ServedExport, { id, name }: Taken, error: unknown): Promise<void> {
    const { redis } = this.options
    if (error instanceof LeaseLost) return
    await run(redis, 'release', served.keys, this.options.id, id)
    if (this.over.signal.aborted || !this.exports.get(served.exportId)) return
    if (this.options.signal.aborted && !(error instanceof BulkxError)) return
    this.tell(served, name, 'file-given-back', messageOf(error))
    const isStorage =
      error instanceof BulkxError && (error.code === 'BULKX_STORAGE' || error.code === 'BULKX_DISK_FULL')
    if (!isStorage) throw error
    this.exports.refuse(served, error.message)
  }

  private async beat(intake: Intake): Promise<void> {
    const { clock } = this.options
    while (!this.over.signal.aborted) {
      await this.exports.look()
      for (const served of this.exports.all) await this.beatFor(served, intake)
      await this.holding.renew()
      this.wake()
      await clock.sleep(this.beatMs, this.over.signal).catch(() => {})
    }
  }

  private async beatFor(served: ServedExport, intake: Intake): Promise<void> {
    const { redis, id, host, parallel, signal, progress } = this.options
    const active = [...progress.active].flatMap(([name, file]): Gauges['active'] =>
      name.startsWith(`${served.exportId}/`) ? [[name.slice(served.exportId.length + 1), file]] : [],
    )
    const gauges = gaugesOf(served, { host, parallel, active }, signal.aborted)
    const { leaseMs } = served.description
    const verdict = await run(redis, 'beat', served.keys, id, writeGauges(gauges), String(leaseMs))
    if (verdict === 'wrong') throw wrongIdentity()
    if (served.refusal !== undefined) return
    served.verdict = verdict === 'doubtful' ? 'doubtful' : 'right'
    if (signal.aborted || served.verdict !== 'right' || this.room === 0) return
    this.startAll(served, await intake.abandoned(served, this.room, this.hasSuspect ? 0 : 1))
  }

  /** What is being fetched is finished, what has not begun is given back; others may take it at once. */
  private async leave(): Promise<void> {
    const { redis, id, progress, onEvent } = this.options
    if (!this.failure) onEvent({ type: 'leaving', files: progress.active.size })
    for (const { exportId, name, abort } of this.holding.all())
      if (this.failure || !progress.active.has(`${exportId}/${name}`)) abort(new Error('not begun'))
    await Promise.all(this.running)
    for (const { keys } of this.exports.all) await run(redis, 'leave', keys, id).catch(() => {})
  }
}

const notATask: FileResult = {
  ok: false,
  failure: {
    code: 'refused',
    message: 'what stands in the queue under its name is no task',
    hint: 'see who else can write to this Redis',
    refresh: false,
    attempts: 0,
  },
}

const wrongIdentity = (): BulkxError =>
  new BulkxError('BULKX_UNAUTHORIZED', 'The server refuses this worker files that it gives to others', {
    hint: 'check its own credential, with `bulkx doctor` on this machine: --token-file, --key, --profile',
  })
