/** The head of an export's page: what it is, how it stands, and its figures. */
import { count, duration, grouped, size } from '../../cli/text.js'
import { originOf, withoutQuery } from '../../http/url.js'
import { failing } from '../../job/findings.js'
import type { ExportReport } from '../export-report.js'
import { type Content, type Html, html, withCode } from '../html.js'
import { foreignWords } from '../words.js'

/** How it stands, in a word and in a manner. */
export interface Standing {
  word: string
  manner: 'good' | 'look' | 'bad' | 'open'
}

const isGrave = ({ findings, accepted }: ExportReport): boolean =>
  !accepted && failing(findings, 'error').length > 0

export const standingOf = (report: ExportReport): Standing => {
  switch (report.phase) {
    case undefined:
      return { word: 'Stored', manner: 'open' }
    case 'complete':
      return isGrave(report)
        ? { word: 'Complete, with errors found', manner: 'look' }
        : { word: 'Complete', manner: 'good' }
    case 'incomplete':
      return { word: 'Incomplete', manner: 'bad' }
    case 'failed':
      return { word: 'Failed on the server', manner: 'bad' }
    case 'gone':
      return { word: 'Gone from the server', manner: 'bad' }
    case 'cancelled':
      return { word: 'Cancelled', manner: 'open' }
    case 'undecided':
      return { word: 'Undecided', manner: 'look' }
    case 'new':
      return { word: 'Not started', manner: 'open' }
    case 'in-progress':
      return { word: 'In progress', manner: 'open' }
    case 'downloading':
      return { word: 'Downloading', manner: 'open' }
    default:
      return report.phase satisfies never
  }
}

const amount = ({ files }: ExportReport): string =>
  `${count(files.resources, 'resource')} in ${count(files.files, 'file')}, ${size(files.bytes).replace(' ', '\u00a0')}`

const lead = (report: ExportReport): Content => {
  const { phase, files, trouble } = report
  switch (phase) {
    case undefined:
      return `manifest.json lists ${amount(report)}.`
    case 'complete':
      return files.files === 0
        ? 'The server listed no data, and no file is missing.'
        : `Everything that the server listed is on disk, whole: ${amount(report)}. ${foundText(report)}`
    case 'downloading':
      return `${grouped(files.files)} of ${count(files.listed, 'file')} are on disk: ${amount(report)}.`
    case 'incomplete':
    case 'new':
    case 'undecided':
    case 'in-progress':
    case 'failed':
    case 'gone':
    case 'cancelled':
      return html`<span dir="auto">${trouble?.message ?? ''}.</span>`
    default:
      return phase satisfies never
  }
}

const foundText = ({ findings, accepted }: ExportReport): string => {
  const errors = failing(findings, 'error').length
  if (errors === 0) return ''
  return `${count(errors, 'error')} ${errors === 1 ? 'was' : 'were'} found in it${accepted ? ', and accepted' : ''}.`
}

export const hostOf = (server: string | undefined): string => {
  const shown = originOf(server ?? '')?.replace(/^https?:\/\//, '') ?? withoutQuery(server ?? '')
  return foreignWords(shown) || 'a server that is not known'
}

interface Figure {
  name: string
  value: string
  note?: string
}

const timeFigures = ({ chronicle, startedAt, completedAt }: ExportReport): Figure[] => {
  const end = completedAt ?? chronicle?.to
  const whole =
    startedAt === undefined || end === undefined
      ? []
      : [
          {
            name: completedAt === undefined ? 'Time so far' : 'From start to end',
            value: duration(end - startedAt),
          },
        ]
  const { preparing } = chronicle ?? {}
  const atWork = preparing && preparing.to > preparing.from ? preparing : undefined
  return [...whole, ...(atWork ? [{ name: 'Server at work', value: duration(atWork.to - atWork.from) }] : [])]
}

const findingFigure = ({ findings, moreFindings, phase }: ExportReport): Figure[] =>
  phase !== undefined && phase !== 'complete'
    ? []
    : [{ name: 'Findings', value: findings.length === 0 ? 'none' : grouped(findings.length + moreFindings) }]

const figuresOf = (report: ExportReport): Figure[] => {
  const { files } = report
  const some: Figure[] =
    files.listed === 0
      ? []
      : [
          { name: 'Resources', value: grouped(files.resources) },
          {
            name: 'Files',
            value: grouped(files.files),
            note: files.files === files.listed ? undefined : `of ${grouped(files.listed)}`,
          },
          { name: 'Size', value: size(files.bytes) },
        ]
  return [...some, ...timeFigures(report), ...findingFigure(report)]
}

/** Figures that are read first. */
export const tiles = (figures: readonly Figure[]): Html =>
  html`<dl class="tiles">${figures.map(
    ({ name, value, note }) =>
      html`<div><dt>${name}</dt><dd>${value}${note && html` <small>${note}</small>`}</dd></div>`,
  )}</dl>`

export const badge = ({ word, manner }: Standing): Html => html`<p class="badge ${manner}">${word}</p>`

const unknownList = (unknown: readonly string[]): Content =>
  unknown.length > 0 &&
  html`<div class="note"><p><strong>What is not known</strong></p><ul>${unknown.map((one) => html`<li>${one}</li>`)}</ul></div>`

export const nextStep = (content: Content): Html =>
  html`<div class="next"><h2 id="next">What to do next</h2><p>${content}</p></div>`

const next = ({ trouble, findings, phase }: ExportReport, shownAs: string): Content => {
  if (trouble?.hint !== undefined)
    return withCode(`${trouble.hint[0]?.toUpperCase()}${trouble.hint.slice(1)}.`)
  if (phase === undefined)
    return html`Check the files against manifest.json: <code>bulkx verify ${shownAs}</code>`
  const look = findings.length > 0 ? 'Look at the findings below. ' : 'Nothing has to be done. '
  return html`${look}To check the files again at any time: <code>bulkx verify ${shownAs}</code>`
}

export const head = (report: ExportReport, shownAs: string): Html =>
  html`<header><p class="eyebrow">FHIR Bulk Data export</p><h1>${titleOf(report)}</h1>${badge(standingOf(report))}<p class="lead">${lead(report)}</p>${tiles(figuresOf(report))}${unknownList(report.unknown)}${nextStep(next(report, shownAs))}</header>`

/** The target and the server. */
export const titleOf = ({ target, server }: ExportReport): string =>
  `${target === undefined || target === '' ? 'Export' : foreignWords(target, target)} from ${hostOf(server)}`
