/** `.bulkx/members.json`: who was in the group when the last round was committed. */
import { join } from 'node:path'
import { isObject, parseJson } from '../json.js'
import { privateFolder } from '../sink/disk.js'
import { isId } from './description.js'
import { writeDurably } from './durable-file.js'
import { readOwn } from './own-files.js'
import type { Round } from './round.js'

/** Ids of patients. */
export interface KnownMembers {
  members: readonly string[]
  /** Who left, and is still in the snapshot. */
  kept: readonly string[]
}

/** What a round has found out about the members of its group. */
export interface MemberChanges {
  newcomers: readonly string[]
  /** Absent where that cannot be told: then nobody is taken out. */
  departed?: readonly string[]
}

const membersPath = (directory: string): string => join(directory, privateFolder, 'members.json')

const layout = 1
const bytesMax = 1024 * 1024 * 1024

const ids = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isId) : [])

/** Undefined where none were written down, or what is there is no list: then nobody is new, and nobody has left. */
export const readKnownMembers = async (directory: string): Promise<KnownMembers | undefined> => {
  const text = await readOwn(membersPath(directory), bytesMax)
  const value = text === undefined ? undefined : parseJson(text)
  if (!isObject(value) || value.version !== layout || !Array.isArray(value.members)) return undefined
  return { members: ids(value.members), kept: ids(value.kept) }
}

/** Who was seen in a group; `unnamed`: how many members it has beside them whom it does not name. */
interface Seen {
  ids: readonly string[]
  unnamed: number
}

/**
 * Who is a member now, and who has come and gone between two looks. On the first one nobody: the base has them all. While
 * some members are not named, each of those who were known may be one of them.
 */
export const changesOf = (
  known: KnownMembers | undefined,
  { ids, unnamed }: Seen,
): MemberChanges & { members: readonly string[] } => {
  if (known === undefined) return { members: ids, newcomers: [], departed: unnamed > 0 ? undefined : [] }
  const before = new Set(known.members)
  const after = new Set(ids)
  const newcomers = ids.filter((id) => !before.has(id))
  const unseen = known.members.filter((id) => !after.has(id))
  return unnamed > 0
    ? { members: [...ids, ...unseen], newcomers }
    : { members: ids, newcomers, departed: unseen }
}

/**
 * What is known once the round is committed; a round that has not seen the members changes nothing. `removed`: whom it
 * took out of the snapshot.
 */
export const writeKnownMembers = async (
  directory: string,
  round: Round,
  removed: readonly string[],
): Promise<void> => {
  if (round.members === undefined) return
  const known = await readKnownMembers(directory)
  const pending = new Set(round.pending)
  const members = round.members.filter((id) => !pending.has(id))
  const gone = new Set([...removed, ...members])
  // A base holds nobody who has left.
  const before = round.exports.some(({ role }) => role === 'base')
    ? []
    : [...(known?.kept ?? []), ...(round.departed ?? [])]
  const kept = [...new Set(before)].filter((id) => !gone.has(id))
  await writeDurably(membersPath(directory), `${JSON.stringify({ version: layout, members, kept })}\n`)
}
