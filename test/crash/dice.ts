/** Chance that can be had again: the same seed throws the same numbers. */
export interface Dice {
  /** From 1 to `most`. */
  upTo(most: number): number
  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T
}

/** mulberry32. */
export const dice = (seed: number): Dice => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (most: number): number => Math.floor(next() * most) + 1
  return {
    upTo,
    pick: (from) => {
      const chosen = from[upTo(from.length) - 1]
      if (chosen === undefined) throw new Error('there is nothing to pick from')
      return chosen
    },
  }
}
