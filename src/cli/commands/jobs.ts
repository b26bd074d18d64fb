/** `bulkx jobs`: what this user has started, newest first. */
import { withoutQuery } from '../../http/url.js'
import type { Ending, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { type ListedJob, listJobs } from '../job-list.js'
import { pruneJobs } from '../prune-jobs.js'
import { talkFor } from '../reporter/index.js'
import type { Settings } from '../settings.js'
import { shortPath } from '../show.js'
import { grouped, harmless, instant } from '../text.js'

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

const prune = async (settings: Settings, io: Io): Promise<Ending> => {
  const { removed, kept } = await pruneJobs(io)
  const talk = await talkFor(settings, io)
  const many =
    removed.length === 1
      ? '1 job whose directory is'
      : `${grouped(removed.length)} jobs whose directories are`
  talk.line(removed.length === 0 ? 'no job was taken off the list' : `took ${many} gone off the list`)
  for (const { job, reason } of kept)
    talk.line(`kept ${harmless(shortPath(job.directory, io.cwd))}, which is not there: ${reason}`)
  return {
    result: {
      removed: removed.map(fields),
      kept: kept.map(({ job, reason }) => ({ ...fields(job), reason })),
    },
  }
}

export const run: Run = async ({ settings }, io) => {
  if (settings.get('prune')) return prune(settings, io)
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
