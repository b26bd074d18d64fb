/** Paragraphs and lists of the help, as wide as a terminal. */

/** Characters in a line of a topic. */
export const topicWidth = 80

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

/** Terms in a column of their own, what they mean beside them; at least one blank between the two. */
export const entries = (rows: readonly (readonly [string, string])[], width: number): string[] => {
  const indent = 2 + Math.max(...rows.map(([term]) => term.length)) + 2
  return rows.map(([term, meaning]) => `  ${term.padEnd(indent - 2)}${wrap(meaning, indent, width)}`)
}
