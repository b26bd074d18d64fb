/** The last lines of a run: what is here, what it says, and where it is. */
import type { Finding, Outcome } from '../../job/facts.js'
import type { Conclusion } from '../../job/outcome.js'
import type { JobState } from '../../job/state.js'
import { count, duration, grouped, harmless, size } from '../text.js'
import type { Talk } from './index.js'

/** Rows of types, and findings, that are printed at most. */
const maxTypes = 40
const maxFindings = 20

interface TypeRow {
  type: string
  files: number
  resources: number
  bytes: number
}

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
  // What was exported first, then what stands in folders beside it.
  const beside = ({ type }: TypeRow): number => (type.includes('/') ? 1 : 0)
  return [...rows.values()].sort((a, b) => beside(a) - beside(b) || (a.type < b.type ? -1 : 1))
}

const table = (rows: TypeRow[]): string[] => {
  const cells = rows.map(({ type, files, resources, bytes }) => [
    type,
    count(files, 'file'),
    count(resources, 'resource'),
    size(bytes),
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)))
  return cells.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
}

const findingLine = ({ severity, message, file }: Finding): string =>
  `finding (${severity}): ${file === undefined ? '' : `${file}: `}${harmless(message)}`

const sayFindings = (findings: readonly Finding[], talk: Talk): void => {
  for (const finding of findings.slice(0, maxFindings)) talk.line(findingLine(finding))
  if (findings.length > maxFindings) {
    talk.line(`and ${count(findings.length - maxFindings, 'more finding')}; manifest.json lists all of them`)
  }
}

/** `complete: 3 files, 120 resources, 48.2 kB in 12 s`. `look`: whole, and yet not to be used unseen. */
export const outcomeLine = (
  { phase, files, resources, bytes }: Outcome,
  state: JobState,
  look = false,
): string => {
  const listed = state.files.size
  const of = listed > files ? `${grouped(files)} of ` : ''
  const here = `${of}${count(Math.max(files, listed), 'file')}, ${count(resources, 'resource')}, ${size(bytes)}`
  const time = state.startedAt > 0 ? ` in ${duration(state.lastFactAt - state.startedAt)}` : ''
  return `${phase}${look ? ', but look at it' : ''}: ${here}${time}`
}

/** Says what a run has brought. A run that brought nothing, and got nowhere, says nothing. */
export const sayEnd = (
  { outcome, error }: Conclusion,
  state: JobState,
  directory: string,
  talk: Talk,
): void => {
  if (state.files.size === 0 && outcome.phase !== 'complete') return
  const rows = typeRows(state)
  for (const text of table(rows.slice(0, maxTypes))) talk.line(`  ${text}`)
  if (rows.length > maxTypes) talk.line(`  and ${count(rows.length - maxTypes, 'more type')}`)
  sayFindings(outcome.findings, talk)
  talk.line(talk.paint.strong(outcomeLine(outcome, state, error?.code === 'BULKX_FINDINGS')))
  talk.line(
    outcome.phase === 'complete' ? `the export is in ${directory}` : `what is whole is in ${directory}`,
  )
}
