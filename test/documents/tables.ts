/** Markdown tables, for pages that are made. */

/** What Markdown would take for its own outside of code. */
const escaped = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replace(/[<*_[\]]/g, '\\$&')))
    .join('')
    .replaceAll('|', '\\|')
    .replace(/\s+/g, ' ')

const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')

export const code = (text: string): string => `\`${text}\``

export const block = (language: string, lines: readonly string[]): string =>
  [`\`\`\`${language}`, ...lines, '```'].join('\n')
