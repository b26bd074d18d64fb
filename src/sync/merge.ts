/** Brings a data set's snapshot up to date with the exports of a round, in a new folder that nobody reads yet. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ownFolder, privateFolder, syncDirectory } from '../sink/disk.js'
import type { Dataset, RoundExport, SnapshotFile } from './dataset.js'
import { leavingWith } from './departed.js'
import { snapshotOf } from './description.js'
import { type ExportFiles, exportFiles } from './export-files.js'
import { oldFiles, wholeOldFiles } from './old-files.js'
import { provedBlocks } from './proved-blocks.js'
import { assertRoom, type FreeBytes } from './room.js'
import { Selection, type SelectionInputs } from './selection.js'
import { SnapshotFiles } from './snapshot-files.js'
import { trouble } from './trouble.js'
import { typeOf } from './type-names.js'

export interface MergeOrder {
  dataset: Dataset
  /**
   * In the order of their numbers; all of them finished. With a `base` among them nothing of the old snapshot is kept,
   * and what it has and they have not counts as deleted.
   */
  exports: readonly RoundExport[]
  /** Ids of patients who left and are to be taken out, with all that is theirs alone. */
  removed?: readonly string[]
  /** Ids of patients whose whole history these exports bring: what the snapshot before has of them, and they have not, is gone. */
  returned?: readonly string[]
  /** Bytes of keys that are held in memory; beyond it they are spilled to the disk. The result is the same. */
  keysBytesMax?: number
  /** Ends the merge with its reason, between two blocks. */
  signal?: AbortSignal
  /** Of the hash of keys; drawn when absent. It changes nothing but the names of temporary files. */
  seed?: number
  /** How much may still be written in a directory. */
  freeBytesOf?: FreeBytes
}

/** Keys of some 600,000 resources; the rest of a merge takes some 100 MiB. */
export const keysBytesMax = 48 * 1024 * 1024

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

/** What a round has taken away of a type; see `vanishing`. */
export interface Loss {
  /** Its resources in the snapshot before. */
  before: number
  /** Of them: taken out as `MergeCounts.deleted` says. */
  deleted: number
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
  returned?: readonly string[]
  counts: MergeCounts
  examples: MergeExamples
  /** By type, where there is one. */
  losses: Readonly<Record<string, Loss>>
}

/**
 * Writes `snapshots/NNN` whole and durable; what readers see does not change before `commitRound`. The same inputs
 * give the same bytes: first the lines of the snapshot before, in their order, then those of the exports, in theirs.
 * Memory is that of the exports' keys, up to `keysBytesMax`. The caller holds the data set's lock.
 *
 * Throws `BULKX_DISK_FULL` before it begins, with the numbers, when there is not room enough; `BULKX_STORAGE` when an
 * export is not finished, or its files, or those of the snapshot before, are not those that were stored. Whatever it leaves then, the next one removes.
 */
export const mergeRound = async (order: MergeOrder): Promise<Merged> => {
  const { dataset, exports, removed, returned } = order
  const { directory } = dataset
  const generation = Math.max(...exports.map(({ number }) => number))
  if (!(generation > dataset.generation)) throw new Error('the round is merged and committed already')
  const inputs = await inputsOf(order)
  await assertRoom(inputs, { ...order, directory, keysBytesMax: order.keysBytesMax ?? keysBytesMax })
  const folder = await emptyFolder(directory)
  const selection = new Selection(inputs, {
    folder,
    keysBytesMax: order.keysBytesMax ?? keysBytesMax,
    seed: order.seed,
    read: provedBlocks,
    signal: order.signal,
  })
  const outputs = new SnapshotFiles(folder)
  try {
    await selection.decide()
    await selection.copyTo(outputs)
    const snapshot = snapshotOf(generation)
    const files = await publish(outputs, directory, snapshot)
    const { counts, examples } = selection.tally
    const losses = lossesOf(dataset, files, selection.tally.deletedByType, inputs.isOldCopied)
    return { generation, snapshot, files, exports, removed, returned, counts, examples, losses }
  } finally {
    await selection.close()
    await outputs.close()
    // What stays behind after all is removed by the next merge.
    await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}

const inputsOf = async ({ dataset, exports, removed, returned }: MergeOrder): Promise<SelectionInputs> => {
  const { directory } = dataset
  const isOldCopied = !exports.some(({ role }) => role === 'base')
  const all: ExportFiles[] = []
  for (const { number } of exports) all.push(await exportFiles(directory, number))
  return {
    // A new base mends a snapshot that is damaged: what is left of it is compared.
    old: await (isOldCopied ? wholeOldFiles(dataset) : oldFiles(dataset)),
    isOldCopied,
    rounds: [{ exports: all, leaves: leavingWith(removed), returns: leavingWith(returned) }],
  }
}

/** Of a snapshot that was damaged a new base cannot tell which resources it lacks, but how many. */
const lossesOf = (
  { files: old }: Dataset,
  files: Merged['files'],
  deletedByType: ReadonlyMap<string, number>,
  isOldCopied: boolean,
): Record<string, Loss> => {
  const losses = Object.entries(old).flatMap(([name, { resources: before }]): [string, Loss][] => {
    const type = typeOf(name)
    const fewer = isOldCopied ? 0 : before - (files[name]?.resources ?? 0)
    const deleted = Math.max(deletedByType.get(type) ?? 0, fewer)
    return deleted > 0 ? [[type, { before, deleted }]] : []
  })
  return Object.fromEntries(losses)
}

/** For parts, and for what is spilled: whatever a merge that was broken off has left there is gone. */
const emptyFolder = async (directory: string): Promise<string> => {
  const folder = join(directory, privateFolder, 'merge')
  try {
    await ownFolder(join(directory, privateFolder), false)
    await rm(folder, { recursive: true, force: true })
    await ownFolder(folder, false)
    return folder
  } catch (cause) {
    throw trouble(`Cannot use ${folder}`, cause)
  }
}

const publish = async (
  outputs: SnapshotFiles,
  directory: string,
  snapshot: string,
): Promise<Record<string, SnapshotFile>> => {
  const folder = join(directory, 'snapshots')
  try {
    await ownFolder(folder, false)
    await ownFolder(join(directory, snapshot), false)
    await syncDirectory(folder)
  } catch (cause) {
    throw trouble(`Cannot use ${folder}`, cause)
  }
  return outputs.publish(join(directory, snapshot))
}
