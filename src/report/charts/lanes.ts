/** A timeline: one lane a kind of time, all over the same hours. */
import { type Html, html } from '../html.js'
import type { Span } from '../tallies.js'
import { type Chart, frame, hatch, percent, tickNames } from './frame.js'
import { overTime } from './scale.js'

export interface Lane {
  label: string
  /** How much of it there was. */
  text: string
  kind: 'one' | 'two' | 'three' | 'none'
  spans: readonly Span[]
  /** Moments, epoch milliseconds. */
  marks?: readonly number[]
}

const laneHeight = 44

export const lanes = (chart: Chart, span: Span, all: readonly Lane[]): Html => {
  const scale = overTime(span.from, span.to, 4)
  const bottom = all.length * laneHeight + 4
  const box = ({ from, to }: Span, lane: Lane, y: number): Html => {
    const fill =
      lane.kind === 'two' || lane.kind === 'none'
        ? html`fill="url(#${chart.id}-${lane.kind})"`
        : html`class="${lane.kind}"`
    const [x, end] = [scale.at(from), scale.at(to)]
    return html`<rect ${fill} x="${percent(Math.min(x, 99.6))}" y="${y + 22}" width="${percent(Math.max(0.4, end - x))}" height="12" rx="1.5"/>`
  }
  const mark = (at: number, y: number): Html =>
    html`<line class="mark" x1="${percent(scale.at(at))}" x2="${percent(scale.at(at))}" y1="${y + 22}" y2="${y + 34}"/>`
  return frame(chart, { kind: 'lanes', height: bottom + 24 }, [
    hatch(chart.id, 'two'),
    hatch(chart.id, 'none'),
    scale.ticks.map(
      ({ at }) => html`<line class="grid" x1="${percent(at)}" x2="${percent(at)}" y1="0" y2="${bottom}"/>`,
    ),
    tickNames(scale.ticks, bottom + 16),
    all.map((lane, place) => {
      const y = place * laneHeight
      return html`<g><text class="halo" x="0" y="${y + 15}">${lane.label}</text><text class="figure halo" x="100%" y="${y + 15}" text-anchor="end">${lane.text}</text><rect class="track" x="0" y="${y + 22}" width="100%" height="12" rx="1.5"/>${lane.spans.map((one) => box(one, lane, y))}${(lane.marks ?? []).map((at) => mark(at, y))}</g>`
    }),
  ])
}
