/** `bulkx jobs`: what this user has started, newest first. */
import { withoutQuery } from '../../http/url.js'
import type { Run } from '../invocation.js'
import { type ListedJob, listJobs } from '../job-list.js'
import { talkFor } from '../report/index.js'
import { shortPath } from '../show.js'
import { harmless, instant } from '../text.js'

const cells = (job: ListedJob, cwd: string): string[] => [
  job.refused ? `${job.phase}, refused` : (job.phase ?? 'not there'),
  instant(job.startedAt),
  withoutQuery(job.target),
  withoutQuery(job.server),
  harmless(shortPath(job.directory, cwd)),
]

const table = (rows: readonly string[][]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

const serverColumn = 3
const shortest = 12

/** A terminal breaks no line: what is shortened is the server, for directories are typed again. */
const fitting = (rows: readonly string[][], columns: number | undefined): string[] => {
  const lines = table(rows)
  const over = Math.max(0, ...lines.map((line) => line.length)) - (columns ?? Number.POSITIVE_INFINITY)
  if (over <= 0) return lines
  const widest = Math.max(...rows.map((row) => row[serverColumn]?.length ?? 0))
  const limit = Math.max(shortest, widest - over)
  const clip = (text: string): string => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text)
  return table(rows.map((row) => row.map((cell, column) => (column === serverColumn ? clip(cell) : cell))))
}

const fields = ({ exportId, directory, server, target, startedAt, phase, refused }: ListedJob) => ({
  phase,
  refused,
  directory,
  server: withoutQuery(server),
  target: withoutQuery(target),
  startedAt: new Date(startedAt).toISOString(),
  exportId,
})

export const run: Run = async ({ settings }, io) => {
  const jobs = await listJobs(io)
  if (settings.get('json')) return { result: { jobs: jobs.map(fields) } }
  if (jobs.length === 0) (await talkFor(settings, io)).line('no jobs were started here yet')
  const columns = io.stdout.isTTY ? io.stdout.columns : undefined
  for (const line of fitting(
    jobs.map((job) => cells(job, io.cwd)),
    columns,
  ))
    io.stdout.write(`${line}\n`)
  return {}
}
