/** The merge as the documents define it, in memory and line by line: what the real one must equal. */

export interface Row {
  type: string
  id: string
  line: string
  /** `meta.lastUpdated` as epoch microseconds. */
  at?: number
}

export interface NaiveRound {
  isBase: boolean
  /** In the order of their files and lines. */
  output: readonly Row[]
  /** `Type/id`. */
  deleted: readonly string[]
}

export type Snapshot = ReadonlyMap<string, Row>

const keyOf = ({ type, id }: Row): string => `${type}/${id}`

const isOlder = (one: Row, other: Row): boolean => (one.at ?? -1) < (other.at ?? -1)

/** In the promised order: what was there, then what came. */
export const naiveMerge = (before: Snapshot, { isBase, output, deleted }: NaiveRound): Snapshot => {
  const winners = new Map<string, Row>()
  for (const row of output) {
    const rival = winners.get(keyOf(row))
    if (rival && isOlder(row, rival)) continue
    // The place of the winner counts, not of the first line.
    winners.delete(keyOf(row))
    winners.set(keyOf(row), row)
  }
  const gone = new Set(deleted)
  const kept = isBase ? [] : [...before].filter(([key]) => !winners.has(key) && !gone.has(key))
  const places = new Map(output.map((row, at) => [row, at]))
  const fresh = [...winners].sort(([, one], [, other]) => (places.get(one) ?? 0) - (places.get(other) ?? 0))
  return new Map([...kept, ...fresh])
}

/** Files by name. */
export const filesOf = (snapshot: Snapshot): Record<string, string> => {
  const files: Record<string, string> = {}
  for (const { type, line } of snapshot.values())
    files[`${type}.ndjson`] = `${files[`${type}.ndjson`] ?? ''}${line}\n`
  return Object.fromEntries(Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1)))
}
