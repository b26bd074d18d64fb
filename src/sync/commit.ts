/** Makes a merged round the data set's: `current`, then dataset.json, then what nobody needs any more. */
import type { Json } from '../json.js'
import type { Instant } from '../protocol/types.js'
import type { Dataset } from './dataset.js'
import type { Merged } from './merge.js'

export interface Commitment {
  dataset: Dataset
  merged: Merged
  /** Of the round's base or delta export, as text. */
  transactionTime: Instant
  series: Json
  /** How many exports stay on disk, the newest ones, and in any case those of this round; all when absent. */
  keep?: number
}

/**
 * Switches `current` to the merged snapshot, writes dataset.json, and removes the snapshots older than the one before and
 * the exports beyond `keep`: in this order, each step durable before the next. After a crash between two of them, merging
 * and committing the same round again leads to the same end. Where the platform has no links, `current` is left out:
 * dataset.json names the snapshot. Returns the data set as it is now. Throws `BULKX_STORAGE`, `BULKX_DISK_FULL`.
 */
export const commitRound = async (commitment: Commitment): Promise<Dataset> => {
  throw new Error(`not there yet: ${commitment.dataset.directory}`)
}
