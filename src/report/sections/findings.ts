/** What was found in a whole export: how grave, what, where, and what to do. */
import { count } from '../../cli/text.js'
import type { Finding } from '../../job/facts.js'
import { adviceFor } from '../advice.js'
import type { ExportReport } from '../export-report.js'
import { type Content, type Html, html, withCode } from '../html.js'
import { quoted, section } from '../parts.js'
import { foreignName } from '../words.js'

const words = { error: 'Error', warning: 'Warning', information: 'Information' } as const

const item = ({ severity, code, message, file }: Finding): Html =>
  html`<li class="finding ${severity}"><p><strong class="severity">${words[severity]}</strong> ${quoted(`${message.charAt(0).toUpperCase()}${message.slice(1)}`)}${
    file !== undefined && html` <span class="where">${foreignName(file)}</span>`
  }</p><p class="advice">${withCode(adviceFor(code))}</p></li>`

const summary = (findings: readonly Finding[]): string => {
  const by = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length
  return [
    by('error') > 0 ? count(by('error'), 'error') : '',
    by('warning') > 0 ? count(by('warning'), 'warning') : '',
    by('information') > 0 ? `${by('information')} for information` : '',
  ]
    .filter((part) => part !== '')
    .join(', ')
}

export const findingsSection = (report: ExportReport): Content => {
  const { findings, moreFindings, accepted, phase } = report
  if (phase !== undefined && phase !== 'complete') return undefined
  if (findings.length === 0)
    return section('findings', 'Findings', html`<p>None: the files are as the server describes them.</p>`)
  return section(
    'findings',
    'Findings',
    html`<p>${summary(findings)}. ${accepted && 'They were accepted (--fail-on).'}</p><ul class="findings">${findings.map(item)}</ul>${
      moreFindings > 0 &&
      html`<p class="more">and ${count(moreFindings, 'more finding')} in manifest.json</p>`
    }`,
  )
}
