/** Plays readers in turn, each case from a number of its own: whatever fails can be had again alone. */
import { mustBeUntouched } from './properties.js'
import type { Reader } from './readers.js'
import { randomFrom } from './values.js'

/** `BULKX_FUZZ_SEED`, `BULKX_FUZZ_CASES`: another beginning, or more of it. */
export const seed = Number(process.env.BULKX_FUZZ_SEED ?? 1)
export const casesOf = (usual: number): number =>
  Math.ceil((Number(process.env.BULKX_FUZZ_CASES ?? 100_000) / 100_000) * usual)

/** Different failures that are told at once. */
const toldMax = 12

const caseSeed = (number: number): number => Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b)

/** So many cases; throws with what failed, and the number of its case. */
export const play = (readers: readonly Reader[], cases: number): void => {
  const turns = readers.flatMap((reader) => Array.from({ length: reader.share }, () => reader))
  const failures = new Map<string, string>()
  for (let number = 0; number < cases && failures.size < toldMax; number += 1) {
    const reader = turns[number % turns.length]
    try {
      reader?.check(randomFrom(caseSeed(number)))
      mustBeUntouched()
    } catch (error) {
      const { message = String(error), stack = '' } = error instanceof Error ? error : {}
      const at = /\/src\/[^)\n]*/.exec(stack)?.[0] ?? ''
      const key = `${reader?.name} ${message.split(':')[0]} ${at}`
      if (!failures.has(key))
        failures.set(key, `${reader?.name}, case ${number} of seed ${seed}: ${message} ${at}`)
    }
  }
  if (failures.size > 0) throw new Error([...failures.values()].join('\n'))
}
