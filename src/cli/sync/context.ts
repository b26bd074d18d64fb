/** What every part of a sync works with. */
import type { Config } from '../../config.js'
import type { Json } from '../../json.js'
import { type Dataset, openDataset } from '../../sync/dataset.js'
import type { MergeCounts } from '../../sync/merge.js'
import type { Io } from '../io.js'
import type { Talk, Warning } from '../reporter/index.js'
import type { Settings } from '../settings.js'

export interface Sync {
  io: Io
  settings: Settings
  /** Of the data set: each export gets its own directory and question. */
  config: Config
  series: Json
  /** The data set as a person would type it. */
  shown: string
  talk: Talk
  warn: (warning: Warning) => void
  /** What has been done in this run, for its result. */
  done: Done
}

export interface Done {
  exports: object[]
  rounds: RoundDone[]
  /** Where exports are now that came to nothing, or were given up. */
  setAside: string[]
}

export interface RoundDone {
  generation: number
  full: boolean
  /** Absent for a round that an earlier run had merged. */
  counts?: MergeCounts
  /** Whether the server lists what was deleted; absent where everything was exported, which tells as well. */
  deletionsTold?: boolean
  /** `departed` is absent where it is not known who has left. */
  members?: { new: number; departed?: number; missing: number }
}

/** The data set as it is on disk now. */
export const datasetOf = ({ config }: Sync): Promise<Dataset> => openDataset(config.directory)
