/** When what happened: lanes over the time of the job, and the moments as a table. */
import { count, duration } from '../../cli/text.js'
import { type Lane, lanes } from '../charts/lanes.js'
import { steps } from '../charts/steps.js'
import type { Chronicle } from '../chronicle.js'
import type { ExportReport } from '../export-report.js'
import { type Content, html } from '../html.js'
import { figure, quoted, section, shownTime, table, timeOf } from '../parts.js'
import type { Span } from '../tallies.js'

const total = (spans: readonly Span[]): string =>
  duration(spans.reduce((sum, { from, to }) => sum + to - from, 0))

const lanesOf = (chronicle: Chronicle): Lane[] => {
  const { preparing, downloads, pauses, pausedMs, interruptions, interruptedMs, looks, lookTimes } = chronicle
  return [
    ...(preparing
      ? [
          {
            label: 'Server at work',
            text: total([preparing]),
            kind: 'one' as const,
            spans: [preparing],
          },
        ]
      : []),
    ...(looks > 0
      ? [
          {
            label: 'Looks at the status',
            text: count(looks, 'answer'),
            kind: 'one' as const,
            spans: [],
            marks: lookTimes,
          },
        ]
      : []),
    ...(pauses.length > 0
      ? [{ label: 'Asked to wait', text: duration(pausedMs), kind: 'two' as const, spans: pauses }]
      : []),
    ...(downloads.length > 0
      ? [{ label: 'Downloads', text: total(downloads), kind: 'three' as const, spans: downloads }]
      : []),
    ...(interruptions.length > 0
      ? [
          {
            label: 'No process here',
            text: duration(interruptedMs),
            kind: 'none' as const,
            spans: interruptions,
          },
        ]
      : []),
  ]
}

const laneTable = (all: readonly Lane[]): Content =>
  table({
    id: 'lanes-table',
    caption: 'How much of each',
    columns: [{ name: 'What' }, { name: 'How much', isFigure: true }],
    rows: all.map(({ label, text }) => [label, text]),
  })

const notes = ({ resumes, pauses }: Chronicle): Content[] => [
  pauses.length > 0 && html`<p>“Asked to wait”: the server’s Retry-After, which is obeyed.</p>`,
  resumes > 0 &&
    html`<p>Another process went on with the job ${resumes === 1 ? 'once' : `${count(resumes, 'time')}`}. When the one before it ended is not recorded: “no process here” begins with the last thing that was written down.</p>`,
]

const timeline = (chronicle: Chronicle): Content => {
  const { from, to } = chronicle
  const all = lanesOf(chronicle)
  if (all.length === 0) return undefined
  const range = `${shownTime(from)} to ${shownTime(to)}, UTC`
  const description = `${range}. ${all.map(({ label, text }) => `${label}: ${text}`).join('; ')}.`
  const chart = lanes({ id: 'lanes', title: 'Where the time went', description }, { from, to }, all)
  return [figure('Where the time went', chart, range, html`${laneTable(all)}`), notes(chronicle)]
}

const progressMax = 60

/** The first ones, and the last. */
const some = <T>(things: readonly T[]): { things: readonly T[]; more: number } =>
  things.length <= progressMax
    ? { things, more: 0 }
    : {
        things: [...things.slice(0, progressMax - 1), ...things.slice(-1)],
        more: things.length - progressMax,
      }

const progress = ({ progress: said, preparing, to }: Chronicle): Content => {
  if (said.length === 0) return undefined
  const shown = some(said)
  const words = table({
    id: 'progress-table',
    caption: 'What the server said of its progress',
    columns: [{ name: 'When (UTC)' }, { name: 'In its words' }],
    rows: shown.things.map(({ at, text }) => [timeOf(at), quoted(text)]),
    more: shown.more,
  })
  const points = said.flatMap(({ at, percent }) => (percent === undefined ? [] : [{ at, percent }]))
  const span = { from: preparing?.from ?? said[0]?.at ?? 0, to: preparing?.to ?? to }
  if (points.length < 2 || span.to <= span.from) return words
  const description = `From ${points[0]?.percent} % to ${points.at(-1)?.percent} % in ${duration(span.to - span.from)}.`
  const chart = steps({ id: 'progress', title: 'Progress, as the server says it', description }, span, points)
  return figure('Progress, as the server says it', chart, 'percent, times in UTC', words)
}

const moments = ({ moments: rows }: Chronicle): Content =>
  table({
    id: 'moments',
    caption: 'What happened',
    columns: [{ name: 'When (UTC)' }, { name: 'What' }, { name: 'More' }],
    rows: rows.map(({ at, what, detail }) => [timeOf(at), what, detail === undefined ? '' : quoted(detail)]),
  })

export const timelineSection = ({ chronicle }: ExportReport): Content =>
  chronicle && section('timeline', 'Timeline', [timeline(chronicle), progress(chronicle), moments(chronicle)])
