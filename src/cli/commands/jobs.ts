/** `bulkx jobs`: what this user has started, newest first. */
import { withoutQuery } from '../../http/url.js'
import { cells as cellsIn, clip } from '../cells.js'
import type { Ending, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { type ListedJob, listJobs } from '../job-list.js'
import { pruneJobs } from '../prune-jobs.js'
import { talkFor } from '../reporter/index.js'
import type { Settings } from '../settings.js'
import { shortPath } from '../show.js'
import { count, grouped, harmless, instant } from '../text.js'

const phaseText = ({ phase, workers }: ListedJob): string => {
  if (phase === undefined) return 'not there'
  return workers === undefined ? phase : `${phase}, ${count(workers, 'worker')}`
}

const cells = (job: ListedJob, cwd: string): string[] => [
  phaseText(job),
  instant(job.startedAt),
  withoutQuery(job.target),
  withoutQuery(job.server),
  harmless(job.store ?? shortPath(job.directory, cwd)),
]

const table = (rows: readonly string[][]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => cellsIn(row[column] ?? ''))),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cellsIn(cell)))
      .join('  ')
      .trimEnd(),
  )
}

const [startedColumn, serverColumn] = [1, 3]
const shortest = 12

type Cells = readonly string[][]

const widthOf = (lines: readonly string[]): number => Math.max(0, ...lines.map(cellsIn))

const dated = (rows: Cells): string[][] =>
  rows.map((row) => row.map((cell, column) => (column === startedColumn ? cell.slice(0, 10) : cell)))

const withoutServer = (rows: Cells): string[][] =>
  rows.map((row) => row.filter((_, column) => column !== serverColumn))

/** The server as short as it must be for the line to fit, but not without a meaning. */
const clipped = (rows: Cells, columns: number): string[][] => {
  const over = widthOf(table(rows)) - columns
  const widest = Math.max(0, ...rows.map((row) => cellsIn(row[serverColumn] ?? '')))
  const limit = Math.max(shortest, widest - over)
  return rows.map((row) => row.map((cell, column) => (column === serverColumn ? clip(cell, limit) : cell)))
}

/** A terminal breaks no line, where that can be: directories stay whole, for they are typed again. */
const fitting = (rows: Cells, columns = Number.POSITIVE_INFINITY): string[] => {
  const narrower = [() => rows, () => clipped(rows, columns), () => clipped(dated(rows), columns)]
  for (const narrow of narrower) {
    const lines = table(narrow())
    if (widthOf(lines) <= columns) return lines
  }
  return table(withoutServer(dated(rows)))
}

const fields = ({ exportId, directory, store, server, target, startedAt, ...rest }: ListedJob) => ({
  phase: rest.phase,
  refused: rest.refused,
  workers: rest.workers,
  directory,
  store,
  server: withoutQuery(server),
  target: withoutQuery(target),
  startedAt: new Date(startedAt).toISOString(),
  exportId,
})

const prune = async (settings: Settings, io: Io): Promise<Ending> => {
  const { removed, kept } = await pruneJobs(io)
  const talk = await talkFor(settings, io)
  talk.line(
    removed.length === 0
      ? 'no job was taken off the list'
      : `took ${count(removed.length, 'job')} off the list: the directory is gone, or holds nothing but a refused kick-off`,
  )
  for (const { job, reason } of kept)
    talk.line(`kept ${harmless(shortPath(job.directory, io.cwd))}, which is not there: ${reason}`)
  return {
    result: {
      removed: removed.map(fields),
      kept: kept.map(({ job, reason }) => ({ ...fields(job), reason })),
    },
  }
}

/** Nothing runs of these, and nothing is to be done: their number is enough. */
const refusedLine = (refused: number, others: number): string =>
  `${others > 0 ? 'and ' : ''}${grouped(refused)} whose kick-off the server refused: \`--json\` lists them too, \`--prune\` takes them off the list`

export const run: Run = async ({ settings }, io) => {
  if (settings.get('prune')) return prune(settings, io)
  const jobs = await listJobs(io)
  if (settings.get('json')) return { result: { jobs: jobs.map(fields) } }
  const talk = await talkFor(settings, io)
  if (jobs.length === 0) talk.line('no jobs were started here yet')
  const columns = io.stdout.isTTY ? io.stdout.columns : undefined
  const started = jobs.filter(({ refused }) => !refused)
  for (const line of fitting(
    started.map((job) => cells(job, io.cwd)),
    columns,
  ))
    io.stdout.write(`${line}\n`)
  const refused = jobs.length - started.length
  if (refused > 0) talk.line(refusedLine(refused, started.length))
  return {}
}
