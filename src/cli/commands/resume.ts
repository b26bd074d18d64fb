/** `bulkx resume`: go on wherever a job stopped. */
import type { Config } from '../../config.js'
import { BulkxError } from '../../errors.js'
import { attachJob, beginJob } from '../../job/begin.js'
import { readJob } from '../../job/directory.js'
import type { Job } from '../../job/export.js'
import { isAskable } from '../../job/looks.js'
import type { JobState } from '../../job/state.js'
import { lookOnce } from '../../job/steer.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { configForJob, configForUrl } from '../job-config.js'
import { outPlace } from '../out-place.js'
import { datasetText, findJob, type Place } from '../place.js'
import { printedLines, printedSettings } from '../print-config.js'
import type { Reporter } from '../reporter/index.js'
import { runJob } from '../run-job.js'
import type { Settings } from '../settings.js'
import { assertNoDataset } from '../sync/place.js'
import { duration, instant } from '../text.js'

interface Found {
  config: Config
  settings: Settings
  /** The status URL to attach to. */
  url?: string
  target?: string
}

const toAttach = async (url: string, invocation: Invocation, io: Io): Promise<Found> => {
  const out = invocation.settings.get('out')
  if (out === undefined) {
    throw new BulkxError('BULKX_USAGE', 'A status URL needs a directory for its files', {
      hint: 'name one: `bulkx resume <status-url> --out <dir>`',
    })
  }
  const place = outPlace(out, invocation.settings, io)
  const { directory } = place
  await assertNoDataset(directory, io)
  const state = await readJob(directory)
  // Where the answer to a kick-off was lost, the directory knows the server and the question.
  const found = state
    ? await configForJob(state, directory, invocation, io)
    : await configForUrl(url, place, invocation, io)
  return { ...found, url, target: state?.kickOff ? undefined : 'a job' }
}

const toResume = async (place: Place, invocation: Invocation, io: Io): Promise<Found> => {
  if (place.kind === 'url') return toAttach(place.url, invocation, io)
  const found = await configForJob(place.state, place.directory, invocation, io)
  return { ...found, target: place.state.kickOff ? undefined : 'a job' }
}

/** The server's Retry-After has not passed: nothing is asked, and what is known is said. */
const sayWhenAskable = (state: JobState, reporter: Reporter, now: number): void => {
  if (isAskable(state, now)) return
  reporter.note(
    `the server asks not to be asked before ${instant(state.askableAt)}, in ${duration(state.askableAt - now)}`,
  )
}

const begin =
  (url: string | undefined, once: boolean, now: number) =>
  async (job: Job, reporter: Reporter): Promise<'run' | 'done'> => {
    if (url !== undefined) {
      await attachJob(job, url)
      return 'run'
    }
    const begun = await beginJob(job, 'resume')
    if (once && begun === 'run') sayWhenAskable(job.state, reporter, now)
    return begun
  }

const printSettings = ({ config, settings }: Found, io: Io): Ending => {
  const printed = printedSettings(settings, config, io)
  if (!settings.get('json')) io.stdout.write(`${printedLines(printed).join('\n')}\n`)
  return { result: { directory: config.directory, config: printed } }
}

export const run: Run = async (invocation, io) => {
  const place = await findJob(invocation.args[0], invocation.command, io)
  const found = await toResume(place, invocation, io)
  const { config, settings, url, target } = found
  if (settings.get('print-config')) return printSettings(found, io)
  const once = settings.get('once') === true
  const inDataset = datasetText(place, io)
  const now = io.clock.now()
  return runJob(
    {
      command: invocation.command,
      config,
      settings,
      target,
      opening: inDataset === undefined ? [] : [`${inDataset}; the same sync command merges it`],
      begin: begin(url, once, now),
      steer: once ? lookOnce(now) : undefined,
      fields: (state) => (once && !isAskable(state, now) ? { nextPollAt: instant(state.askableAt) } : {}),
    },
    io,
  )
}
