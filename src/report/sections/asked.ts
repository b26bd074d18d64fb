/** What was asked of the server. */

import { instant } from '../../cli/text.js'
import { withoutQuery } from '../../http/url.js'
import type { ExportReport } from '../export-report.js'
import { type Content, html } from '../html.js'
import { facts, quoted, section } from '../parts.js'
import { foreignWords } from '../words.js'

export const askedSection = ({
  asked,
  server,
  transactionTime,
  expiresAt,
  phase,
  store,
}: ExportReport): Content => {
  const rows =
    asked ?? (server === undefined ? [] : [['Server', foreignWords(withoutQuery(server))] as const])
  const time =
    transactionTime === undefined
      ? []
      : ([['Data as of (transactionTime)', foreignWords(transactionTime)]] as const)
  const place = store === undefined ? [] : ([['Stored in', foreignWords(withoutQuery(store))]] as const)
  const expiry =
    expiresAt === undefined || phase === 'complete'
      ? []
      : ([['The server keeps the files until', instant(expiresAt)]] as const)
  return section(
    'asked',
    'What was asked',
    html`${facts([...rows, ...time, ...place, ...expiry].map(([name, value]) => [name, quoted(value)] as const))}`,
  )
}
