/** A page: one file that asks for nothing, runs nothing, and is read by everybody. */
import { version } from '../version.js'
import type { ExportReport } from './export-report.js'
import { type Content, Html, html } from './html.js'
import { about, type Making } from './sections/about.js'
import { askedSection } from './sections/asked.js'
import { attemptsSection } from './sections/attempts.js'
import { dataSection } from './sections/data.js'
import { filesSection } from './sections/files.js'
import { findingsSection } from './sections/findings.js'
import { head, titleOf } from './sections/head.js'
import { messagesSection } from './sections/messages.js'
import { proofSection } from './sections/proof.js'
import { timelineSection } from './sections/timeline.js'
import { style } from './style.js'

/** Where the page is shown it must not be able to ask anybody, whatever got into it. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

/** In the first bytes of each page of ours. */
export const generator = 'bulkx report'

/** Their headings, as links. */
const contents = (sections: readonly Content[]): Content => {
  const links = sections.flatMap((one) => {
    const [, id, title] = one instanceof Html ? (/<h2 id="([a-z-]+)">([^<]*)</.exec(one.markup) ?? []) : []
    return id === undefined || title === undefined ? [] : [{ id, title }]
  })
  return html`<nav aria-label="On this page"><ul>${links.map(({ id, title }) => html`<li><a href="#${id}">${new Html(title)}</a></li>`)}</ul></nav>`
}

export interface Page {
  title: string
  head: Html
  sections: readonly Content[]
  foot: Content
}

export const pageText = ({ title, head: top, sections, foot }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="${generator} ${version}">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
${top}
${contents(sections)}
${sections.map((one) => html`${one}\n`)}
</main>
<div class="foot">${foot}</div>
</body>
</html>
`.markup

/** `shownAs`: the directory as a command would name it. */
export const exportPage = (report: ExportReport, shownAs: string, making: Making): string =>
  pageText({
    title: `${titleOf(report)} · Bulk Data export`,
    head: head(report, shownAs),
    sections: [
      findingsSection(report),
      dataSection(report),
      askedSection(report),
      timelineSection(report),
      filesSection(report),
      attemptsSection(report),
      messagesSection(report),
      proofSection(report, shownAs),
    ],
    foot: about(making, { exportId: report.exportId, version: report.manifest?.version }),
  })
