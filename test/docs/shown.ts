/** Whether a page shows what was said. `…` stands for anything in a line, and alone for any lines. */
import { expect } from 'vitest'

/** What is never the same twice, in the order in which it is looked for. */
const fleeting: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<instant>'],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>'],
  [/\b[0-9a-f]{16}\b/g, '<id>'],
  [/\b[0-9a-f]{64}\b/g, '<sha256>'],
  [/(127\.0\.0\.1:)\d{4,5}\b/g, '$1<port>'],
  [/\b\d+(?:\.\d+)? (?:ms|s|min|h|d)\b(?: \d+ (?:s|min|h)\b)*/g, '<time>'],
]

/** How often a server is looked at, and what the time went into, depends on how fast the machine is. */
const isFleeting = (line: string): boolean => /^(?:in progress after|of it) /.test(line)
/** Files that are fetched at once end in any order. */
const isFile = (line: string): boolean => /^(?:\S+\/)?\w+\.\d+\.ndjson(?:\.gz)?: /.test(line)

const sortFiles = (lines: readonly string[]): string[] => {
  const sorted: string[] = []
  let files: string[] = []
  for (const line of [...lines, undefined]) {
    if (line !== undefined && isFile(line)) files.push(line)
    else {
      sorted.push(...files.sort())
      files = []
      if (line !== undefined) sorted.push(line)
    }
  }
  return sorted
}

/** Columns are as wide as the machine's own programs make them. */
const steadyLines = (text: string): string[] =>
  sortFiles(
    fleeting
      .reduce((all, [pattern, name]) => all.replace(pattern, name), text)
      .split('\n')
      .map((line) => line.trim().replace(/ {2,}/g, ' '))
      .filter((line) => !isFleeting(line)),
  )

const patternOf = (line: string): string =>
  line === '…'
    ? '(?:.*\\n)*?'
    : `${line
        .split('…')
        .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}\\n`

/** Fails, with the difference, where what was said is not what is shown. */
export const expectShown = (said: string, shown: string, where: string): void => {
  const [saidLines, shownLines] = [steadyLines(said), steadyLines(shown)]
  while (shownLines.at(-1) === '') shownLines.pop()
  while (saidLines.at(-1) === '') saidLines.pop()
  const pattern = new RegExp(`^${shownLines.map(patternOf).join('')}$`)
  if (!pattern.test(`${saidLines.join('\n')}\n`)) expect(saidLines, where).toEqual(shownLines)
}
