/** Reads a data set's snapshot again, and compares it with dataset.json and with the exports that it was made of. */

export interface DatasetProblem {
  /**
   * `missing`: a file that dataset.json lists. `changed`: other bytes. `unexpected`: a file that it does not list.
   * `switch`: `current` leads elsewhere. `merge`: the exports, merged again, give another snapshot.
   */
  kind: 'missing' | 'changed' | 'unexpected' | 'switch' | 'merge'
  /** Relative to the data set. */
  path: string
  /** One sentence without a period. */
  message: string
  /** The first resources that differ, as `Type/id`. */
  resources?: readonly string[]
}

export interface DatasetCheck {
  problems: readonly DatasetProblem[]
  /** Of the snapshot, as read. */
  files: number
  bytes: number
  resources: number
  /** Whether the exports were merged again; not when one of them is no longer there. */
  mergedAgain: boolean
}

export interface CheckOptions {
  /** As of `mergeRound`. */
  keysBytesMax?: number
  signal?: AbortSignal
}

/**
 * Reads every byte of the snapshot; merges the exports again in a stream when all of them since the last base are on disk.
 * Changes nothing but temporary files in `.bulkx`. The exports themselves are not checked here. Throws as
 * `openDataset` does, and `BULKX_CONFIG` when there is no data set.
 */
export const checkDataset = async (directory: string, options: CheckOptions = {}): Promise<DatasetCheck> => {
  throw new Error(`not there yet: ${directory} ${options.keysBytesMax}`)
}
