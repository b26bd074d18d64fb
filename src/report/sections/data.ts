/** What came: resources and bytes of each type. */
import { count, grouped, size } from '../../cli/text.js'
import { bars } from '../charts/bars.js'
import type { ExportReport } from '../export-report.js'
import type { TypeFigures } from '../file-figures.js'
import { type Content, html } from '../html.js'
import { figure, section, table } from '../parts.js'
import { foreignName } from '../words.js'

const barsMax = 10
const rowsMax = 60

const sectionWords = { output: '', deleted: 'Deletions', outcome: 'Messages of the server' } as const

export const typeName = ({ section: kind, type }: Pick<TypeFigures, 'section' | 'type'>): string =>
  kind === 'output' ? foreignName(type) || 'several types' : sectionWords[kind]

export interface TypeSum {
  name: string
  resources: number
  bytes: number
  files?: number
}

/** Bars of the largest types, and a table of all. `noun`: what is counted. */
export const typesFigure = (id: string, types: readonly TypeSum[], title: string): Content => {
  const shown = types.slice(0, barsMax)
  const rest = types.slice(barsMax)
  const restSum = rest.reduce((sum, { resources }) => sum + resources, 0)
  const rows = shown.map(({ name, resources }) => ({
    label: name,
    value: resources,
    text: grouped(resources),
  }))
  const chart = bars(
    {
      id,
      title,
      description: rows.map(({ label, text }) => `${label} ${text}`).join(', '),
    },
    rows,
  )
  const withFiles = types.some(({ files }) => files !== undefined)
  const beside = table({
    id: `${id}-table`,
    caption: 'By type',
    columns: [
      { name: 'Type' },
      ...(withFiles ? [{ name: 'Files', isFigure: true }] : []),
      { name: 'Resources', isFigure: true },
      { name: 'Size', isFigure: true },
    ],
    rows: types
      .slice(0, rowsMax)
      .map(({ name, files = 0, resources, bytes }) => [
        name,
        ...(withFiles ? [grouped(files)] : []),
        grouped(resources),
        size(bytes),
      ]),
    more: Math.max(0, types.length - rowsMax),
  })
  const note =
    rest.length > 0 && `the largest ${barsMax}; ${count(rest.length, 'more type')} with ${grouped(restSum)}`
  return figure(title, chart, note, beside)
}

const others = (types: readonly TypeFigures[]): Content => {
  const some = types.filter(({ section: kind }) => kind !== 'output')
  if (some.length === 0) return undefined
  return table({
    id: 'others-table',
    caption: 'Beside the data',
    columns: [
      { name: 'What' },
      { name: 'Files', isFigure: true },
      { name: 'Resources', isFigure: true },
      { name: 'Size', isFigure: true },
    ],
    rows: some.map((one) => [typeName(one), grouped(one.files), grouped(one.resources), size(one.bytes)]),
  })
}

export const dataSection = ({ files }: ExportReport): Content => {
  const output = files.types.filter(({ section: kind }) => kind === 'output')
  if (files.files === 0) return undefined
  return section('data', 'What came', [
    output.length > 0
      ? typesFigure(
          'types',
          output.map((one) => ({ ...one, name: typeName(one) })),
          'Resources by type',
        )
      : html`<p>The server listed no data.</p>`,
    others(files.types),
  ])
}
