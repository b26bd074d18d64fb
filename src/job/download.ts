/** The download step: every file that is still to be had, as tasks for the executor. */
import type { FileResult, FileTask } from '../fetch/task.js'
import { askBefore } from './expiry.js'
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
  askBefore: askBefore(file, job.state),
  gzip: job.config.files.gzip,
})

/** Nothing happened to a file that was not asked for because its URL has ended: it waits for a fresh one. */
const factsOf = (task: FileTask, result: FileResult): Fact[] => {
  if (result.ok) {
    return [{ type: 'file-completed', name: task.name, gzip: task.gzip || undefined, ...result.stored }]
  }
  return result.failure.code === 'expired'
    ? []
    : [{ type: 'file-failed', name: task.name, ...result.failure }]
}

/** One file that cannot be had never stops the others. */
export async function* download(job: Job, files: readonly OutputFile[]): AsyncGenerator<Fact[]> {
  const fetchOne = async (file: OutputFile, signal: AbortSignal): Promise<Fact[]> => {
    const task = taskOf(file, job)
    return factsOf(task, await job.executor.execute(task, signal))
  }
  for await (const finished of pool(files, job.executor.capacity, fetchOne, job.signal)) {
    const facts = finished.flat()
    if (facts.length > 0) yield facts
  }
}
