/** What the server itself reports: the issues of its OperationOutcomes, in its words. */
import { grouped } from '../../cli/text.js'
import type { ExportReport } from '../export-report.js'
import { type Content, html } from '../html.js'
import { quoted, section, table } from '../parts.js'
import { foreignName, foreignWords } from '../words.js'

export const messagesSection = ({ files, target }: ExportReport): Content => {
  const { issues, issueCounts } = files
  if (issueCounts.size === 0) return undefined
  const counts = [...issueCounts].map(([severity, number]) => `${grouped(number)} ${foreignName(severity)}`)
  const total = [...issueCounts.values()].reduce((sum, number) => sum + number, 0)
  return section('messages', 'What the server reports', [
    html`<p>Issues by severity: ${counts.join(', ')}. These are the server’s own words, with the ids of resources left out; read them before you pass this page on. The whole messages are in <code>outcome/</code>.</p>`,
    table({
      id: 'messages-table',
      caption: 'Issues',
      columns: [{ name: 'Severity' }, { name: 'In its words' }, { name: 'Code' }, { name: 'From' }],
      rows: issues.things.map(({ severity, code, text, file }) => [
        severity,
        quoted(foreignWords(text, target)),
        code === undefined ? '–' : foreignName(code),
        file === '' ? 'an answer' : foreignName(file),
      ]),
      more: Math.max(0, total - issues.things.length),
    }),
  ])
}
