/** Paragraphs and lists of the help, as wide as the reader's terminal. */

/** Characters in a line where nobody knows how wide the reader's screen is. */
export const topicWidth = 80

/** Longer lines are hard to read, shorter ones hold no words. */
const widest = 100
const narrowest = 40

/** Characters in a line of the help, for a terminal of so many columns. */
export const widthFor = (columns: number | undefined): number =>
  columns === undefined ? topicWidth : Math.min(widest, Math.max(narrowest, columns))

/** Breaks between words; later lines are indented by so many blanks. */
export const wrap = (text: string, indent: number, width: number): string => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}

/** A paragraph, indented as a whole. */
export const paragraph = (text: string, indent: number, width: number): string =>
  `${' '.repeat(indent)}${wrap(text, indent, width)}`

/** A term and what it means. */
export type Entry = readonly [term: string, meaning: string]

/** Terms that are longer than this part of a line stand above what they mean. */
const termPart = 0.38
/** What is beside or below a term begins here at least. */
const below = 6

/**
 * Where meanings begin beside terms such as these: as far to the right as the longest needs, but leaving most of the
 * line to the meanings.
 */
export const columnOf = (terms: readonly string[], width: number): number => {
  const room = Math.floor(width * termPart)
  const fitting = terms.map((term) => term.length + 4).filter((length) => length <= room)
  return Math.max(below, ...fitting)
}

const longestWord = (text: string): number => Math.max(...text.split(' ').map((word) => word.length))

const entry = ([term, meaning]: Entry, width: number, column: number): string => {
  if (meaning === '') return `  ${term}`
  // A word that is too long for the column may fit where there is more room.
  const at = column + longestWord(meaning) > width ? below : column
  return term.length + 4 > at
    ? `  ${term}\n${paragraph(meaning, at, width)}`
    : `  ${term.padEnd(at - 2)}${wrap(meaning, at, width)}`
}

/** Terms in a column of their own, what they mean beside them; below them where a term is too long for that. */
export const entries = (rows: readonly Entry[], width: number, column?: number): string[] => {
  const terms = rows.map(([term]) => term)
  const own = column ?? columnOf(terms, width)
  return rows.map((row) => entry(row, width, own))
}
