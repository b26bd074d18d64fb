/** Several lines of one resource in one round: the newest `meta.lastUpdated` stays, of equal ones the later line. */
import { isObject, type Json } from '../json.js'
import { readInstant } from '../protocol/instant.js'
import type { Bits } from './bits.js'
import { type Key, KeyTable } from './key-table.js'
import type { Fold, Say } from './ledger.js'

/** Older than every instant. */
const never = Number.NEGATIVE_INFINITY

/** Epoch milliseconds with what servers write below them; lines that say no usable time are the oldest. */
export const lastUpdatedOf = ({ meta }: Json): number => {
  const text = isObject(meta) ? meta.lastUpdated : undefined
  const at = typeof text === 'string' ? readInstant(text) : undefined
  if (typeof text !== 'string' || at === undefined) return never
  // Microseconds are common, and a version may be younger by some of them.
  const below = /\.\d{3}(\d+)/.exec(text)?.[1] ?? '0'
  return at + Number(`0.${below}`)
}

const kinds = { line: 0, superseded: 1 } as const

/** Of one round. Lines come in their order; whoever loses is dropped. */
export class Newest implements Fold {
  private readonly table = new KeyTable()
  private readonly ordinals: number[] = []
  private readonly instants: number[] = []
  private readonly superseded: boolean[] = []
  private readonly dropped: Bits

  constructor(dropped: Bits) {
    this.dropped = dropped
  }

  get bytes(): number {
    return this.table.bytes + this.table.size * 24
  }

  apply(key: Key, kind: number, _round: number, ordinal: number, instant: number): void {
    // A later round speaks of the resource: the ledger has dropped the line that it knew of, and they all go with it.
    const isSuperseded = kind === kinds.superseded || this.dropped.has(ordinal)
    const entry = this.table.find(key)
    if (entry === -1) {
      this.table.insert(key)
      this.ordinals.push(ordinal)
      this.instants.push(instant)
      this.superseded.push(isSuperseded)
      return
    }
    if (isSuperseded) this.superseded[entry] = true
    if (instant < (this.instants[entry] ?? never)) {
      this.dropped.add(ordinal)
      return
    }
    this.dropped.add(this.ordinals[entry] ?? ordinal)
    this.ordinals[entry] = ordinal
    this.instants[entry] = instant
  }

  tell(say: Say): void {
    for (let entry = 0; entry < this.table.size; entry += 1) {
      const kind = this.superseded[entry] ? kinds.superseded : kinds.line
      say(this.table.keyOf(entry), kind, 0, this.ordinals[entry] ?? 0, this.instants[entry] ?? never)
    }
  }

  end(): void {
    this.ordinals.forEach((ordinal, entry) => {
      if (this.superseded[entry]) this.dropped.add(ordinal)
    })
  }
}
