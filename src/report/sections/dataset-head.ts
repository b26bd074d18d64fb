/** The head of a data set's page: what it holds now, and whether anything is to be done. */
import { count, grouped, size } from '../../cli/text.js'
import type { DatasetReport } from '../dataset-report.js'
import { type Content, type Html, html, withCode } from '../html.js'
import { shownTime } from '../parts.js'
import { foreignWords } from '../words.js'
import { badge, hostOf, nextStep, type Standing, tiles } from './head.js'

const isOpen = ({ underWay, generation }: DatasetReport): boolean =>
  underWay !== undefined && underWay.generation > generation

export const datasetStanding = (report: DatasetReport): Standing => {
  if (isOpen(report)) return { word: `Round ${report.underWay?.generation} is not finished`, manner: 'look' }
  return report.generation === 0
    ? { word: 'Empty', manner: 'open' }
    : { word: `Generation ${report.generation}`, manner: 'good' }
}

export const datasetTitle = ({ target, server }: DatasetReport): string => {
  const host = server === undefined ? '' : hostOf(server)
  const what = target === undefined || target === '' ? 'Data set' : foreignWords(target, target)
  return host === '' ? what : `${what} from ${host}`
}

const lead = ({ generation, resources, types, transactionTime, exports }: DatasetReport): string => {
  if (generation === 0) return 'No round is finished yet: there is no snapshot.'
  const as = transactionTime === undefined ? '' : `, as of ${foreignWords(transactionTime)}`
  return `The snapshot holds ${count(resources, 'resource')} of ${count(types.length, 'type')}${as}, brought here by ${count(exports.length, 'export')} that ${exports.length === 1 ? 'is' : 'are'} kept.`
}

const next = (report: DatasetReport, shownAs: string): Content => {
  if (!isOpen(report))
    return html`The next <code>bulkx sync</code> brings what has changed since. To check the whole data set: <code>bulkx verify ${shownAs}</code>`
  const { open } = report.exports.find(({ number, open }) => open && number > report.generation) ?? {}
  if (open?.advice !== undefined)
    return html`<span dir="auto">${open.why}.</span> ${withCode(`${open.advice[0]?.toUpperCase()}${open.advice.slice(1)}.`)}`
  return html`The same <code>bulkx sync</code> command goes on with the round; <code>--again</code> gives it up and begins it anew. The snapshot stays as it is until then.`
}

const unknownList = (unknown: readonly string[]): Content =>
  unknown.length > 0 &&
  html`<div class="note"><p><strong>What is not known</strong></p><ul>${unknown.map((one) => html`<li>${one}</li>`)}</ul></div>`

export const datasetHead = (report: DatasetReport, shownAs: string): Html => {
  const { resources, bytes, types, exports } = report
  const last = exports.at(-1)?.startedAt
  const figures = [
    { name: 'Resources now', value: grouped(resources) },
    { name: 'Size', value: size(bytes) },
    { name: 'Types', value: grouped(types.length) },
    { name: 'Exports here', value: grouped(exports.length) },
    ...(last === undefined
      ? []
      : [
          {
            name: 'Last export',
            value: shownTime(last).slice(0, 10),
            note: `${shownTime(last).slice(11, 16)} UTC`,
          },
        ]),
  ]
  return html`<header><p class="eyebrow">FHIR Bulk Data, kept up to date</p><h1>${datasetTitle(report)}</h1>${badge(datasetStanding(report))}<p class="lead">${lead(report)}</p>${tiles(figures)}${unknownList(report.unknown)}${nextStep(next(report, shownAs))}</header>`
}
