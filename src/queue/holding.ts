/** What a worker holds: each for a while, renewed in time, and given no name in the sink once it is not its own any more. */
import type { Part, Sink } from '../sink/sink.js'
import type { Taken } from './served-export.js'

/** Another worker has the file now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'

  constructor() {
    super('another worker has the file now')
  }
}

export interface HoldingOptions {
  /** Milliseconds that never jump. */
  elapsed: () => number
  /** The ids of an export that are still this worker's, for another while from now on. */
  holds: (exportId: string, ids: readonly string[]) => Promise<ReadonlySet<string>>
}

interface Held {
  exportId: string
  name: string
  id: string
  leaseMs: number
  /** When it was surely this worker's. */
  at: number
  stop: AbortController
}

const keyOf = (exportId: string, name: string): string => `${exportId}/${name}`

export class Holding {
  private readonly options: HoldingOptions
  private readonly held = new Map<string, Held>()

  constructor(options: HoldingOptions) {
    this.options = options
  }

  /** The signal aborts when it is lost. */
  take(exportId: string, { name, id, askedAt }: Taken, leaseMs: number): AbortSignal {
    const stop = new AbortController()
    this.held.set(keyOf(exportId, name), { exportId, name, id, leaseMs, at: askedAt, stop })
    return stop.signal
  }

  leave(exportId: string, name: string): void {
    this.held.delete(keyOf(exportId, name))
  }

  has(exportId: string, name: string): boolean {
    return this.held.has(keyOf(exportId, name))
  }

  all(): { exportId: string; name: string; abort(reason: Error): void }[] {
    return [...this.held.values()].map(({ exportId, name, stop }) => ({
      exportId,
      name,
      abort: (reason) => stop.abort(reason),
    }))
  }

  /** Holds on to whatever a third of its time has passed of. */
  async renew(): Promise<void> {
    const { elapsed } = this.options
    const due = [...this.held.values()].filter(({ at, leaseMs }) => elapsed() - at > leaseMs / 3)
    for (const exportId of new Set(due.map((one) => one.exportId)))
      await this.hold(due.filter((one) => one.exportId === exportId))
  }

  /** All the sinks as one, by names such as `<export>/<name>`. */
  sink(sinkOf: (exportId: string) => Sink): Sink {
    const split = (path: string): { sink: Sink; name: string } => {
      const at = path.indexOf('/')
      return { sink: sinkOf(path.slice(0, at)), name: path.slice(at + 1) }
    }
    return {
      part: async (path) => {
        const { sink, name } = split(path)
        return this.guarded(await sink.part(name), path.replace(/\.gz$/, ''))
      },
      write: (path, text) => split(path).sink.write(split(path).name, text),
      read: (path) => split(path).sink.read(split(path).name),
      unfinished: async () => ({ files: 0, bytes: 0 }),
      sizes: async (paths) =>
        (await Promise.all(paths.map((path) => split(path).sink.sizes([split(path).name])))).flat(),
    }
  }

  /** A part that gets its name only while the file is this worker's. */
  private guarded(part: Part, key: string): Part {
    return {
      kept: () => part.kept(),
      read: () => part.read(),
      restart: (validators) => part.restart(validators),
      append: (chunk) => part.append(chunk),
      suspend: () => part.suspend(),
      discard: () => part.discard(),
      publish: () => this.publish(part, key),
    }
  }

  /** Asked before it is made durable, which may take a while, and again before it gets its name. */
  private async publish(part: Part, key: string): Promise<void> {
    await this.assertHeld(key)
    let lost: unknown
    try {
      await part.publish(() =>
        this.assertHeld(key).catch((error: unknown) => {
          lost = error
          throw error
        }),
      )
    } catch (error) {
      throw lost ?? error
    }
  }

  /** Within half of its time nobody else can have it: the other half is for giving it its name. */
  private async assertHeld(key: string): Promise<void> {
    const held = this.held.get(key)
    if (!held) throw new LeaseLost()
    if (this.options.elapsed() - held.at > held.leaseMs / 2) await this.hold([held])
    held.stop.signal.throwIfAborted()
  }

  private async hold(some: readonly Held[]): Promise<void> {
    const [first] = some
    if (!first) return
    const askedAt = this.options.elapsed()
    const ids = some.map(({ id }) => id)
    const own = await this.options.holds(first.exportId, ids)
    for (const one of some) {
      if (own.has(one.id)) one.at = askedAt
      else one.stop.abort(new LeaseLost())
    }
  }
}
