/** Data in which something happened lately: for servers that export only that, whenever they are asked. */
import { hash } from '../seeded.js'
import type { DataSource, Resource } from './source.js'

/** One resource in so many has changed lately. */
const ONE_IN = 4

export interface Recent {
  /** Epoch milliseconds. */
  now(): number
  /** Lately: not longer ago. */
  withinMs: number
}

/** When a resource changed lately, or undefined when it did not: a function of its id and of now. */
const changedAt = (id: string, now: number, withinMs: number): number | undefined => {
  const chance = hash(...Buffer.from(id))
  return chance % ONE_IN === 0 ? now - (chance % withinMs) : undefined
}

/**
 * The same data, but a part of its resources say that they changed lately, as seen at each export. A resource without
 * `meta.lastUpdated` stays as it is, and so do the bytes beside that value.
 */
export const withRecentChanges = (source: DataSource, { now, withinMs }: Recent): DataSource => ({
  ...source,
  select: (type, selection, pageSize) => {
    const at = now()
    const instantOf = ({ id, meta }: Resource): string | undefined => {
      if (id === undefined || meta?.lastUpdated === undefined) return undefined
      const changed = changedAt(id, at, withinMs)
      return changed === undefined ? undefined : new Date(changed).toISOString()
    }
    const changedLine = (line: string): string => {
      const resource = JSON.parse(line) as Resource
      const instant = instantOf(resource)
      if (instant === undefined) return line
      return line.replace(`"lastUpdated":"${resource.meta?.lastUpdated}"`, `"lastUpdated":"${instant}"`)
    }
    const { keep, rewrite } = selection
    const changed = {
      ...selection,
      keep:
        keep &&
        ((resource: Resource) => {
          const instant = instantOf(resource)
          return keep(
            instant === undefined
              ? resource
              : { ...resource, meta: { ...resource.meta, lastUpdated: instant } },
          )
        }),
      rewrite: (line: string) => (rewrite ? rewrite(changedLine(line)) : changedLine(line)),
      key: `${selection.key} changed before ${at}`,
    }
    return source.select(type, changed, pageSize)
  },
})
