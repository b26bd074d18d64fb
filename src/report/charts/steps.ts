/** What the server says of its progress, in percent: level until it says something else. */
import { type Html, html } from '../html.js'
import type { Span } from '../tallies.js'
import { type Chart, frame, percent, tickNames } from './frame.js'
import { fromZero, overTime } from './scale.js'

const plotHeight = 132
const top = 10

export const steps = (chart: Chart, span: Span, points: readonly { at: number; percent: number }[]): Html => {
  const x = overTime(span.from, span.to, 4)
  const y = fromZero(100, (value) => `${value} %`, 2)
  const step = (point: { at: number; percent: number }, place: number): Html => {
    const [left, right] = [percent(x.at(point.at)), percent(x.at(points[place + 1]?.at ?? span.to))]
    const height = percent(100 - y.at(point.percent))
    const before = points[place - 1]
    const up =
      before &&
      html`<line class="line" x1="${left}" x2="${left}" y1="${percent(100 - y.at(before.percent))}" y2="${height}"/>`
    return html`${up}<line class="line" x1="${left}" x2="${right}" y1="${height}" y2="${height}"/>`
  }
  return frame(chart, { kind: 'plot', height: top + plotHeight + 26 }, [
    html`<svg x="0" y="${top}" width="100%" height="${plotHeight}" overflow="visible">${y.ticks.map(
      ({ at, label }) =>
        html`<line class="${at === 0 ? 'axis' : 'grid'}" x1="0" x2="100%" y1="${percent(100 - at)}" y2="${percent(100 - at)}"/><text class="tick" x="-8" y="${percent(100 - at)}" dy="4" text-anchor="end">${label}</text>`,
    )}${points.map(step)}</svg>`,
    tickNames(x.ticks, top + plotHeight + 18),
  ])
}
