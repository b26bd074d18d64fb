/** The workers of a job as its coordinator sees them, and what there is to say of them. */
import type { Progress } from '../fetch/progress.js'
import { plainText } from '../protocol/operation-outcome.js'
import { type Gauges, readGauges } from './gauges.js'

export interface MusterOptions {
  leaseMs: number
  /** Where workers are waited for, as `--queue` has it. */
  queue: string
  progress: Progress
  onNote?: (text: string) => void
  /** The number of workers that take files: when it changes, and now and then. */
  onCount?: (workers: number) => void
}

/** What was seen at one look; times are those of Redis, epoch milliseconds. */
export interface Seen {
  now: number
  gauges: ReadonlyMap<string, string>
  alive: ReadonlyMap<string, string>
  paused: ReadonlyMap<string, string>
}

/** The number of workers is told at least so often, milliseconds. */
const countEveryMs = 30_000
/** Files wait, and nobody takes them: from when on that is said, and how often; milliseconds. */
const firstWordMs = 10_000
const wordEveryMs = 60_000

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

const shown = (id: string): string => plainText(id).slice(0, 100)

export class Muster {
  private readonly options: MusterOptions
  private readonly known = new Map<string, Gauges['state']>()
  private refusals: string[] = []
  private count = 0
  private idleSince: number | undefined
  private saidAt = 0
  private countedAt = 0

  constructor(options: MusterOptions) {
    this.options = options
  }

  /** Workers that take files. */
  get working(): number {
    return this.count
  }

  /** `waiting`: files that somebody should fetch. `localNow`: of the clock of this process. */
  look({ now, gauges, alive, paused }: Seen, waiting: number, localNow: number): void {
    const { progress, leaseMs, onCount } = this.options
    progress.active.clear()
    let working = 0
    this.refusals = []
    for (const [id, text] of gauges) {
      const found = readGauges(text)
      const silent = now - Number(alive.get(id) ?? 0) > leaseMs
      if (!found || silent) continue
      this.say(id, found)
      if (found.state === 'working') working += 1
      for (const [name, file] of found.active) progress.active.set(name, file)
    }
    this.missed(gauges, alive, now)
    progress.paused.clear()
    for (const [origin, until] of paused) {
      const leftMs = Number(until) - now
      if (leftMs > 0) progress.paused.set(origin, localNow + leftMs)
    }
    if (working !== this.count || now - this.countedAt > countEveryMs) {
      this.count = working
      this.countedAt = now
      onCount?.(working)
    }
    this.complain(waiting, now)
  }

  private say(id: string, { state, reason = '' }: Gauges): void {
    const { onNote } = this.options
    const words = plainText(reason).slice(0, 300)
    if (state === 'refused') this.refusals.push(`${shown(id)}: ${words}`)
    if (this.known.get(id) === state) return
    const isNew = !this.known.has(id)
    this.known.set(id, state)
    if (state === 'refused') onNote?.(`the worker ${shown(id)} takes no file of this export: ${words}`)
    else if (isNew) onNote?.(`the worker ${shown(id)} has come`)
    else if (state === 'leaving') onNote?.(`the worker ${shown(id)} finishes what it has, and goes`)
  }

  private missed(gauges: Seen['gauges'], alive: Seen['alive'], now: number): void {
    const { leaseMs, onNote } = this.options
    for (const [id, state] of this.known) {
      const silentMs = now - Number(alive.get(id) ?? 0)
      if (gauges.has(id) && silentMs <= leaseMs) continue
      this.known.delete(id)
      if (state === 'leaving' || !gauges.has(id)) onNote?.(`the worker ${shown(id)} has gone`)
      else onNote?.(`the worker ${shown(id)} is silent for ${seconds(silentMs)}: its files go to others`)
    }
  }

  /** Files that nobody takes are never waited for silently. */
  private complain(waiting: number, now: number): void {
    const { onNote, queue } = this.options
    if (waiting === 0 || this.count > 0) {
      this.idleSince = undefined
      return
    }
    this.idleSince ??= now
    const idleMs = now - this.idleSince
    if (idleMs < firstWordMs || now - this.saidAt < (idleMs < wordEveryMs ? firstWordMs : wordEveryMs)) return
    this.saidAt = now
    const why =
      this.refusals.length === 0
        ? `no worker has been seen for ${seconds(idleMs)}`
        : `no worker can take them: ${this.refusals.slice(0, 3).join('; ')}`
    onNote?.(`${waiting} files wait, and ${why}; start one with \`bulkx worker --queue ${queue}\``)
  }
}
