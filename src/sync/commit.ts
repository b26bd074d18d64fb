/** Makes a merged round the data set's: `current`, then dataset.json, then what nobody needs any more. */
import { join } from 'node:path'
import type { Json } from '../json.js'
import type { Instant } from '../protocol/types.js'
import { switchTo } from './current.js'
import { type Dataset, descriptionName, openDataset, type RoundChanges, setAsideIn } from './dataset.js'
import { descriptionText, folderName } from './description.js'
import { drop, removeDropped } from './dropped.js'
import { writeDurably } from './durable-file.js'
import type { Merged } from './merge.js'
import { namesIn } from './own-files.js'

export interface Commitment {
  dataset: Dataset
  merged: Merged
  /** Of the round's base or delta export, as text. */
  transactionTime: Instant
  series: Json
  /**
   * How many exports stay on disk, the newest ones, and in any case those of this round; all when absent. Those that were
   * set aside go with the exports of their time.
   */
  keep?: number
}

/**
 * Switches `current` to the merged snapshot, writes dataset.json, and removes the snapshots older than the one before and
 * the exports beyond `keep`: in this order, each step durable before the next. After a crash between two of them, merging
 * and committing the same round again leads to the same end. Where the platform has no links, `current` is left out:
 * dataset.json names the snapshot. Returns the data set as it is now. Throws `BULKX_STORAGE`, `BULKX_DISK_FULL`.
 */
export const commitRound = async (commitment: Commitment): Promise<Dataset> => {
  const { dataset, merged, transactionTime, series, keep } = commitment
  const { directory } = dataset
  const { generation, snapshot, files, exports, removed, returned } = merged
  await switchTo(directory, snapshot)
  const round = { generation, exports, removed, returned, changes: changesOf(merged) }
  const isNewBase = exports.some(({ role }) => role === 'base')
  const rounds = isNewBase ? [round] : [...dataset.rounds, round]
  const text = descriptionText({ generation, snapshot, transactionTime, series, files, rounds })
  await writeDurably(join(directory, descriptionName), text)
  await dropSnapshots(directory, [snapshot, dataset.snapshot])
  if (keep !== undefined) {
    const own = exports.map(({ number }) => number)
    await dropExports(directory, own, keep)
  }
  await removeDropped(directory)
  return openDataset(directory)
}

const changesOf = ({ counts, files }: Merged): RoundChanges => {
  const { added, replaced, unchanged, deleted, departed } = counts
  const sum = (of: 'resources' | 'bytes'): number =>
    Object.values(files).reduce((total, file) => total + file[of], 0)
  const size = { resources: sum('resources'), bytes: sum('bytes') }
  return { added, replaced, unchanged, deleted, departed, ...size }
}

/** A folder of a generation, not something that a person has put beside it. */
const isOurs = (name: string): boolean => /^\d{3,}$/.test(name) && folderName(Number(name)) === name

const dropSnapshots = async (directory: string, kept: readonly (string | undefined)[]): Promise<void> => {
  const folder = join(directory, 'snapshots')
  for (const name of await namesIn(folder))
    if (isOurs(name) && !kept.includes(`snapshots/${name}`)) await drop(directory, `snapshots/${name}`)
}

const dropExports = async (directory: string, own: readonly number[], keep: number): Promise<void> => {
  const dataset = await openDataset(directory)
  const done = (await dataset.exports()).filter((number) => number <= dataset.generation)
  const older = done.slice(0, Math.max(0, done.length - keep))
  for (const number of older)
    if (!own.includes(number)) await drop(directory, `exports/${folderName(number)}`)
  const oldest = Math.min(...own, ...done.slice(older.length))
  for (const { folder, number } of await setAsideIn(directory))
    if (number < oldest) await drop(directory, folder)
}
