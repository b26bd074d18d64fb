/** The download step: every file that is still to be had, as tasks for the executor. */
import type { FileResult, FileTask } from '../fetch/task.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import type { OutputFile } from './files.js'
import { pool } from './pool.js'

const taskOf = (file: OutputFile, job: Job): FileTask => ({
  name: file.name,
  section: file.section,
  type: file.type,
  url: file.url,
  requiresAccessToken: job.state.pages.get(file.page)?.requiresAccessToken,
  count: file.count,
  sizeBytes: file.sizeBytes,
  sha256: file.sha256,
  gzip: job.config.files.gzip,
})

const factOf = (task: FileTask, result: FileResult): Fact =>
  result.ok
    ? { type: 'file-completed', name: task.name, gzip: task.gzip || undefined, ...result.stored }
    : { type: 'file-failed', name: task.name, ...result.failure }

/** One file that cannot be had never stops the others. */
export async function* download(job: Job, files: readonly OutputFile[]): AsyncGenerator<Fact[]> {
  const fetchOne = async (file: OutputFile, signal: AbortSignal): Promise<Fact> => {
    const task = taskOf(file, job)
    return factOf(task, await job.executor.execute(task, signal))
  }
  yield* pool(files, job.executor.capacity, fetchOne, job.signal)
}
