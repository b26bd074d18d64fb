/** What lies over the data that a server began with: the resources that changed, and who came and went. */
import { linePages } from '../content.js'
import { belongs, compartmentsOf } from '../data/compartment.js'
import {
  type DataSource,
  type Deletion,
  GROUP_OF_ALL,
  type Membership,
  type Resource,
} from '../data/source.js'
import type { Change, Standing } from './changes.js'

/** A resource that is not what it was. */
export interface Touched {
  /** Epoch milliseconds. */
  at: number
  /** As it is, or as it was when it was deleted. */
  line: string
  deleted: boolean
  patients: readonly string[]
}

interface Stood {
  as: Standing
  at: number
}

export interface Overlay {
  /** By type, then by id. */
  touched: ReadonlyMap<string, ReadonlyMap<string, Touched>>
  /** By group, then by patient. */
  stood: ReadonlyMap<string, ReadonlyMap<string, Stood>>
}

export const untouched: Overlay = { touched: new Map(), stood: new Map() }

const withEntry = <T>(
  all: ReadonlyMap<string, ReadonlyMap<string, T>>,
  outer: string,
  inner: string,
  value: T,
): ReadonlyMap<string, ReadonlyMap<string, T>> =>
  new Map([...all, [outer, new Map([...(all.get(outer) ?? []), [inner, value]])]])

/** The overlay after a change. Nobody who has the one before sees it. */
export const after = ({ touched, stood }: Overlay, change: Change): Overlay => {
  const { at } = change
  switch (change.kind) {
    case 'put': {
      const patients = compartmentsOf(JSON.parse(change.line) as Resource)
      const now = { at, line: change.line, deleted: false, patients }
      return { touched: withEntry(touched, change.type, change.id, now), stood }
    }
    case 'deleted': {
      const now = { at, line: change.line, deleted: true, patients: change.patients }
      return { touched: withEntry(touched, change.type, change.id, now), stood }
    }
    case 'membered':
      return { touched, stood: withEntry(stood, change.group, change.patient, { as: change.as, at }) }
    default:
      return change satisfies never
  }
}

const everyTouched = function* ({ touched }: Overlay): Generator<[type: string, id: string, Touched]> {
  for (const [type, byId] of touched) for (const [id, one] of byId) yield [type, id, one]
}

const deletionsOf = function* (base: DataSource, overlay: Overlay): Generator<Deletion> {
  for (const deletion of base.deletions())
    if (overlay.touched.get(deletion.type)?.has(deletion.id) !== true) yield deletion
  for (const [type, id, { at, deleted, patients }] of everyTouched(overlay)) {
    if (!deleted) continue
    const owners = type === 'Patient' || patients.length === 0 ? [undefined] : patients
    for (const patient of owners) yield { type, id, at, ...(patient === undefined ? {} : { patient }) }
  }
}

const membershipOf = ({ stood }: Overlay, group: string): Membership | undefined => {
  const listed = stood.get(group)
  if (listed === undefined) return undefined
  const of = (as: Standing) => [...listed].filter(([, one]) => one.as === as)
  const idsOf = (as: Standing) => new Set(of(as).map(([patient]) => patient))
  return {
    inactive: idsOf('inactive'),
    lost: idsOf('lost'),
    joinedAt: new Map(of('active').map(([patient, { at }]) => [patient, at])),
  }
}

/** The resources of a type that are there and not as the base has them. */
const linesOf = ({ touched }: Overlay, type: string): { line: string; resource: Resource }[] =>
  [...(touched.get(type)?.values() ?? [])].flatMap(({ deleted, line }) =>
    deleted ? [] : [{ line, resource: JSON.parse(line) as Resource }],
  )

/** The data as they are with the overlay, and stay. `key`: text that no other overlay of this base has. */
export const seenWith = (base: DataSource, overlay: Overlay, key: string): DataSource => {
  const select: DataSource['select'] = async (type, selection, pageSize) => {
    const changed = overlay.touched.get(type)
    if (changed === undefined) return base.select(type, selection, pageSize)
    const unchanged = await base.select(
      type,
      {
        ...selection,
        keep: (resource) =>
          !(resource.resourceType === type && changed.has(resource.id ?? '')) &&
          selection.keep?.(resource) !== false,
        key: `${selection.key} as of ${key}`,
      },
      pageSize,
    )
    const lines = linesOf(overlay, type)
      .filter(({ resource }) => belongs(resource, selection) && selection.keep?.(resource) !== false)
      .map(({ line }) => selection.rewrite?.(line) ?? line)
    return [...unchanged, ...linePages(lines, pageSize)]
  }
  return {
    types: base.types,
    hasPatient: async (id) => {
      const known = overlay.touched.get('Patient')?.get(id)
      return known === undefined ? base.hasPatient(id) : !known.deleted
    },
    group: async (id) => {
      const before = await base.group(id)
      const listed = overlay.stood.get(id)
      if (id === GROUP_OF_ALL || before === undefined || before === 'everybody' || listed === undefined)
        return before
      const stayed = [...before].filter((patient) => !listed.has(patient))
      const active = [...listed].filter(([, { as }]) => as === 'active').map(([patient]) => patient)
      return new Set([...stayed, ...active])
    },
    select,
    deletions: () => deletionsOf(base, overlay),
    membership: (id) => membershipOf(overlay, id),
    ...(base.reports ? { reports: () => base.reports?.() ?? [] } : {}),
  }
}
