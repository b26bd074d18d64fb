/** The name that was meant, where one was mistyped. */

/** Letters that are added, lost, changed, or swapped with their neighbour. */
const distance = (from: string, to: string): number => {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const best = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      next[column] = swapped ? Math.min(best, (before[column - 2] ?? 0) + 1) : best
    }
    before = last
    last = next
  }
  return last[to.length] ?? 0
}

const sharedBeginning = (one: string, other: string): number => {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return length
}

/** Undefined where nothing is near. */
export const nearestName = (given: string, names: Iterable<string>): string | undefined => {
  const wanted = given.toLowerCase()
  const near = [...names]
    .map((name) => {
      const own = name.toLowerCase()
      const isBeginning = wanted.length >= 3 && own.startsWith(wanted)
      const far = isBeginning ? 0.5 : distance(wanted, own)
      return { name, far, shared: sharedBeginning(wanted, own) }
    })
    .filter(({ name, far }) => far <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.far - b.far || b.shared - a.shared)
  return near[0]?.name
}

/** Words that say nothing of a product. */
const common = new Set([
  'health',
  'fhir',
  'server',
  'cloud',
  'care',
  'data',
  'exchange',
  'environment',
  'single',
  'tenant',
])

const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[a-z0-9]{3,}/g) ?? []).filter((word) => !common.has(word))

/** The name whose title has most of the letters that were given, in whole words or as the beginning of one. */
export const nearestTitle = (given: string, titles: Readonly<Record<string, string>>): string | undefined => {
  const wanted = given.toLowerCase().replace(/[^a-z0-9]/g, '')
  const begins = (word: string): boolean => wanted.length >= 4 && word.startsWith(wanted)
  const scored = Object.entries(titles).map(([name, title]) => {
    const words = [...new Set(wordsOf(`${name} ${title}`))].filter(
      (word) => wanted.includes(word) || begins(word),
    )
    return { name, score: words.join('').length }
  })
  const [best] = scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)
  return best?.name
}

/** Completes a hint: `did you mean oracle? there are …`. `titles`: what the names stand for, in people's words. */
export const namesHint = (
  given: string,
  names: Iterable<string>,
  titles: Readonly<Record<string, string>> = {},
): string => {
  const all = [...names]
  const near = nearestTitle(given, titles) ?? nearestName(given, all)
  return `${near === undefined ? '' : `did you mean ${near}? `}there are ${all.join(', ')}`
}
