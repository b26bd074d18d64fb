/** The files: how large, how fast, and those that stand out. */
import { count, duration, grouped, size } from '../../cli/text.js'
import { bars } from '../charts/bars.js'
import { columns } from '../charts/columns.js'
import { overTime } from '../charts/scale.js'
import type { ExportReport } from '../export-report.js'
import type { FileFacts } from '../file-facts.js'
import type { FileFigures, Told } from '../file-figures.js'
import { type Content, type Html, html } from '../html.js'
import { figure, quoted, section, shownTime, table } from '../parts.js'
import type { Spread } from '../spread.js'
import { foreignName, foreignWords } from '../words.js'

const rate = (value: number): string => `${size(Math.round(value))}/s`

/** `10 kB`, of round numbers. */
const round = (text: string): string => text.replace(/\.0+(?= )/, '')

interface SpreadWords {
  id: string
  title: string
  /** Of the table. */
  caption: string
  unit: (value: number) => string
}

const spreadFigure = (spread: Spread | undefined, { id, title, caption, unit }: SpreadWords): Content => {
  if (!spread || spread.number < 2) return undefined
  const rows = spread.bins.map(({ from, to, number }) => ({
    label: from === 0 ? `less than ${round(unit(to))}` : `${round(unit(from))} to ${round(unit(to))}`,
    value: number,
    text: count(number, 'file'),
  }))
  const description = rows.map(({ label, text }) => `${label}: ${text}`).join('; ')
  const chart = bars({ id, title, description }, rows)
  const beside = table({
    id: `${id}-table`,
    caption,
    columns: [{ name: 'From, to less than' }, { name: 'Files', isFigure: true }],
    rows: rows.map(({ label, value }) => [label, grouped(value)]),
  })
  const { least, median, most } = spread
  return figure(title, chart, `least ${unit(least)}, middle ${unit(median)}, most ${unit(most)}`, beside)
}

/** Below so many seconds there is nothing to see in a chart. */
const chartedBins = 4

const shortly = (bytes: readonly number[], binMs: number): Html => {
  const all = bytes.reduce((sum, one) => sum + one, 0)
  return html`<p>${size(Math.round(all))} came within ${duration(bytes.length * binMs)}.</p>`
}

const arrivalFigure = ({ chronicle }: ExportReport): Content => {
  const { arrival } = chronicle ?? {}
  if (!arrival) return undefined
  const { from, binMs, bytes } = arrival
  if (bytes.length < chartedBins) return shortly(bytes, binMs)
  const to = from + binMs * bytes.length
  const rates = bytes.map((one) => one / (binMs / 1000))
  const description = `From ${shownTime(from)} to ${shownTime(to)} UTC; at most ${rate(Math.max(...rates))}.`
  const chart = columns(
    { id: 'arrival', title: 'Bytes a second', description },
    {
      columns: rates.map((one) => [one]),
      ticks: overTime(from, to, 3).ticks,
      label: (value) => round(rate(value)),
    },
  )
  const rows = bytes.map((one, place) => [
    shownTime(from + place * binMs).slice(11),
    size(Math.round(one)),
    rate(one / (binMs / 1000)),
  ])
  const beside = table({
    id: 'arrival-table',
    caption: `By ${duration(binMs)}`,
    columns: [{ name: 'From (UTC)' }, { name: 'Came', isFigure: true }, { name: 'Rate', isFigure: true }],
    rows,
  })
  return figure('Bytes a second', chart, 'the bytes of a file are spread evenly over its own time', beside)
}

const short = (sha256: string | undefined): Html =>
  sha256 === undefined ? html`–` : html`<code>${foreignName(sha256).slice(0, 12)}</code>`

const took = ({ durationMs, bytes }: FileFacts): string[] =>
  durationMs === undefined
    ? ['–', '–']
    : [duration(durationMs), durationMs > 0 ? rate(bytes / (durationMs / 1000)) : '–']

const filesTable = (id: string, caption: string, { things, more }: Told<FileFacts>): Html =>
  table({
    id,
    caption,
    columns: [
      { name: 'File' },
      { name: 'Resources', isFigure: true },
      { name: 'Size', isFigure: true },
      { name: 'Time', isFigure: true },
      { name: 'Rate', isFigure: true },
      { name: 'SHA-256, first part' },
    ],
    rows: things.map((file) => [
      foreignName(file.name),
      grouped(file.resources),
      size(file.bytes),
      ...took(file),
      short(file.sha256),
    ]),
    more,
  })

const failedTable = ({ failures }: FileFigures): Content =>
  failures.things.length > 0 &&
  table({
    id: 'failed-table',
    caption: 'Files that could not be had whole',
    columns: [{ name: 'File' }, { name: 'Why' }],
    rows: failures.things.map(({ name, why = '' }) => [foreignName(name), quoted(foreignWords(why))]),
    more: failures.more,
  })

const all = (files: FileFigures): Content =>
  files.largest.more === 0
    ? filesTable('largest-table', 'All files, the largest first', files.largest)
    : [
        filesTable('largest-table', 'The largest files', files.largest),
        files.durations && filesTable('slowest-table', 'The slowest files', files.slowest),
      ]

export const filesSection = (report: ExportReport): Content => {
  const { files } = report
  if (files.listed === 0) return undefined
  const { pending, storedBytes, bytes } = files
  return section('files', 'Files', [
    failedTable(files),
    pending > 0 && html`<p>${count(pending, 'file')} still to be fetched.</p>`,
    storedBytes !== bytes &&
      html`<p>They are stored compressed: ${size(storedBytes)} on disk for ${size(bytes)} of content.</p>`,
    spreadFigure(files.sizes, {
      id: 'sizes',
      title: 'How large the files are',
      caption: 'Files by size',
      unit: size,
    }),
    spreadFigure(files.rates, {
      id: 'rates',
      title: 'How fast they came',
      caption: 'Files by rate',
      unit: rate,
    }),
    arrivalFigure(report),
    files.files > 0 && all(files),
  ])
}
