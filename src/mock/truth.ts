/** The truth about a target of a personality: which of the folded world a consumer of its exports must hold. */
import { fold, heldIn, type Truth, type TruthOptions } from './evolve/truth.js'
import { groupOf } from './plan.js'
import type { World } from './world.js'

type Scope = (type: string, owners: ReadonlySet<string>) => boolean

const shared = (owners: ReadonlySet<string>): boolean => owners.size === 0

const scopeOf = (target: string, members: ReadonlySet<string> | 'everybody'): Scope => {
  const [kind = '', id] = target.split('/')
  if (kind === 'Group' && members !== 'everybody')
    return (_type, owners) => shared(owners) || [...owners].some((owner) => members.has(owner))
  if (kind === 'Patient' && id !== undefined) return (_type, owners) => owners.has(id)
  if (kind === 'system' || kind === 'Patient' || kind === 'Group') return () => true
  return (type) => type === kind
}

/** Which types are held: those that were asked for, of those that the personality exports. */
const typesOf = ({ personality }: World, types: readonly string[] | undefined) => {
  const { exported, accompanying } = personality.types
  const all = exported && new Set([...exported, ...accompanying])
  return (type: string) => (all?.has(type) ?? true) && (types?.includes(type) ?? true)
}

/** See `Mock.truth`. Rejects for a group that there is not, and for an instant that cannot be read. */
export const truthOf = async (
  world: World,
  at: string | number,
  target = 'system',
  { types, departed = 'keep', followed }: TruthOptions = {},
): Promise<Truth> => {
  const instant = typeof at === 'number' ? at : Date.parse(at)
  if (Number.isNaN(instant)) throw new RangeError(`"${at}" is no instant`)
  const [kind, id = ''] = target.split('/')
  const group = kind === 'Group' ? groupOf(world.personality, id) : undefined
  const membersAtFirst = group === undefined ? 'everybody' : await world.data.group(group)
  if (membersAtFirst === undefined) throw new RangeError(`There is no ${target}`)
  const looks = followed ?? [...world.jobs.all()].map(({ transactionAt }) => transactionAt)
  const log = world.evolution?.log ?? []
  const state = await fold({ base: world.data, log, membersAtFirst, group: group ?? '' }, instant, looks)
  const scope = scopeOf(target, membersAtFirst === 'everybody' ? 'everybody' : state.members)
  return heldIn(state, scope, departed === 'keep', typesOf(world, types))
}
