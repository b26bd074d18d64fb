/** What the next round of a data set is to do. */
import type { Json } from '../json.js'
import type { Instant } from '../protocol/types.js'
import type { Dataset } from './dataset.js'
import type { MemberChanges } from './known-members.js'
import { newcomersAtOnce, type PlannedExport, type Round } from './round.js'

export interface RoundOrder {
  dataset: Dataset
  series: Json
  /** Begins a new base, whatever there is. */
  full: boolean
  /** What a base asks for, where the server gives less than everything when nothing is said. */
  everything?: Instant
  /** Who is in the group, and who has come and gone; absent where that is not known, or of no interest. */
  members?: readonly string[]
  changes: MemberChanges
}

const chunks = (ids: readonly string[]): (readonly string[])[] =>
  Array.from({ length: Math.ceil(ids.length / newcomersAtOnce) }, (_, at) =>
    ids.slice(at * newcomersAtOnce, (at + 1) * newcomersAtOnce),
  )

/** Numbers go on from the highest one that is on disk, or was committed. */
const nextNumber = async (dataset: Dataset): Promise<number> =>
  Math.max(dataset.generation, ...(await dataset.exports())) + 1

/** A base holds the whole history of everybody, so that nobody in it is a newcomer. */
export const planRound = async (order: RoundOrder): Promise<Round> => {
  const { dataset, series, full, everything, members, changes } = order
  const number = await nextNumber(dataset)
  const isBase = full || dataset.transactionTime === undefined
  const rest = { series, members, departed: changes.departed, pending: [] }
  if (isBase) return { exports: [{ number, role: 'base' }], since: everything, ...rest }
  const newcomers = chunks(changes.newcomers).map(
    (patients, at): PlannedExport => ({ number: number + 1 + at, role: 'newcomers', patients }),
  )
  return { exports: [{ number, role: 'delta' }, ...newcomers], since: dataset.transactionTime, ...rest }
}
