/** The members of the group that a data set is of: who has come, who has left, and what is said of it. */
import type { Config } from '../../config.js'
import { bringsNewcomers } from '../../preset-advice.js'
import type { Dataset } from '../../sync/dataset.js'
import { changesOf, type MemberChanges, readKnownMembers } from '../../sync/known-members.js'
import type { GroupPlace } from '../../sync/members.js'
import type { Round } from '../../sync/round.js'
import { targetName } from '../show.js'
import { count, harmless } from '../text.js'
import type { Sync } from './context.js'
import { readGroup } from './group-reading.js'

export interface SeenMembers {
  /** Absent where they are not known, or of no interest. */
  members?: readonly string[]
  changes: MemberChanges
}

const unknown: MemberChanges = { newcomers: [] }

/** Ids that are named; the rest is counted. */
const namedMax = 10

export const namedIds = (ids: readonly string[]): string => {
  const more = ids.length > namedMax ? ` and ${count(ids.length - namedMax, 'more')}`.replace(/s$/, '') : ''
  return `${ids.slice(0, namedMax).map(harmless).join(', ')}${more}`
}

/** Undefined where a group is not what is exported, or not the whole of it. */
const placeOf = ({ fhirUrl, kickOff }: Config): GroupPlace | undefined => {
  const { target, patient } = kickOff
  if (target.kind !== 'instance' || target.type !== 'Group' || patient !== undefined) return undefined
  return { fhirUrl, id: target.id }
}

const patients = (ids: readonly string[]): string => count(ids.length, 'patient')

const sayChanges = ({ newcomers, departed = [] }: MemberChanges, { talk, settings, config }: Sync): void => {
  const group = targetName(config.kickOff.target)
  if (newcomers.length > 0)
    talk.line(
      `${patients(newcomers)} new in ${group}, whose whole history is exported: ${namedIds(newcomers)}`,
    )
  if (departed.length === 0) return
  const removes = settings.get('departed') === 'remove'
  const stay = removes
    ? 'taken out of the snapshot'
    : 'still in the snapshot (--departed remove takes them out)'
  talk.line(`${patients(departed)} no longer in ${group}, ${stay}: ${namedIds(departed)}`)
}

/** Nothing is lost where it is known who was in the group before: whoever has come is new then, too. */
const looksAgain = 'the next round looks again who has come and who has left'

const mayLack = (isBase: boolean): string =>
  `until they can be read, patients who join ${isBase ? 'after this export' : 'after the last base'} may lack their history; \`--full\` brings it`

/**
 * Reads who is in the group, before the kick-off: whoever joins later is new in the next round. A server that brings
 * the history of newcomers by itself is not asked.
 */
export const seeMembers = async (dataset: Dataset, full: boolean, sync: Sync): Promise<SeenMembers> => {
  const place = placeOf(sync.config)
  const { preset } = sync.settings
  if (place === undefined || (preset && bringsNewcomers(preset.row, sync.config.kickOff)))
    return { changes: unknown }
  const seen = await readGroup(place, sync)
  const group = targetName(sync.config.kickOff.target)
  const known = await readKnownMembers(sync.config.directory)
  if ('unknown' in seen) {
    const isFirst = full || dataset.generation === 0
    const scopes = seen.scopes === undefined ? '' : `${seen.scopes}; `
    sync.talk.line(
      `the members of ${group} cannot be read, ${seen.unknown}: ${scopes}${known ? looksAgain : mayLack(isFirst)}`,
    )
    return { changes: unknown }
  }
  if (known === undefined && dataset.generation > 0 && !full)
    sync.warn({
      kind: 'members-first-seen',
      message: `who was in ${group} before is not known: patients who have joined since the last base may lack their history`,
      hint: '`--full` once brings it',
    })
  const { members, ...changes } = changesOf(known, seen)
  if (seen.unnamed > 0)
    sync.talk.line(
      `${count(seen.unnamed, 'member')} of ${group} ${seen.unnamed === 1 ? 'is' : 'are'} not named as a patient of this server: who has left cannot be told, and nobody is taken out`,
    )
  sayChanges(full ? { newcomers: [], departed: changes.departed } : changes, sync)
  return { members, changes }
}

/** Who had left, was kept, and has come back: what became of their data in between, only their history tells. */
export const returnedIn = async (newcomers: readonly string[], sync: Sync): Promise<readonly string[]> => {
  const known = await readKnownMembers(sync.config.directory)
  const kept = new Set(known?.kept)
  return newcomers.filter((id) => kept.has(id))
}

/** Whom the round takes out: who has left, and, when they are no longer kept, who had left before. */
export const removedBy = async ({ departed, members }: Round, sync: Sync): Promise<readonly string[]> => {
  if (departed === undefined || sync.settings.get('departed') !== 'remove') return []
  const known = await readKnownMembers(sync.config.directory)
  const here = new Set(members)
  return [...new Set([...(known?.kept ?? []), ...departed])].filter((id) => !here.has(id))
}
