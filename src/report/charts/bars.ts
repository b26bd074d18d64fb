/** Horizontal bars from zero, each under its own name and figure: no axis is needed. */
import { type Html, html } from '../html.js'
import { type Chart, frame, percent } from './frame.js'

export interface Bar {
  label: string
  value: number
  /** The value with its unit. */
  text: string
}

const rowHeight = 38

export const bars = (chart: Chart, rows: readonly Bar[]): Html => {
  const most = Math.max(...rows.map(({ value }) => value), 0)
  const width = (value: number): number => (most > 0 ? (100 * value) / most : 0)
  return frame(
    chart,
    { kind: 'bars', height: rows.length * rowHeight },
    rows.map(
      ({ label, value, text }, row) =>
        html`<g><text x="0" y="${row * rowHeight + 15}">${label}</text><text class="figure" x="100%" y="${row * rowHeight + 15}" text-anchor="end">${text}</text><rect class="track" x="0" y="${row * rowHeight + 22}" width="100%" height="8" rx="2"/><rect class="one" x="0" y="${row * rowHeight + 22}" width="${percent(width(value))}" height="8" rx="2"/></g>`,
    ),
  )
}
