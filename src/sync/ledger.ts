/** Which lines stay: of each resource the one of the last round that speaks of it, in that round the newest. */
import { Bits } from './bits.js'
import { type Key, KeyTable } from './key-table.js'

/**
 * What is said of a key, as numbers: millions of them are made, and written down when memory is short. `ordinal`: of the
 * line, counted over all files.
 */
export type Say = (key: Key, kind: number, round: number, ordinal: number, instant: number) => void

/** Something that learns from what is said, and can pass all that it knows on to another of its kind. */
export interface Fold {
  /** Of memory. */
  readonly bytes: number
  apply: Say
  tell(say: Say): void
  /** Nothing more comes. */
  end(): void
}

/** Kinds of what is said to a ledger. */
export const saying = { line: 0, delete: 1, oldLine: 2, conflict: 3 } as const

/** What comes of old lines, and of deletes that meet lines of their own round. Keys are borrowed. */
export interface Told {
  /** The old line has given way to a line, or to a delete; or nothing speaks of it. */
  oldLine(what: 'replaced' | 'deleted' | 'untouched', key: Key): void
  conflict(key: Key): void
}

/** Ordinals of lines. */
export interface Verdicts {
  dropped: Bits
  /** Lines of one resource in one round: who of them stays is not known yet. */
  doubled: Bits
}

export const newVerdicts = (): Verdicts => ({ dropped: new Bits(), doubled: new Bits() })

/** In the place of an ordinal. */
const deleted = -1

/** Rounds are told one after the other, the deletes of each after its lines, old lines after all. */
export class Ledger implements Fold {
  private readonly table = new KeyTable()
  private ordinals = new Float64Array(512)
  private rounds = new Uint32Array(512)
  private readonly conflicts = new Bits()
  private readonly verdicts: Verdicts
  private readonly told: Told

  constructor(verdicts: Verdicts, told: Told) {
    this.verdicts = verdicts
    this.told = told
  }

  get bytes(): number {
    return this.table.bytes + this.ordinals.length * 12
  }

  apply(key: Key, kind: number, round: number, ordinal: number): void {
    if (kind === saying.line) this.line(key, round, ordinal)
    else if (kind === saying.delete) this.delete(key, round)
    else if (kind === saying.conflict) this.conflicts.add(this.table.find(key))
    else if (this.oldLine(key)) this.verdicts.dropped.add(ordinal)
  }

  /** A line of before all rounds: whether it is dropped. */
  oldLine(key: Key): boolean {
    const entry = this.table.find(key)
    const what = entry === -1 ? 'untouched' : this.ordinals[entry] === deleted ? 'deleted' : 'replaced'
    this.told.oldLine(what, key)
    return what !== 'untouched'
  }

  tell(say: Say): void {
    for (let entry = 0; entry < this.table.size; entry += 1) {
      const key = this.table.keyOf(entry)
      const ordinal = this.ordinals[entry] ?? deleted
      const round = this.rounds[entry] ?? 0
      say(key, ordinal === deleted ? saying.delete : saying.line, round, ordinal, 0)
      if (this.conflicts.has(entry)) say(key, saying.conflict, round, ordinal, 0)
    }
  }

  end(): void {}

  private line(key: Key, round: number, ordinal: number): void {
    const entry = this.table.find(key)
    if (entry === -1) {
      this.insert(key, round, ordinal)
      return
    }
    const rival = this.ordinals[entry] ?? deleted
    if (rival !== deleted && this.rounds[entry] === round) {
      this.verdicts.doubled.add(rival)
      this.verdicts.doubled.add(ordinal)
    } else if (rival !== deleted) this.verdicts.dropped.add(rival)
    this.set(entry, round, ordinal)
  }

  private delete(key: Key, round: number): void {
    const entry = this.table.find(key)
    if (entry === -1) {
      this.insert(key, round, deleted)
      return
    }
    const rival = this.ordinals[entry] ?? deleted
    if (rival !== deleted && this.rounds[entry] === round) {
      if (!this.conflicts.has(entry)) this.told.conflict(key)
      this.conflicts.add(entry)
      return
    }
    if (rival !== deleted) this.verdicts.dropped.add(rival)
    this.set(entry, round, deleted)
  }

  private insert(key: Key, round: number, ordinal: number): void {
    const entry = this.table.insert(key)
    if (entry === this.ordinals.length) {
      const [ordinals, rounds] = [new Float64Array(2 * entry), new Uint32Array(2 * entry)]
      ordinals.set(this.ordinals)
      rounds.set(this.rounds)
      this.ordinals = ordinals
      this.rounds = rounds
    }
    this.set(entry, round, ordinal)
  }

  private set(entry: number, round: number, ordinal: number): void {
    this.rounds[entry] = round
    this.ordinals[entry] = ordinal
  }
}
