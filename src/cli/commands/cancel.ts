/** `bulkx cancel`: the Bulk Data Delete Request, asked for by a person. */
import type { Config } from '../../config.js'
import { attachJob } from '../../job/begin.js'
import { cancelJob } from '../../job/cancel.js'
import type { Job } from '../../job/export.js'
import { conclude } from '../../job/outcome.js'
import { phaseOf } from '../../job/state.js'
import { isUndeletable } from '../../protocol/delete.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { configForJob, configForUrl } from '../job-config.js'
import { datasetText, findJob } from '../place.js'
import { createReporter, talkFor } from '../reporter/index.js'
import { afterInterruption, hostFor, observed, openJob, resultFields } from '../run-job.js'
import type { Settings } from '../settings.js'
import { shortPath } from '../show.js'
import { directoryOfUrl, withPassingDirectory } from '../url-job.js'

interface Cancelling {
  config: Config
  settings: Settings
  /** Where the job is not one of ours. */
  url?: string
}

const cancel = async (job: Job): Promise<string> => {
  const before = phaseOf(job.state)
  const events = await cancelJob(job)
  if (events.some((event) => event.type === 'delete-answered' && isUndeletable(event.status)))
    return 'the export is complete and stays on disk; the server keeps its job'
  if (events.length > 0) return before === 'complete' ? '' : 'the job is cancelled; what is on disk stays'
  return before === 'complete'
    ? 'the export is complete, and its job is deleted already'
    : `the job is ${before} already`
}

const runCancel = async ({ config, settings, url }: Cancelling, io: Io): Promise<Ending> => {
  const reporter = await createReporter(settings, io)
  try {
    await using job = await openJob(config, await hostFor(settings, io, reporter))
    const seen = observed(job, reporter)
    const fields = () => resultFields(conclude(job.state, config.directory, 'never').outcome)
    try {
      if (url !== undefined) await attachJob(seen, url)
      const words = await cancel(seen)
      if (words !== '') reporter.note(words)
      return { result: fields() }
    } catch (error) {
      return {
        error: afterInterruption(error, job.state, shortPath(config.directory, io.cwd)),
        result: fields(),
      }
    }
  } finally {
    reporter.close()
  }
}

const cancelUrl = (url: string, invocation: Invocation, io: Io): Promise<Ending> =>
  withPassingDirectory(io, async (directory) => {
    const ending = await runCancel({ ...(await configForUrl(url, { directory }, invocation, io)), url }, io)
    return { ...ending, result: { ...ending.result, directory: undefined } }
  })

export const run: Run = async (invocation, io) => {
  const found = await findJob(invocation.args[0], invocation.command, io)
  const inDataset = datasetText(found, io)
  if (inDataset !== undefined) (await talkFor(invocation.settings, io)).line(inDataset)
  const place = found.kind === 'url' ? await directoryOfUrl(found.url, io) : found
  if (place) return runCancel(await configForJob(place.state, place.directory, invocation, io), io)
  return found.kind === 'url' ? cancelUrl(found.url, invocation, io) : {}
}
