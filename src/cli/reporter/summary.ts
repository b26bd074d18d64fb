/** The last lines of a run: what is here, what it says, how long it took, and where it is. */
import type { Finding, Outcome } from '../../job/facts.js'
import type { Conclusion } from '../../job/outcome.js'
import { type Spent, spentUntil } from '../../job/spent.js'
import type { JobState } from '../../job/state.js'
import { cells, clip } from '../cells.js'
import { count, duration, grouped, harmless, size } from '../text.js'
import type { Talk } from './index.js'

/** Rows of types, and findings, that are printed at most. */
const maxTypes = 12
const maxFindings = 5

interface TypeRow {
  type: string
  files: number
  resources: number
  bytes: number
}

/** Largest first; what stands in folders beside the export comes last. */
const typeRows = (state: JobState): TypeRow[] => {
  const rows = new Map<string, TypeRow>()
  for (const file of state.files.values()) {
    if (!file.stored) continue
    const type = file.name.replace(/\.\d+\.ndjson$/, '')
    const row = rows.get(type) ?? { type, files: 0, resources: 0, bytes: 0 }
    row.files += 1
    row.resources += file.stored.resources
    row.bytes += file.stored.bytes
    rows.set(type, row)
  }
  const beside = ({ type }: TypeRow): number => (type.includes('/') ? 1 : 0)
  return [...rows.values()].sort(
    (a, b) => beside(a) - beside(b) || b.bytes - a.bytes || (a.type < b.type ? -1 : 1),
  )
}

/** One row for all of them. */
const together = (rows: readonly TypeRow[], type: string): TypeRow => {
  const sum = { type, files: 0, resources: 0, bytes: 0 }
  for (const { files, resources, bytes } of rows) {
    sum.files += files
    sum.resources += resources
    sum.bytes += bytes
  }
  return sum
}

const shownRows = (rows: readonly TypeRow[]): TypeRow[] => {
  if (rows.length <= maxTypes) return [...rows]
  const rest = rows.slice(maxTypes)
  return [...rows.slice(0, maxTypes), together(rest, `and ${count(rest.length, 'more type')}`)]
}

const indent = '  '

/** Names of types give way where the terminal is narrow. */
const table = (rows: readonly TypeRow[], columns: number): string[] => {
  const texts = [
    ['type', 'files', 'resources', 'bytes'],
    ...rows.map(({ type, files, resources, bytes }) => [
      type,
      grouped(files),
      grouped(resources),
      size(bytes),
    ]),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)))
  const numbers = widths.slice(1).reduce((sum, width) => sum + width + indent.length, indent.length)
  const typeWidth = Math.min(widths[0] ?? 0, Math.max(8, columns - numbers - 1))
  return texts.map(([type = '', ...cellsOfRow]) => {
    const first = clip(type, typeWidth, '..')
    const padded = `${first}${' '.repeat(typeWidth - cells(first))}`
    return [indent + padded, ...cellsOfRow.map((cell, at) => cell.padStart(widths[at + 1] ?? 0))].join(indent)
  })
}

const severities = ['error', 'warning', 'information'] as const

const findingLine = ({ severity, message, file }: Finding): string =>
  `finding (${severity}): ${file === undefined ? '' : `${file}: `}${harmless(message)}`

