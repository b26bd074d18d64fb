/** What keeps a round that is merged from being committed until somebody says so: `--fail-on never`. */
import { typesNotGranted } from '../../auth/scopes.js'
import { BulkxError } from '../../errors.js'
import { readJob } from '../../job/directory.js'
import { typesOf } from '../../job/files.js'
import { grantedText } from '../../job/grant.js'
import type { JobState } from '../../job/state.js'
import { exportPath } from '../../sync/dataset.js'
import { readKnownMembers } from '../../sync/known-members.js'
import type { Merged } from '../../sync/merge.js'
import { typeOf } from '../../sync/type-names.js'
import { isMost, vanishing } from '../../sync/vanishing.js'
import { shortPath, targetName } from '../show.js'
import { count, grouped, harmless } from '../text.js'
import { datasetOf, type Sync } from './context.js'

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

/** Types that are asked for without a scope: from a base on, nobody would ask for what it lacks of them. */
const ungrantedIn = ({ findings = [] }: JobState): RoundFinding[] =>
  findings
    .filter(({ code, severity }) => code === 'type-not-granted' && severity === 'warning')
    .map(({ message }) => harmless(message))

/**
 * Types that are held, that no scope is granted for any more, and of which nothing has come. Where the round `before`
 * had no scope for them either, they come without one.
 */
const lapsed = (
  { kickOff, grant, files }: JobState,
  before: JobState | undefined,
  held: readonly string[],
): RoundFinding[] => {
  if (grant === undefined || kickOff?.type !== undefined) return []
  const delivered = new Set(
    [...files.values()].filter(({ section }) => section === 'output').flatMap(typesOf),
  )
  const old = before?.grant === undefined ? [] : typesNotGranted(held, before.grant.granted)
  const lost = typesNotGranted(held, grant.granted).filter(
    (type) => !delivered.has(type) && !old.includes(type),
  )
  if (lost.length === 0) return []
  return [
    `the snapshot has ${lost.join(', ')}, of which nothing has come and no scope is granted any more, only ${grantedText(grant.granted)}: have the server grant them, or name with --scope what this client may have`,
  ]
}

/** What no later round would ask for again, for want of a scope. */
const unseen = async ({ exports }: Merged, sync: Sync): Promise<RoundFinding[]> => {
  const { directory } = sync.config
  const { files, generation } = await datasetOf(sync)
  const held = Object.keys(files).map(typeOf)
  const before = await readJob(exportPath(directory, generation)).catch(() => undefined)
  const found: RoundFinding[] = []
  for (const { number, role } of exports) {
    const state = await readJob(exportPath(directory, number))
    if (state) found.push(...ungrantedIn(state), ...(role === 'delta' ? lapsed(state, before, held) : []))
  }
  return [...new Set(found)]
}

const hint =
  'the data set stays as it is; ask who runs the server; if it is right, the same sync command with --fail-on never takes it so, --again gives this export up and begins the round anew'

/**
 * The error `BULKX_FINDINGS` for what is found in a round once it is merged: what a snapshot cannot hold, and what
 * vanishes from it at once, or cannot be seen any more. With `--fail-on never` it is accepted, and said.
 */
export const roundFindings = async (merged: Merged, sync: Sync): Promise<BulkxError | undefined> => {
  const suspicious = [...vanished(merged, sync), ...(await deserted(merged, sync))]
  const ungranted = await unseen(merged, sync)
  if (sync.config.files.failOn === 'never') {
    for (const message of suspicious) sync.warn({ kind: 'vanished', message: `accepted: ${message}` })
    for (const message of ungranted) sync.warn({ kind: 'not-granted', message: `accepted: ${message}` })
    return undefined
  }
  const [first, ...others] = [...(await nameless(merged, sync)), ...suspicious, ...ungranted]
  return first === undefined
    ? undefined
    : new BulkxError('BULKX_FINDINGS', [first, ...others].join('; '), { hint })
}
