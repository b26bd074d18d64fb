/** How many transfers run at once, in all and of each origin; whoever comes later waits in line. */
import type { Clock } from '../clock.js'
import { type Allowance, afterRefusal, afterSuccess, fullAllowance } from './allowance.js'

/** What a transfer has shown of its origin: it served, it wants fewer requests (429, 503), or neither. */
export type Showing = 'served' | 'refused' | 'neither'

export interface Slot {
  /** Called once. */
  leave(showing: Showing): void
}

export interface Slots {
  /**
   * Resolves when one more of this origin may run: its pause is over, or so long that nobody sits it out. Resolves at
   * once when the signal has aborted.
   */
  enter(origin: string, signal?: AbortSignal): Promise<Slot>
}

export interface SlotsOptions {
  clock: Clock
  /** Never more than this at once, all origins together. */
  parallel: number
  /** Origin to the end of its pause, epoch milliseconds. */
  paused: ReadonlyMap<string, number>
  longestPauseMs: number
  /** Told once: an origin bears no more than this many. */
  onFewer?: (atOnce: number) => void
}

interface Waiting {
  signal?: AbortSignal
  admit(slot: Slot): void
}

interface Origin {
  allowance: Allowance
  running: number
  line: Waiting[]
  /** Somebody wakes the line when the pause is over. */
  sleeping: boolean
}

class Lines implements Slots {
  private readonly options: SlotsOptions
  private readonly origins = new Map<string, Origin>()
  private running = 0
  private said = false

  constructor(options: SlotsOptions) {
    this.options = options
  }

  enter(name: string, signal?: AbortSignal): Promise<Slot> {
    return new Promise((admit) => {
      const origin = this.origin(name)
      origin.line.push({ signal, admit })
      this.advance(name, origin)
    })
  }

  private origin(name: string): Origin {
    const known = this.origins.get(name)
    if (known) return known
    const allowance = fullAllowance(this.options.parallel)
    const fresh: Origin = { allowance, running: 0, line: [], sleeping: false }
    this.origins.set(name, fresh)
    return fresh
  }

  /** Lets in whoever may run, in the order in which they came. */
  private advance(name: string, origin: Origin): void {
    for (let first = origin.line[0]; first; first = origin.line[0]) {
      if (!first.signal?.aborted && !this.hasRoom(name, origin)) return
      origin.line.shift()
      first.admit(this.slot(origin))
    }
  }

  private hasRoom(name: string, origin: Origin): boolean {
    const { clock, parallel, paused, longestPauseMs } = this.options
    if (this.running >= parallel || origin.running >= origin.allowance.limit) return false
    const pauseMs = (paused.get(name) ?? 0) - clock.now()
    if (pauseMs <= 0 || pauseMs > longestPauseMs) return true
    if (!origin.sleeping) void this.wakeAfter(pauseMs, name, origin)
    return false
  }

  private async wakeAfter(ms: number, name: string, origin: Origin): Promise<void> {
    origin.sleeping = true
    // An abort ends the wait too: those in line are then let in, and see it themselves.
    await this.options.clock.sleep(ms, origin.line[0]?.signal).catch(() => {})
    origin.sleeping = false
    this.advance(name, origin)
  }

  private slot(origin: Origin): Slot {
    const { round } = origin.allowance
    this.running += 1
    origin.running += 1
    return {
      leave: (showing) => {
        this.running -= 1
        origin.running -= 1
        this.learn(origin, showing, round)
        for (const [name, other] of this.origins) this.advance(name, other)
      },
    }
  }

  private learn(origin: Origin, showing: Showing, round: number): void {
    const before = origin.allowance
    if (showing === 'refused') origin.allowance = afterRefusal(before, round)
    else if (showing === 'served') origin.allowance = afterSuccess(before, round, this.options.parallel)
    if (this.said || origin.allowance.limit >= before.limit) return
    this.said = true
    this.options.onFewer?.(origin.allowance.limit)
  }
}

export const slots = (options: SlotsOptions): Slots => new Lines(options)