const numbersOf = (findings: readonly Finding[]): string =>
  severities
    .map((severity) => ({ severity, number: findings.filter((one) => one.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) =>
      severity === 'information' ? `${grouped(number)} for information` : count(number, severity),
    )
    .join(', ')

/** The gravest first. */
const sayFindings = (findings: readonly Finding[], talk: Talk): void => {
  if (findings.length === 0) return
  const sorted = severities.flatMap((severity) => findings.filter((one) => one.severity === severity))
  if (sorted.length > 1) talk.line(`findings: ${numbersOf(sorted)}`)
  for (const finding of sorted.slice(0, maxFindings)) talk.line(findingLine(finding))
  if (sorted.length > maxFindings)
    talk.line(`and ${grouped(sorted.length - maxFindings)} more; manifest.json lists all of them`)
}

/** What is missing, where something is. */
const missingLine = ({ unfinished: { pending, failed } }: JobState): string | undefined => {
  const parts = [
    ...(failed.size > 0 ? [`${count(failed.size, 'file')} that failed`] : []),
    ...(pending.size > 0 ? [`${count(pending.size, 'file')} still to be fetched`] : []),
  ]
  return parts.length === 0 ? undefined : `missing: ${parts.join(', ')}`
}

const isUnderWay = ({ phase }: Outcome): boolean => phase === 'in-progress' || phase === 'downloading'

/**
 * `complete: 3 files, 120 resources, 48.2 kB in 12 s`. What ends before the job does, says how far it has come. `to`:
 * its end, epoch milliseconds. `look`: whole, and yet not to be used unseen.
 */
export const outcomeLine = (outcome: Outcome, state: JobState, to: number, look = false): string => {
  const { phase, files, resources, bytes } = outcome
  const listed = state.files.size
  const of = listed > files ? `${grouped(files)} of ` : ''
  const here = `${of}${count(Math.max(files, listed), 'file')}, ${count(resources, 'resource')}, ${size(bytes)}`
  const time = state.startedAt > 0 ? ` in ${duration(to - state.startedAt)}` : ''
  const word = isUnderWay(outcome) ? 'so far' : phase
  return `${word}${look ? ', but look at it' : ''}: ${here}${time}`
}

/** Whether the job came to its end without a file. */
const isOver = ({ end, acceptedAt }: JobState): boolean => end !== undefined && acceptedAt > 0

const emptyLine = ({ phase }: Outcome, { acceptedAt, lastFactAt }: JobState): string =>
  `${phase} after ${duration(lastFactAt - acceptedAt)}: no file was listed`

/** A rate of less time says nothing. */
const rateAfterMs = 1_000

/** Where the time went; undefined where that is not worth a line. */
const spentLine = ({ waitingMs, downloadingMs, betweenMs, bytes }: Spent): string | undefined => {
  const rate = downloadingMs < rateAfterMs ? '' : ` at ${size(Math.round((bytes / downloadingMs) * 1000))}/s`
  const came = bytes === 0 ? '' : ` ${size(bytes)}${rate}`
  const parts = [
    ...(waitingMs > 0 ? [`${duration(waitingMs)} waiting for the server`] : []),
    ...(downloadingMs > 0 ? [`${duration(downloadingMs)} downloading${came}`] : []),
    ...(betweenMs > 0 ? [`${duration(betweenMs)} without news until it was resumed`] : []),
  ]
  return parts.length === 0 ? undefined : `of it ${parts.join(', ')}`
}

export interface EndOptions {
  /** Epoch milliseconds. */
  now: () => number
  /** Of the terminal that reads it. */
  columns?: () => number
}

/** Says what a run has brought. A run that brought nothing, and got nowhere, says nothing. */
export const sayEnd = (
  talk: Talk,
  { now, columns = () => Number.POSITIVE_INFINITY }: EndOptions,
  { outcome, error }: Conclusion,
  state: JobState,
  directory: string,
): void => {
  if (state.files.size === 0 && outcome.phase !== 'complete') {
    if (isOver(state)) talk.line(emptyLine(outcome, state))
    return
  }
  const rows = shownRows(typeRows(state))
  if (rows.length > 0) for (const text of table(rows, columns())) talk.line(text)
  sayFindings(outcome.findings, talk)
  // What ends before the job does has no fact of its end.
  const to = isUnderWay(outcome) ? Math.max(now(), state.lastFactAt) : state.lastFactAt
  talk.line(talk.paint.strong(outcomeLine(outcome, state, to, error?.code === 'BULKX_FINDINGS')))
  for (const text of [spentLine(spentUntil(state, to)), missingLine(state)])
    if (text !== undefined) talk.line(text)
  talk.line(
    outcome.phase === 'complete' ? `the export is in ${directory}` : `what is whole is in ${directory}`,
  )
}
