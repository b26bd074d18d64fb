/** What verification says: problems, each with what was expected, what is there and what to do, and notes that are none. */

/** Something that is not as it was stored. */
export interface Problem {
  /** Stable, in kebab-case: `missing`, `content`, `unlisted`, … */
  code: string
  message: string
  /** Its name in the directory. */
  file?: string
  /** Those facts that differ, as they were stored and as they are. */
  expected?: Readonly<Record<string, unknown>>
  found?: Readonly<Record<string, unknown>>
  /** The first line of the file that no reader understands, where it was none when it was stored. */
  firstBadLine?: { line: number; byte: number; reason: string }
  /** What to do about it. */
  remedy: string
}

/** Worth knowing, and no reason to distrust anything. */
export interface Note {
  code: string
  message: string
  file?: string
}

/** Is told of everything as it is found. */
export interface Report {
  problem(problem: Problem): void
  note(note: Note): void
}

/** What each kind of problem is mended with; it depends on whether the server may still have the files. */
export interface Remedies {
  /** For a file that is missing, or whose size tells that it is another one. */
  file: string
  /** For one whose size does not tell it. */
  sameSize: string
  manifest: string
  journal: string
  log: string
}

/** The facts of two records that differ, by these names; undefined when none does. A fact that is not known differs from nothing. */
export const differences = (
  expected: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
  names: readonly string[],
): { expected: Record<string, unknown>; found: Record<string, unknown> } | undefined => {
  const differing = names.filter(
    (name) => expected[name] !== undefined && JSON.stringify(expected[name]) !== JSON.stringify(found[name]),
  )
  if (differing.length === 0) return undefined
  const pick = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(differing.map((name) => [name, bounded(record[name] ?? null)]))
  return { expected: pick(expected), found: pick(found) }
}

/** What a directory of somebody else says may be of any length. */
const boundedMax = 2000

const bounded = (value: unknown): unknown => {
  const text = JSON.stringify(value) ?? ''
  return text.length > boundedMax ? `${text.slice(0, boundedMax)}…` : value
}

/** `bytes 12, not 13`: as found, and as expected. */
export const differenceText = ({
  expected,
  found,
}: {
  expected: Readonly<Record<string, unknown>>
  found: Readonly<Record<string, unknown>>
}): string =>
  Object.keys(expected)
    .map((name) => `${name} ${shown(found[name])}, not ${shown(expected[name])}`)
    .join('; ')

/** Digests and the like are told by their beginning. */
const shownMax = 40

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  if (/^[0-9a-f]{64}$/.test(text)) return `${text.slice(0, 12)}…`
  return text.length > shownMax ? `${text.slice(0, shownMax - 1)}…` : text
}
