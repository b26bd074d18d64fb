/** Columns from zero, one beside the other: amounts over time, or over rounds. Parts of one stand on each other. */
import { type Html, html } from '../html.js'
import { type Chart, frame, hatch, percent, tickNames } from './frame.js'
import { fromZero, type Tick } from './scale.js'

/** How the parts of a column are told apart; the second is hatched. */
const kinds = ['one', 'two', 'three'] as const

export interface Columns {
  /** Each with its parts, from below. */
  columns: readonly (readonly number[])[]
  /** Below the columns; percent of the width. */
  ticks: readonly Tick[]
  /** A value of the axis, with its unit. */
  label: (value: number) => string
}

const plotHeight = 168
const top = 10

/** Below columns that stand for numbered things: as many names as there is room for. */
export const nameTicks = (names: readonly string[], room = 8): Tick[] => {
  const every = Math.max(1, Math.ceil(names.length / room))
  return names.flatMap((label, place) =>
    place % every === 0 ? [{ at: (100 * (place + 0.5)) / names.length, label }] : [],
  )
}

const grid = ({ ticks }: ReturnType<typeof fromZero>): Html[] =>
  ticks.map(
    ({ at, label }) =>
      html`<line class="${at === 0 ? 'axis' : 'grid'}" x1="0" x2="100%" y1="${percent(100 - at)}" y2="${percent(100 - at)}"/><text class="tick" x="-8" y="${percent(100 - at)}" dy="4" text-anchor="end">${label}</text>`,
  )

export const columns = (chart: Chart, { columns: all, ticks, label }: Columns): Html => {
  const sums = all.map((parts) => parts.reduce((sum, part) => sum + part, 0))
  const scale = fromZero(Math.max(...sums, 0), label)
  const step = 100 / Math.max(1, all.length)
  const gap = all.length > 40 ? step * 0.12 : step * 0.24
  const column = (parts: readonly number[], place: number): Html[] => {
    let base = 0
    return parts.map((part, kind) => {
      const height = scale.at(part)
      base += height
      const fill = kind === 1 ? html`fill="url(#${chart.id}-two)"` : html`class="${kinds[kind] ?? 'three'}"`
      return part > 0
        ? html`<rect ${fill} x="${percent(place * step + gap / 2)}" width="${percent(step - gap)}" y="${percent(100 - base)}" height="${percent(height)}"/>`
        : html``
    })
  }
  const isParted = all.some((parts) => parts.length > 1)
  return frame(chart, { kind: 'plot', height: top + plotHeight + 26 }, [
    isParted && hatch(chart.id, 'two'),
    html`<svg x="0" y="${top}" width="100%" height="${plotHeight}" overflow="visible">${grid(scale)}${all.map(column)}</svg>`,
    tickNames(ticks, top + plotHeight + 18),
  ])
}
