/** The page of a data set. */
import type { DatasetReport } from './dataset-report.js'
import { html, withCode } from './html.js'
import { pageText } from './page.js'
import { facts, quoted, section } from './parts.js'
import { about, type Making } from './sections/about.js'
import { typesFigure } from './sections/data.js'
import { datasetHead, datasetTitle } from './sections/dataset-head.js'
import { attentionSection, historySection } from './sections/history.js'

/** `shownAs`: the directory as a command would name it. */
export const datasetPage = (report: DatasetReport, shownAs: string, making: Making): string =>
  pageText({
    title: `${datasetTitle(report)} · Bulk Data set`,
    head: datasetHead(report, shownAs),
    sections: [
      attentionSection(report),
      report.types.length > 0 &&
        section('data', 'What the snapshot holds', typesFigure('types', report.types, 'Resources by type')),
      historySection(report),
      report.asked &&
        section(
          'asked',
          'What is asked each time',
          facts(report.asked.map(([name, value]) => [name, quoted(value)] as const)),
        ),
      section(
        'proof',
        'What was checked',
        html`<p>dataset.json has the SHA-256 of each file of the snapshot, and each export its own manifest.json.</p><p>${withCode(
          `This page does not read the data: whether all of it is still as it was stored, \`bulkx verify ${shownAs}\` says. When that was last done is not recorded.`,
        )}</p>`,
      ),
    ],
    foot: about(making, {}),
  })
