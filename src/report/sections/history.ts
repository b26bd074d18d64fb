/** The rounds of a data set: what came, what changed, how long it took, and what stands out. */
import { count, duration, grouped, size } from '../../cli/text.js'
import { type Columns, columns, nameTicks } from '../charts/columns.js'
import type { DatasetExport, DatasetReport } from '../dataset-report.js'
import { type Content, type Html, html } from '../html.js'
import { figure, quoted, section, shownTime, table, timeOf } from '../parts.js'
import { foreignWords } from '../words.js'

/** The newest ones are shown. */
const columnsMax = 60
const rowsMax = 100

/** `12k`, for an axis. */
const short = (value: number): string => {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  return value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : grouped(value)
}

const dateOf = ({ startedAt, number }: DatasetExport): string =>
  startedAt === undefined ? `export ${number}` : shownTime(startedAt).slice(0, 10)

/** A date is wide. */
const datesRoom = 6

interface History {
  id: string
  title: string
  note: string
  parts: readonly { name: string; of: (one: DatasetExport) => number; text: (value: number) => string }[]
  label: (value: number) => string
}

const legendMarks = ['one', 'two', 'three'] as const

const legend = (id: string, names: readonly string[]): Content =>
  names.length > 1 &&
  html`<ul class="legend">${names.map((name, place) => {
    const fill = place === 1 ? html`fill="url(#${id}-two)"` : html`class="${legendMarks[place] ?? 'three'}"`
    return html`<li><svg aria-hidden="true" width="14" height="14"><rect ${fill} width="14" height="14" rx="2"/></svg>${name}</li>`
  })}</ul>`

const historyFigure = (exports: readonly DatasetExport[], history: History): Content => {
  const { id, title, note, parts, label } = history
  const shown = exports.slice(-columnsMax)
  if (shown.length < 2) return undefined
  const data: Columns = {
    columns: shown.map((one) => parts.map(({ of }) => of(one))),
    ticks: nameTicks(shown.map(dateOf), datesRoom),
    label,
  }
  const sums = parts.map(
    ({ name, of, text }) => `${name}: ${text(shown.reduce((sum, one) => sum + of(one), 0))}`,
  )
  const [first, last] = [shown[0], shown.at(-1)].map((one) => one && dateOf(one))
  const description = `From ${first} to ${last}; in all ${sums.join(', ')}.`
  const beside = table({
    id: `${id}-table`,
    caption: title,
    columns: [
      { name: 'Export' },
      { name: 'Started (UTC)' },
      ...parts.map(({ name }) => ({ name, isFigure: true })),
    ],
    rows: [...shown]
      .reverse()
      .map((one) => [one.number, timeOf(one.startedAt), ...parts.map(({ of, text }) => text(of(one)))]),
    more: exports.length - shown.length,
  })
  const chart = html`${columns({ id, title, description }, data)}${legend(
    id,
    parts.map(({ name }) => name),
  )}`
  return figure(title, chart, note, beside)
}

const changes =
  (of: 'added' | 'replaced' | 'deleted') =>
  (one: DatasetExport): number => {
    const found = one.changes
    if (!found) return 0
    return of === 'deleted' ? found.deleted + found.departed : found[of]
  }

const changesFigure = (exports: readonly DatasetExport[]): Content => {
  const known = exports.filter((one) => one.changes !== undefined)
  const later = known.filter((one) => one.role !== 'base')
  return historyFigure(later, {
    id: 'changes',
    title: 'What each round changed',
    note: 'resources of the snapshot, by the last export of the round; without the rounds that began anew',
    parts: [
      { name: 'Added', of: changes('added'), text: grouped },
      { name: 'Changed', of: changes('replaced'), text: grouped },
      { name: 'Deleted', of: changes('deleted'), text: grouped },
    ],
    label: short,
  })
}

const snapshotFigure = (exports: readonly DatasetExport[]): Content =>
  historyFigure(
    exports.filter((one) => one.changes !== undefined),
    {
      id: 'snapshots',
      title: 'Size of the snapshot',
      note: 'after each round',
      parts: [{ name: 'Bytes', of: (one) => one.changes?.bytes ?? 0, text: size }],
      label: (value) => size(value).replace(/\.0+(?= )/, ''),
    },
  )

const receivedFigure = (exports: readonly DatasetExport[]): Content =>
  historyFigure(exports, {
    id: 'received',
    title: 'Resources that came',
    note: 'in each export; a Bundle that lists deletions is one',
    parts: [{ name: 'Resources', of: ({ resources }) => resources, text: grouped }],
    label: short,
  })

const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const

/** In which an axis has round numbers. */
const unitFor = (mostMs: number) => units.find(({ ms }) => mostMs >= 2 * ms) ?? units[3]

const durationFigure = (exports: readonly DatasetExport[]): Content => {
  const whole = exports.map(({ serverMs = 0, downloadMs = 0 }) => serverMs + downloadMs)
  const unit = unitFor(Math.max(...whole, 0))
  const text = (value: number): string => duration(value * unit.ms)
  return historyFigure(exports, {
    id: 'durations',
    title: 'How long it took',
    note: 'each export',
    parts: [
      { name: 'Server at work', of: ({ serverMs = 0 }) => serverMs / unit.ms, text },
      { name: 'Downloads', of: ({ downloadMs = 0 }) => downloadMs / unit.ms, text },
    ],
    label: (value) => `${value} ${unit.name}`,
  })
}

