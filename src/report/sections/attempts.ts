/** What had to be tried again, and why, as far as it is written down. */
import { count, grouped } from '../../cli/text.js'
import type { ExportReport } from '../export-report.js'
import { type Content, html } from '../html.js'
import { quoted, section, table } from '../parts.js'
import { foreignName, foreignWords } from '../words.js'

const attemptsTable = (attempts: ReadonlyMap<number, number>): Content =>
  table({
    id: 'attempts-table',
    caption: 'Attempts of the stored files',
    columns: [{ name: 'Attempts' }, { name: 'Files', isFigure: true }],
    rows: [...attempts].sort(([a], [b]) => a - b).map(([number, files]) => [number, grouped(files)]),
  })

export const attemptsSection = ({ files, chronicle }: ExportReport): Content => {
  if (!chronicle) return undefined
  const { troubles } = chronicle
  const repeated = [...files.attempts].filter(([number]) => number > 1)
  const more = repeated.reduce((sum, [number, many]) => sum + (number - 1) * many, 0)
  if (repeated.length === 0 && troubles.length === 0)
    return section('attempts', 'Retries', html`<p>Nothing had to be tried again.</p>`)
  return section('attempts', 'Retries', [
    repeated.length > 0 &&
      html`<p>${count(more, 'attempt')} beside the first ones. The journal has their number, and a reason only where a file was fetched anew for its content.</p>`,
    html`<div class="pair">${repeated.length > 0 && attemptsTable(files.attempts)}${
      files.repeated.things.length > 0 &&
      table({
        id: 'repeated-table',
        caption: 'Files with the most attempts',
        columns: [{ name: 'File' }, { name: 'Attempts', isFigure: true }, { name: 'Why the last one' }],
        rows: files.repeated.things.map(({ name, attempts = 0, why }) => [
          foreignName(name),
          attempts,
          why === undefined ? 'not recorded' : quoted(foreignWords(why)),
        ]),
        more: files.repeated.more,
      })
    }</div>`,
    troubles.length > 0 &&
      table({
        id: 'troubles-table',
        caption: 'What went wrong on the way',
        columns: [{ name: 'What' }, { name: 'How often', isFigure: true }],
        rows: troubles.map(([words, number]) => [quoted(words), grouped(number)]),
      }),
  ])
}
