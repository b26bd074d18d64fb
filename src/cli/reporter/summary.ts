/** The last lines of a run: what is here, what it says, how long it took, and where it is. */
import type { Finding, JobEvent, Outcome } from '../../job/facts.js'
import type { Conclusion } from '../../job/outcome.js'
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

/**
 * `complete: 3 files, 120 resources, 48.2 kB in 12 s`. What ends before the job does, says how far it has come. `look`:
 * whole, and yet not to be used unseen.
 */
export const outcomeLine = (
  { phase, files, resources, bytes }: Outcome,
  state: JobState,
  look = false,
): string => {
  const listed = state.files.size
  const of = listed > files ? `${grouped(files)} of ` : ''
  const here = `${of}${count(Math.max(files, listed), 'file')}, ${count(resources, 'resource')}, ${size(bytes)}`
  const time = state.startedAt > 0 ? ` in ${duration(state.lastFactAt - state.startedAt)}` : ''
  const word = phase === 'in-progress' || phase === 'downloading' ? 'so far' : phase
  return `${word}${look ? ', but look at it' : ''}: ${here}${time}`
}

/** Whether the job came to its end without a file. */
const isOver = ({ end, acceptedAt }: JobState): boolean => end !== undefined && acceptedAt > 0

const emptyLine = ({ phase }: Outcome, { acceptedAt, lastFactAt }: JobState): string =>
  `${phase} after ${duration(lastFactAt - acceptedAt)}: no file was listed`

/** A rate of less time says nothing. */
const rateAfterMs = 1_000

/** When this run waited, and when it fetched files: seen as its facts come. */
const createTimes = () => {
  let manifestAt: number | undefined
  let from: number | undefined
  let to = 0
  let bytes = 0
  return {
    take: (event: JobEvent): void => {
      if (event.type === 'manifest-received' && !event.partial) manifestAt ??= event.at
      if (event.type === 'manifest-received' || event.type === 'job-resumed') from ??= event.at
      if (event.type !== 'file-completed') return
      to = event.at
      bytes += event.bytes
    },
    line: ({ acceptedAt }: JobState): string | undefined => {
      const waited =
        manifestAt !== undefined && acceptedAt > 0 && manifestAt > acceptedAt
          ? [`${duration(manifestAt - acceptedAt)} waiting for the server`]
          : []
      const fetchedMs = from === undefined ? 0 : to - from
      const rate = fetchedMs < rateAfterMs ? '' : ` at ${size(Math.round((bytes / fetchedMs) * 1000))}/s`
      const fetched = fetchedMs > 0 ? [`${duration(fetchedMs)} downloading ${size(bytes)}${rate}`] : []
      const parts = [...waited, ...fetched]
      return parts.length === 0 ? undefined : `of it ${parts.join(', ')}`
    },
  }
}

/** `columns`: of the terminal that reads it. */
export const createEnd = (talk: Talk, columns: () => number = () => Number.POSITIVE_INFINITY) => {
  const times = createTimes()
  return {
    take: times.take,
    /** Says what a run has brought. A run that brought nothing, and got nowhere, says nothing. */
    say: ({ outcome, error }: Conclusion, state: JobState, directory: string): void => {
      if (state.files.size === 0 && outcome.phase !== 'complete') {
        if (isOver(state)) talk.line(emptyLine(outcome, state))
        return
      }
      const rows = shownRows(typeRows(state))
      if (rows.length > 0) for (const text of table(rows, columns())) talk.line(text)
      sayFindings(outcome.findings, talk)
      talk.line(talk.paint.strong(outcomeLine(outcome, state, error?.code === 'BULKX_FINDINGS')))
      for (const text of [times.line(state), missingLine(state)]) if (text !== undefined) talk.line(text)
      talk.line(
        outcome.phase === 'complete' ? `the export is in ${directory}` : `what is whole is in ${directory}`,
      )
    },
  }
}
