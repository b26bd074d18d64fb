/** What keeps a round that is merged from being committed until somebody says so: `--fail-on never`. */
import { BulkxError } from '../../errors.js'
import { readJob } from '../../job/directory.js'
import { exportPath } from '../../sync/dataset.js'
import { readKnownMembers } from '../../sync/known-members.js'
import type { Merged } from '../../sync/merge.js'
import { isMost, vanishing } from '../../sync/vanishing.js'
import { shortPath, targetName } from '../show.js'
import { count, grouped } from '../text.js'
import type { Sync } from './context.js'

/** A sentence without a period. */
type RoundFinding = string

/** Lines that were found to be bad when they were stored: who has accepted the findings has accepted that they are left out. */
const acceptedLines = async ({ exports }: Merged, { config }: Sync): Promise<number> => {
  let lines = 0
  for (const { number } of exports) {
    const state = await readJob(exportPath(config.directory, number))
    for (const { section, stored } of state?.files.values() ?? [])
      if (section === 'output') lines += stored?.badLines ?? 0
  }
  return lines
}

const placesOf = ({ exports }: Merged, { config, io }: Sync): string =>
  exports.map(({ number }) => shortPath(exportPath(config.directory, number), io.cwd)).join(', ')

/** Resources without a type and an id, of which nobody has heard yet: no snapshot can hold them. */
const nameless = async (merged: Merged, sync: Sync): Promise<RoundFinding[]> => {
  if (merged.counts.skipped === 0) return []
  const lines = merged.counts.skipped - (await acceptedLines(merged, sync))
  if (lines <= 0) return []
  const have = lines === 1 ? 'has' : 'have'
  return [
    `${count(lines, 'resource')} of ${placesOf(merged, sync)} ${have} no type and id, and no place in a snapshot`,
  ]
}

const lossText = (type: string, deleted: number, before: number): string =>
  deleted === before ? `all ${grouped(before)} ${type}` : `${grouped(deleted)} of ${grouped(before)} ${type}`

/** Types that are gone, or most of them. */
const vanished = (merged: Merged, sync: Sync): RoundFinding[] => {
  const losses = vanishing(merged).map(([type, { deleted, before }]) => lossText(type, deleted, before))
  return losses.length === 0 ? [] : [`${placesOf(merged, sync)} would take away ${losses.join(', ')}`]
}

/** Members who are gone, or most of them, where their data would go with them. */
const deserted = async ({ removed = [] }: Merged, sync: Sync): Promise<RoundFinding[]> => {
  if (removed.length === 0) return []
  const { members = [], kept = [] } = (await readKnownMembers(sync.config.directory)) ?? {}
  const held = members.length + kept.length
  if (!isMost(removed.length, held)) return []
  return [
    `${grouped(removed.length)} of the ${grouped(held)} patients held of ${targetName(sync.config.kickOff.target)} have left it, and would be taken out`,
  ]
}

const hint =
  'the data set stays as it is; ask who runs the server; if it is right, the same sync command with --fail-on never takes it so, --again gives this export up and begins the round anew'

/**
 * The error `BULKX_FINDINGS` for what is found in a round once it is merged: what a snapshot cannot hold, and what
 * vanishes from it at once. With `--fail-on never` it is accepted, and said.
 */
export const roundFindings = async (merged: Merged, sync: Sync): Promise<BulkxError | undefined> => {
  const suspicious = [...vanished(merged, sync), ...(await deserted(merged, sync))]
  if (sync.config.files.failOn === 'never') {
    for (const message of suspicious) sync.warn({ kind: 'vanished', message: `accepted: ${message}` })
    return undefined
  }
  const [first, ...others] = [...(await nameless(merged, sync)), ...suspicious]
  return first === undefined
    ? undefined
    : new BulkxError('BULKX_FINDINGS', [first, ...others].join('; '), { hint })
}
