/** A world that changes between exports: its log, its state, and the instants that keep events and exports apart. */
import type { Clock } from '../../clock.js'
import type { DataSource } from '../data/source.js'
import { seeded } from '../seeded.js'
import type { Change, UndatedChange } from './changes.js'
import { drawFrom, gather } from './material.js'
import { after, type Overlay, seenWith, untouched } from './overlay.js'
import { makeStep } from './step.js'

/** When the world makes its steps: by itself after each finished export, or only by `evolve()`. */
export type Evolve = 'after-exports' | 'when-told'

export interface Moment {
  /** Epoch milliseconds: later than all that happened so far, earlier than all that will. */
  at: number
  /** The data of then, which stay. */
  data: DataSource
}

export interface Evolution {
  /** Makes a step, after those that are under way. */
  evolve(): Promise<void>
  /** Takes note that the manifest of a job was handed out, for the first time or again. */
  finished(job: string): void
  /** The world as it is once the steps that are due are made. */
  moment(): Promise<Moment>
  /** What happened so far, oldest first. */
  log: readonly Change[]
}

export interface EvolutionOptions {
  base: DataSource
  seed: number
  clock: Clock
  when: Evolve
}

const SALT = 0x65766f6c

interface Chronicle {
  log: readonly Change[]
  overlay(): Overlay
  /** The next instant: never backwards, and never the same twice, whatever the clock does. Epoch milliseconds. */
  tick(): number
  note(change: UndatedChange, at: number): void
}

const createChronicle = (clock: Clock): Chronicle => {
  const log: Change[] = []
  let overlay: Overlay = untouched
  let last = Number.NEGATIVE_INFINITY
  return {
    log,
    overlay: () => overlay,
    tick: () => {
      last = Math.max(clock.now(), last + 1)
      return last
    },
    note: (undated, at) => {
      const change: Change = { ...undated, at }
      log.push(change)
      overlay = after(overlay, change)
    },
  }
}

/** Makes one step after the other. */
const stepper = ({ overlay, tick, note }: Chronicle, base: DataSource, seed: number) => {
  const draw = drawFrom(base)
  let step = 0
  return async (): Promise<void> => {
    step += 1
    const random = seeded(seed, SALT, step)
    const before = overlay()
    const material = await gather(random, seenWith(base, before, `step ${step}`), before, draw)
    // From here to the end at once: an export sees a step whole, or not at all.
    let at = tick()
    const change = (undated: UndatedChange): void => {
      note(undated, at)
      at = tick()
    }
    makeStep({ step, random, material, overlay, next: () => at, change })
  }
}

export const createEvolution = ({ base, seed, clock, when }: EvolutionOptions): Evolution => {
  const chronicle = createChronicle(clock)
  const make = stepper(chronicle, base, seed)
  const handedOut = new Set<string>()
  let due = 0
  let underWay: Promise<void> = Promise.resolve()

  const evolve = (): Promise<void> => {
    underWay = underWay.then(make)
    return underWay
  }

  return {
    log: chronicle.log,
    evolve,
    finished: (job) => {
      if (when === 'when-told' || handedOut.has(job)) return
      handedOut.add(job)
      due += 1
    },
    moment: async () => {
      for (; due > 0; due -= 1) void evolve()
      await underWay
      const at = chronicle.tick()
      return { at, data: seenWith(base, chronicle.overlay(), String(at)) }
    },
  }
}
