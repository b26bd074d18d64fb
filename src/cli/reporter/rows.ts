/** Rows of a label, a bar and what is said of it, side by side in columns of which each fits the terminal. */
import { cells } from '../cells.js'
import { barMax, type Look } from './look.js'

export interface Row {
  /** One cell. */
  mark?: string
  /** In at most so many cells. */
  label: (limit: number) => string
  /** 0 to 1; without one there is no bar. */
  fraction?: number
  /** The first ones go first where there is no room. */
  details: readonly string[]
}

/** A bar that shows something, and what there must be for it and for details; with less there are details alone. */
const bars = [
  { cells: 16, room: 40 },
  { cells: 10, room: 28 },
]
const gap = '  '
const markCells = 2
const labelMin = 16

/** The mark of a row and what is behind it leave the last cell free: some terminals break the row there. */
export const usableCells = (columns: number): number => columns - 1 - markCells

const fitted = (details: readonly string[], limit: number, separator: string): string => {
  for (let from = 0; from < details.length; from += 1) {
    const text = details.slice(from).join(separator)
    if (cells(text) <= limit) return text
  }
  return ''
}

/** Instead of all details, where there is no bar either. */
const percent = (fraction: number | undefined, limit: number): string => {
  const text = fraction === undefined ? '' : `${Math.floor(Math.min(1, fraction) * 100)} %`
  return text.length <= limit ? text : ''
}

/** What is left beside all details, or else what shows something beside the more important ones. */
const barWidth = (room: number, detailCells: number): number => {
  const least = bars.find((bar) => room >= bar.room)?.cells ?? 0
  return least === 0 ? 0 : Math.min(barMax, Math.max(least, room - detailCells - gap.length))
}

/** What grows and never shrinks while the terminal stays as wide: columns do not move with each figure. */
const createWidth = () => {
  let before = { columns: 0, cells: 0 }
  return (now: number, columns: number): number => {
    before = { columns, cells: Math.max(now, before.columns === columns ? before.cells : 0) }
    return before.cells
  }
}

const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(cells))

/** Lays rows out, time after time. */
export const createLayout = (look: Look) => {
  const labelWidth = createWidth()
  const detailWidth = createWidth()
  return (rows: readonly Row[], columns: number): string[] => {
    const width = usableCells(columns)
    const labelLimit = Math.min(width, Math.max(labelMin, Math.floor(width * 0.4)))
    const labels = rows.map(({ label }) => look.clip(label(labelLimit), labelLimit))
    const labelCells = labelWidth(longest(labels), columns)
    const room = width - labelCells - gap.length
    const details = detailWidth(longest(rows.map((row) => row.details.join(look.separator))), columns)
    const barCells = rows.some(({ fraction }) => fraction !== undefined) ? barWidth(room, details) : 0
    const detailRoom = barCells === 0 ? room : room - barCells - gap.length
    return rows.map(({ mark = ' ', fraction, details: parts }, index) => {
      const label = labels[index] ?? ''
      const padded = `${mark} ${label}${' '.repeat(labelCells - cells(label))}`
      const bar = fraction === undefined ? ' '.repeat(barCells) : look.bar(fraction, barCells)
      const said = fitted(parts, detailRoom, look.separator)
      const text = said === '' && barCells === 0 ? percent(fraction, detailRoom) : said
      return [padded, ...(barCells === 0 ? [] : [bar]), text].join(gap).trimEnd()
    })
  }
}