const roleWords = { base: 'everything', delta: 'changes', newcomers: 'new members' } as const

const findingsText = ({ findings: { error, warning, information } }: DatasetExport): string => {
  const parts = [
    error > 0 ? count(error, 'error') : '',
    warning > 0 ? count(warning, 'warning') : '',
    information > 0 ? `${information} for information` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'none' : parts.join(', ')
}

const changesText = ({ changes: found }: DatasetExport): string[] =>
  found === undefined
    ? ['–', '–', '–']
    : [grouped(found.added), grouped(found.replaced), grouped(found.deleted + found.departed)]

const exportRow = (one: DatasetExport): Content[] => [
  one.number,
  one.role === undefined ? 'not recorded' : roleWords[one.role],
  timeOf(one.startedAt),
  one.phase ?? 'stored',
  grouped(one.resources),
  size(one.bytes),
  ...changesText(one),
  one.startedAt === undefined || one.completedAt === undefined
    ? '–'
    : duration(one.completedAt - one.startedAt),
  findingsText(one),
]

const exportsTable = (exports: readonly DatasetExport[]): Html =>
  table({
    id: 'exports-table',
    caption: 'The exports, the newest first',
    columns: [
      { name: 'Export' },
      { name: 'Asked for' },
      { name: 'Started (UTC)' },
      { name: 'Phase' },
      { name: 'Resources', isFigure: true },
      { name: 'Size', isFigure: true },
      { name: 'Added', isFigure: true },
      { name: 'Changed', isFigure: true },
      { name: 'Deleted', isFigure: true },
      { name: 'Time', isFigure: true },
      { name: 'Findings' },
    ],
    rows: [...exports].reverse().slice(0, rowsMax).map(exportRow),
    more: Math.max(0, exports.length - rowsMax),
  })

const attentionOf = ({ exports, gaps, usualMs, setAside, dropped, generation }: DatasetReport): Html[] => {
  const unfinished = exports.filter(
    ({ phase, number }) => phase !== 'complete' && phase !== undefined && number <= generation,
  )
  const unknown = exports.filter(({ changesUnknown, number }) => changesUnknown && number <= generation)
  const grave = exports.filter(({ findings }) => findings.error > 0)
  const people = exports.reduce(
    (sum, one) => ({ removed: sum.removed + one.removed, returned: sum.returned + one.returned }),
    { removed: 0, returned: 0 },
  )
  return [
    ...gaps.map(
      ({ from, to, missed }) =>
        html`<li>No round between ${shownTime(from)} and ${shownTime(to)} UTC: rounds come every ${duration(usualMs ?? 0)} as a rule, so about ${missed} ${missed === 1 ? 'was' : 'were'} skipped.</li>`,
    ),
    ...unfinished.map(
      ({ number, trouble = '' }) =>
        html`<li>Export ${number} is not complete: ${quoted(foreignWords(trouble))}.</li>`,
    ),
    ...(grave.length > 0
      ? [
          html`<li>Errors were found in ${count(grave.length, 'export')}: ${grave
            .slice(-10)
            .map(({ number }) => number)
            .join(', ')}. <code>bulkx report</code> on its folder says which.</li>`,
        ]
      : []),
    ...(setAside.length > 0
      ? [
          html`<li>Given up and set aside: ${setAside.slice(0, 10).join(', ')}${setAside.length > 10 && ` and ${setAside.length - 10} more`}. Nothing of them is in the snapshot.</li>`,
        ]
      : []),
    ...(people.removed > 0
      ? [html`<li>Left the group and taken out: ${count(people.removed, 'patient')}.</li>`]
      : []),
    ...(people.returned > 0
      ? [html`<li>Came back to the group: ${count(people.returned, 'patient')}.</li>`]
      : []),
    ...(dropped > 0
      ? [
          html`<li>${count(dropped, 'older export')} ${dropped === 1 ? 'is' : 'are'} not here any more: <code>--keep</code> drops them, and with them what was known of them.</li>`,
        ]
      : []),
    ...(unknown.length > 0
      ? [
          html`<li>What was added, changed and deleted is not known of ${count(unknown.length, 'export')}: rounds before the last full one do not keep it, nor do those of older versions.</li>`,
        ]
      : []),
  ]
}

const attention = (report: DatasetReport): Content => {
  const items = attentionOf(report)
  if (items.length === 0) return html`<p>No round was skipped or given up, and no error was found.</p>`
  return html`<ul>${items}</ul>`
}

export const attentionSection = (report: DatasetReport): Html =>
  section('attention', 'What stands out', attention(report))

export const historySection = ({ exports }: DatasetReport): Content =>
  exports.length > 0 &&
  section('history', 'History', [
    html`<p>Exports are numbered as they were begun; a round may need several, and its generation has the number of the last of them.</p>`,
    changesFigure(exports),
    snapshotFigure(exports),
    receivedFigure(exports),
    durationFigure(exports),
    exportsTable(exports),
  ])
