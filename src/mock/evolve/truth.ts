/**
 * What a consumer must hold who has followed the exports of a world: folded anew from its log, by the definition, so
 * that it can disagree with what is exported.
 */
import { linesIn } from '../content.js'
import type { DataSource } from '../data/source.js'
import type { Change } from './changes.js'

export interface TruthOptions {
  /** Default: all types that the target has. */
  types?: readonly string[]
  /**
   * Who is no member any more: `remove`: nothing of his is held; `keep` (default): what the consumer had of him from
   * the last export that he was a member of. What became of his data later is not told to anybody.
   */
  departed?: 'keep' | 'remove'
  /**
   * The transactionTimes of the exports that the consumer has followed, epoch milliseconds. Default: of all exports that
   * the server accepted. Only data of departed members depend on them.
   */
  followed?: readonly number[]
}

/** Lines by type, byte for byte as they were sent, without their line feeds. */
export type Truth = Map<string, Set<string>>

export interface History {
  base: DataSource
  log: readonly Change[]
  /** Of the mock's own groups; `everybody` has no members to speak of. */
  membersAtFirst: ReadonlySet<string> | 'everybody'
  group: string
}

/** A resource as it is at some instant. */
interface Held {
  type: string
  line: string
  owners: ReadonlySet<string>
}

interface Fhir {
  resourceType?: unknown
  id?: unknown
  [element: string]: unknown
}

/** The patient compartment of R4, by the elements that its search parameters look at. */
const ownerElements = ['subject', 'patient', 'beneficiary', 'individual', 'for', 'member']

const ownersOf = (resource: Fhir): Set<string> => {
  const owners = new Set<string>()
  if (resource.resourceType === 'Patient') return owners.add(String(resource.id))
  for (const element of ownerElements)
    for (const value of [resource[element]].flat()) {
      const reference = String((value as { reference?: unknown } | undefined)?.reference ?? '')
      const [type, id] = reference.split('/').slice(-2)
      if (type === 'Patient' && id !== undefined) owners.add(id)
    }
  return owners
}

const heldOf = (line: string): (Held & { key: string }) | undefined => {
  let resource: Fhir
  try {
    resource = JSON.parse(line) as Fhir
  } catch {
    return undefined
  }
  const { resourceType: type, id } = resource ?? {}
  if (typeof type !== 'string' || typeof id !== 'string') return undefined
  return { key: `${type}/${id}`, type, line, owners: ownersOf(resource) }
}

const beginnings = new WeakMap<DataSource, Promise<ReadonlyMap<string, Held>>>()

/** Every resource that the server began with. */
const atFirst = (base: DataSource): Promise<ReadonlyMap<string, Held>> => {
  const known = beginnings.get(base) ?? readFirst(base)
  beginnings.set(base, known)
  return known
}

const readFirst = async (base: DataSource): Promise<ReadonlyMap<string, Held>> => {
  const all = new Map<string, Held>()
  for (const type of base.types)
    for (const content of await base.select(type, { supporting: true, key: '' }, Number.MAX_SAFE_INTEGER))
      for (const line of await linesIn(content)) {
        const held = heldOf(line)
        if (held) all.set(held.key, held)
      }
  return all
}

interface State {
  resources: Map<string, Held>
  members: Set<string>
  /** What is held of those who left, by patient. */
  departed: Map<string, Map<string, Held>>
}

const happen = ({ resources, members }: State, change: Change, group: string): void => {
  if (change.kind === 'put') {
    const held = heldOf(change.line)
    if (held) resources.set(held.key, held)
  } else if (change.kind === 'deleted') resources.delete(`${change.type}/${change.id}`)
  else if (change.group !== group) return
  else if (change.as === 'active') members.add(change.patient)
  else members.delete(change.patient)
}

/** From one export that was followed to the next: who was a member at the one and is none at the other has left. */
const follow = (state: State, changes: readonly Change[], group: string): void => {
  const before = { members: new Set(state.members), resources: new Map(state.resources) }
  for (const change of changes) happen(state, change, group)
  const lost = new Set(
    changes.flatMap((change) => (change.kind === 'membered' && change.as === 'lost' ? [change.patient] : [])),
  )
  for (const patient of before.members) {
    if (state.members.has(patient) || lost.has(patient)) continue
    const theirs = [...before.resources].filter(([, { owners }]) => owners.has(patient))
    state.departed.set(patient, new Map(theirs))
  }
  for (const patient of state.members) state.departed.delete(patient)
  // Who came back and was deleted, all since the last export: that his data were deleted is told, what was kept or not.
  for (const change of changes)
    for (const patient of change.kind === 'deleted' ? change.patients : [])
      if (change.kind === 'deleted' && lost.has(patient))
        state.departed.get(patient)?.delete(`${change.type}/${change.id}`)
}

/** The state of a group, or of everybody, at `at`, for one who has looked at each of `followed`. */
export const fold = async (
  { base, log, membersAtFirst, group }: History,
  at: number,
  followed: readonly number[],
): Promise<State> => {
  const state: State = {
    resources: new Map(await atFirst(base)),
    members: new Set(membersAtFirst === 'everybody' ? [] : membersAtFirst),
    departed: new Map(),
  }
  let from = Number.NEGATIVE_INFINITY
  const looks = [...new Set([...followed.filter((look) => look < at), at])].sort((a, b) => a - b)
  for (const look of looks) {
    follow(
      state,
      log.filter((change) => change.at > from && change.at <= look),
      group,
    )
    // Who left before the first export was never seen.
    if (from === Number.NEGATIVE_INFINITY) state.departed.clear()
    from = look
  }
  return state
}

/** Which of them are held: `scope` says so of a resource by its type and owners. */
export const heldIn = (
  { resources, departed }: State,
  scope: (type: string, owners: ReadonlySet<string>) => boolean,
  keep: boolean,
  types: (type: string) => boolean,
): Truth => {
  const held = new Map<string, Held>()
  if (keep) for (const theirs of departed.values()) for (const [key, one] of theirs) held.set(key, one)
  for (const [key, one] of resources) if (scope(one.type, one.owners)) held.set(key, one)
  const truth: Truth = new Map()
  for (const { type, line } of held.values()) {
    if (!types(type)) continue
    const lines = truth.get(type) ?? new Set()
    truth.set(type, lines.add(line))
  }
  return truth
}
