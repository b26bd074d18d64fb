/** The exports that a worker knows of: those it may serve, and why it must not serve the others. */
import type { Sink } from '../sink/sink.js'
import type { Description } from './description.js'
import { type OwnSide, objection } from './handshake.js'
import { exportsKey, isExportId, keysOf } from './keys.js'
import type { Redis } from './redis.js'
import { texts } from './replies.js'
import { descriptionOf, type ServedExport } from './served-export.js'
import type { WorkerEvent } from './worker-event.js'

export type OpenedSink = Sink & { close(): Promise<void> }

export interface AtHandOptions {
  redis: Redis
  own: OwnSide
  /** Milliseconds that never jump. */
  elapsed: () => number
  /** Opens where an export goes. Rejects where that cannot be reached. */
  openSink: (description: Description, exportId: string) => Promise<OpenedSink>
  /** The strictest rate that the exports served ask for. */
  onRate?: (requestsPerSecond: number | undefined) => void
  onEvent: (event: WorkerEvent) => void
}

/** What was refused may be right some time later, milliseconds. */
const lookAgainMs = 30_000
/** Exports that are looked at, at most. */
const exportsMax = 1000

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export class ExportsAtHand {
  private readonly options: AtHandOptions
  private readonly known = new Map<string, ServedExport>()

  constructor(options: AtHandOptions) {
    this.options = options
  }

  get all(): ServedExport[] {
    return [...this.known.values()]
  }

  /** Those that files are taken of. */
  get taking(): ServedExport[] {
    return this.all.filter(({ refusal, verdict }) => refusal === undefined && verdict === 'right')
  }

  get(exportId: string): ServedExport | undefined {
    return this.known.get(exportId)
  }

  refuse(served: ServedExport, reason: string): void {
    served.lookAgainAt = this.options.elapsed() + lookAgainMs
    if (served.refusal === reason) return
    served.refusal = reason
    this.options.onEvent({ type: 'export-refused', exportId: served.exportId, reason })
  }

  /** New ones are taken up or refused, those that are over are left. */
  async look(): Promise<void> {
    const { redis, onRate } = this.options
    const found = await redis.call('ZREVRANGE', exportsKey, '0', String(exportsMax - 1))
    const ids = texts(found).filter(isExportId)
    for (const exportId of ids) await this.lookAt(exportId)
    for (const served of this.all) if (!ids.includes(served.exportId)) await this.leave(served)
    const rates = this.taking.flatMap(({ description }) => description.maxRequests ?? [])
    onRate?.(rates.length > 0 ? Math.min(...rates) : undefined)
  }

  async close(): Promise<void> {
    for (const { sink } of this.all) await sink?.close()
  }

  private async leave(served: ServedExport): Promise<void> {
    const { exportId, files, bytes, refusal } = served
    this.known.delete(exportId)
    if (refusal === undefined) this.options.onEvent({ type: 'export-over', exportId, files, bytes })
    await served.sink?.close()
  }

  /** Again where its coordinator says something else now, or after a while where it was refused. */
  private async lookAt(exportId: string): Promise<void> {
    const { redis, elapsed, onEvent } = this.options
    const known = this.known.get(exportId)
    const description = await descriptionOf(redis, exportId)
    if (!description) {
      if (known) await this.leave(known)
      return
    }
    const isSame = known !== undefined && JSON.stringify(known.description) === JSON.stringify(description)
    if (isSame && (known.refusal === undefined || elapsed() < known.lookAgainAt)) return
    const served: ServedExport = known ?? {
      exportId,
      keys: keysOf(exportId),
      description,
      lookAgainAt: 0,
      verdict: 'right',
      files: 0,
      bytes: 0,
    }
    const isElsewhere = served.description.place !== description.place
    served.description = description
    const reason = await this.reasonNot(served, isElsewhere)
    this.known.set(exportId, served)
    if (reason !== undefined) this.refuse(served, reason)
    else if (!known || served.refusal !== undefined) {
      served.refusal = undefined
      onEvent({ type: 'export-taken-up', exportId, place: description.place })
    }
  }

  private async reasonNot(served: ServedExport, isElsewhere: boolean): Promise<string | undefined> {
    const { own, openSink } = this.options
    const reason = await objection(served.description, own)
    if (reason !== undefined) return reason
    try {
      if (isElsewhere) {
        await served.sink?.close()
        served.sink = undefined
      }
      served.sink ??= await openSink(served.description, served.exportId)
      await served.sink.sizes(['manifest.json'])
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }
}
