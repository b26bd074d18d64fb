/** A data set on disk: what dataset.json says of it, and where its parts are. See CONTRACT part 5. */
import { join } from 'node:path'
import type { Json } from '../json.js'
import type { Instant } from '../protocol/types.js'
import { descriptionBytesMax, folderName, readDescription } from './description.js'
import { namesIn, readOwn } from './own-files.js'

export const descriptionName = 'dataset.json'
/** The link that readers open: always one whole generation. */
export const currentName = 'current'

/** `base`: everything; `delta`: what changed since; `newcomers`: the whole history of new members of the group. */
export type ExportRole = 'base' | 'delta' | 'newcomers'

export interface RoundExport {
  /** Of its folder: 2 is `exports/002`. */
  number: number
  role: ExportRole
}

/** What a round did to the snapshot, in resources; `resources` and `bytes` are those of the snapshot it made. */
export interface RoundChanges {
  added: number
  replaced: number
  unchanged: number
  deleted: number
  departed: number
  resources: number
  bytes: number
}

/** A round that the snapshot was made of. */
export interface CommittedRound {
  /** The number of its last export. */
  generation: number
  exports: readonly RoundExport[]
  /** Ids of patients who left the group and were taken out. */
  removed?: readonly string[]
  /** Ids of patients who had left, were kept, and came back: what was held of them gave way to their whole history. */
  returned?: readonly string[]
  /** Absent in rounds of versions that did not write it down. */
  changes?: RoundChanges
}

export interface SnapshotFile {
  /** Hex. */
  sha256: string
  /** Lines; each is a resource. */
  resources: number
  bytes: number
}

/** What dataset.json says. */
export interface Description {
  /** 0 before the first round is committed. */
  generation: number
  /** The `transactionTime` of the last base or delta export: the next `_since`. */
  transactionTime?: Instant
  /** What successive exports share, as the command wrote it. */
  series?: Json
  /** The snapshot's folder, relative to the data set: `snapshots/002`. */
  snapshot?: string
  /** The snapshot's files by name, sorted: `Patient.ndjson`. */
  files: Readonly<Record<string, SnapshotFile>>
  /** The rounds from the last base on, oldest first. */
  rounds: readonly CommittedRound[]
}

export interface Dataset extends Description {
  /** As given to `openDataset`. */
  readonly directory: string
  /** The numbers of the exports on disk, finished or not, lowest first. */
  exports(): Promise<number[]>
}

/** The folder of an export of a data set. */
export const exportPath = (directory: string, number: number): string =>
  join(directory, 'exports', folderName(number))

/** Numbers that folders have: no leading zeros beyond three digits, none that cannot be counted on from. */
const folder = /^(?:00[1-9]|0[1-9]\d|[1-9]\d{2,14})$/

const exportsOf = async (directory: string): Promise<number[]> => {
  const names = await namesIn(join(directory, 'exports'))
  return names
    .filter((name) => folder.test(name))
    .map(Number)
    .sort((one, other) => one - other)
}

/** Exports that were given up, beside those of their numbers: `exports/007.1`, relative to the data set. */
export const setAsideIn = async (directory: string): Promise<{ folder: string; number: number }[]> =>
  (await namesIn(join(directory, 'exports'))).sort().flatMap((name) => {
    const [, own = ''] = /^(\d{3,15})\.[1-9]\d{0,5}$/.exec(name) ?? []
    return folder.test(own) ? [{ folder: `exports/${name}`, number: Number(own) }] : []
  })

/**
 * Reads dataset.json, which may be anybody's: an unknown version, wrong types, paths that lead outside are
 * `BULKX_CONFIG` (2) with a hint. A directory without one, or that is not there, is a data set of generation 0.
 * Changes nothing on disk, needs no lock. Throws `BULKX_STORAGE` when it cannot be read.
 */
export const openDataset = async (directory: string): Promise<Dataset> => {
  const path = join(directory, descriptionName)
  const text = await readOwn(path, descriptionBytesMax)
  const nothing: Description = { generation: 0, files: {}, rounds: [] }
  const description = text === undefined ? nothing : readDescription(text, path)
  return { ...description, directory, exports: () => exportsOf(directory) }
}
