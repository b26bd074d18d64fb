/** Brings a data set's snapshot up to date with the exports of a round, in a new folder that nobody reads yet. */
import type { Dataset, RoundExport, SnapshotFile } from './dataset.js'

export interface MergeOrder {
  dataset: Dataset
  /**
   * In the order of their numbers; all of them finished. With a `base` among them nothing of the old snapshot is kept,
   * and what it has and they have not counts as deleted.
   */
  exports: readonly RoundExport[]
  /** Ids of patients who left and are to be taken out, with all that is theirs alone. */
  removed?: readonly string[]
  /** Bytes of keys that are held in memory; beyond it they are spilled to the disk. The result is the same. */
  keysBytesMax?: number
  /** Ends the merge with its reason, between two blocks. */
  signal?: AbortSignal
}

export interface MergeCounts {
  /** In the exports, and not in the snapshot before. */
  added: number
  /** In both: the exports' line has taken the place of the old one. */
  replaced: number
  /** Lines of the snapshot before that were copied. */
  unchanged: number
  /** Taken out because the server says so; with a `base`, because it is not there any more. */
  deleted: number
  /** Taken out because they belong to patients who left, these included. */
  departed: number
  /** Lines of the exports that gave way to a newer line of the same resource. */
  duplicates: number
  /** Resources both in the exports' output and among their deletes: kept. */
  conflicts: number
  /** Lines of the exports that are no resource with a type and an id, and were left out. */
  skipped: number
  /** Deletes that name no single resource (conditional ones, for instance), and were left out. */
  ignoredDeletes: number
}

/** Some of what was counted, as `Type/id`; a few each. */
export interface MergeExamples {
  deleted: readonly string[]
  conflicts: readonly string[]
  /** The `url` of each as the server wrote it, cut. */
  ignoredDeletes: readonly string[]
}

export interface Merged {
  /** The number of the round's last export. */
  generation: number
  /** Relative to the data set: `snapshots/002`. */
  snapshot: string
  /** By name, sorted. A type of which nothing is left has no file. */
  files: Readonly<Record<string, SnapshotFile>>
  exports: readonly RoundExport[]
  removed?: readonly string[]
  counts: MergeCounts
  examples: MergeExamples
}

/**
 * Writes `snapshots/NNN` whole and durable; what readers see does not change before `commitRound`. The same inputs
 * give the same bytes: first the lines of the snapshot before, in their order, then those of the exports, in theirs.
 * Memory is that of the exports' keys, up to `keysBytesMax`. The caller holds the data set's lock.
 *
 * Throws `BULKX_DISK_FULL` before it begins, with the numbers, when there is not room enough; `BULKX_STORAGE` when an
 * export is not finished, or its files are not those of its manifest. Whatever it leaves then, the next one removes.
 */
export const mergeRound = async (order: MergeOrder): Promise<Merged> => {
  throw new Error(`not there yet: ${order.dataset.directory}`)
}
