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
  for (const line of table(jobs.map((job) => cells(job, io.cwd)))) io.stdout.write(`${line}\n`)
  return {}
}
