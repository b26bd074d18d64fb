/** What stands in the directory decides how a command begins: CONTRACT part 1, "The same command again goes on". */
import { randomUUID } from 'node:crypto'
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import { kickOffUrl } from '../protocol/kick-off.js'
import type { KickOffRequest } from '../protocol/types.js'
import type { Job } from './export.js'
import type { JobEvent, Phase } from './facts.js'
import { failing } from './findings.js'
import { shownDirectory } from './next-command.js'
import { phaseError } from './outcome.js'
import { askedWords, questionText } from './question.js'
import { type JobState, phaseOf } from './state.js'

export type BeginningCommand = 'export' | 'kickoff' | 'resume'

/** Whether what stands in the directory is what is asked. */
export const isSameQuestion = (job: Pick<Job, 'state' | 'config'>, kickOff: KickOffRequest): boolean =>
  job.state.kickOff !== undefined &&
  questionText(job.state.server, job.state.kickOff) === questionText(job.config.server, kickOff)

/** The same question, put in the same way: by the same method, for one. */
const isAskedAlike = (job: Job, kickOff: KickOffRequest): boolean =>
  isSameQuestion(job, kickOff) &&
  (['method', 'listStyle', 'lenient'] as const).every((way) => job.state.kickOff?.[way] === kickOff[way])

const shown = (server: string, fhirUrl: string, kickOff: KickOffRequest | undefined): string => {
  if (!kickOff) return `a job of ${server} that was kicked off elsewhere`
  const {
    target: _target,
    operation: _operation,
    method: _method,
    listStyle: _list,
    lenient: _lenient,
    patient,
    ...asked
  } = kickOff
  const url = kickOffUrl(server.startsWith('mock:') ? server : fhirUrl, kickOff)
  const parameters = askedWords(asked)
  if (patient) parameters.push(`${patient.length} patients`)
  return [url, ...parameters].join(' ')
}

const otherQuestion = (job: Job): BulkxError => {
  const { state, config } = job
  const present = shown(state.server, state.fhirUrl, state.kickOff)
  const asked = shown(config.server, config.fhirUrl, config.kickOff)
  return new BulkxError(
    'BULKX_OTHER_JOB',
    `${shownDirectory(config)} holds another export: there ${present}, asked ${asked}`,
    {
      hint: 'use another directory with --out, go on with what is there by `bulkx resume`, or move it aside with --again',
    },
  )
}

const placeOf = (store: string | undefined): string => store ?? 'the directory itself'

/** A job's files are in one place: those that are there already are not fetched again. */
const assertSamePlace = ({ state, config }: Job): void => {
  if (state.store === config.store) return
  throw new BulkxError(
    'BULKX_OTHER_JOB',
    `${config.directory} holds a job whose files go to ${placeOf(state.store)}, and not to ${placeOf(config.store)}`,
    {
      hint: 'use another directory with --job-dir, or go on with what is there by `bulkx resume`',
    },
  )
}

const finished = ({ config }: Job): BulkxError =>
  new BulkxError('BULKX_FINISHED', `${shownDirectory(config)} holds a finished export`, {
    hint:
      config.store === undefined
        ? 'move it aside and start anew with --again, choose another directory with --out, or keep a data set up to date in one with `bulkx sync`'
        : 'choose another prefix with --out: what stands in a store is neither moved nor written over',
  })

const mockEnded = (): BulkxError =>
  new BulkxError(
    'BULKX_MOCK_ENDED',
    'The job ran on a mock server inside a bulkx process that has ended, and is gone with it',
    {
      hint: `start anew with --again; a mock that stays: \`bulkx mock\`, then --server with its URL`,
    },
  )

const unfinished: readonly Phase[] = ['in-progress', 'downloading', 'incomplete', 'undecided']

/** Throws for directories in which no command can go on. */
const assertCanGoOn = (job: Job, phase: Phase): void => {
  if (job.state.server.startsWith('mock:') && unfinished.includes(phase)) throw mockEnded()
  if (phase !== 'undecided' && phase !== 'failed' && phase !== 'gone' && phase !== 'cancelled') return
  const error = phaseError(job.state, shownDirectory(job.config), job.config.files.failOn)
  if (error) throw error
}

const create = (job: Job, kickOff: KickOffRequest | undefined): Promise<JobEvent[]> =>
  job.record([
    {
      type: 'job-created',
      version: 1,
      exportId: randomUUID(),
      server: job.config.server,
      fhirUrl: job.config.fhirUrl,
      kickOff,
      sinceLast: kickOff && job.config.sinceLast,
      identity: job.config.identity,
      store: job.config.store,
    },
  ])

const isNew = (state: JobState): boolean => state.exportId === ''

/** A resume with a milder `--fail-on` accepts what was found. */
const accept = async (job: Job): Promise<void> => {
  const { findings = [], accepted = job.state.failOn } = job.state
  const { failOn } = job.config.files
  if (failing(findings, accepted).length > 0 && failing(findings, failOn).length === 0) {
    await job.record([{ type: 'findings-accepted', failOn }])
  }
}

/** Whether nothing of a complete export is left to do at the server. */
export const isCleanedUp = ({ state, config }: { state: JobState; config: Pick<Config, 'files'> }): boolean =>
  config.files.cleanup === 'never' || state.deleteStatus !== undefined || state.synchronous || state.kept

/**
 * Creates the job or goes on with the one that is there. `done`: there is nothing to run. Throws
 * `BULKX_NO_JOB`, `BULKX_OTHER_JOB`, `BULKX_FINISHED` (2), `BULKX_KICK_OFF_UNDECIDED` (4), what a failed job
 * ended with (5), `BULKX_JOB_GONE`, `BULKX_JOB_CANCELLED`, `BULKX_MOCK_ENDED` (6).
 */
export const beginJob = async (job: Job, command: BeginningCommand): Promise<'run' | 'done'> => {
  const { state, config } = job
  if (isNew(state)) {
    if (command === 'resume') {
      throw new BulkxError('BULKX_NO_JOB', `There is no job in ${config.directory}`, {
        hint: 'start one with `bulkx export`',
      })
    }
    await job.sink.assertReady?.('new')
    await create(job, config.kickOff)
    return 'run'
  }
  const phase = phaseOf(state)
  if (command !== 'resume' && phase === 'new' && !isAskedAlike(job, config.kickOff)) {
    // Nothing was started there: a corrected command simply takes its place.
    await job.sink.assertReady?.('new')
    await create(job, config.kickOff)
    return 'run'
  }
  assertSamePlace(job)
  if (command !== 'resume' && !isSameQuestion(job, config.kickOff)) throw otherQuestion(job)
  if (phase === 'complete') {
    // Killed between manifest.json and the DELETE: the same command goes on with what is left of its work.
    if (command === 'kickoff' || (command === 'export' && isCleanedUp(job))) throw finished(job)
    if (command === 'resume') await accept(job)
    if (isCleanedUp(job)) return 'done'
    await job.record([{ type: 'job-resumed' }])
    return 'run'
  }
  assertCanGoOn(job, phase)
  if (command === 'kickoff' && phase !== 'new') return 'done'
  await job.sink.assertReady?.(phase === 'new' ? 'new' : 'begun')
  const kept = await job.sink.unfinished()
  await job.record([{ type: 'job-resumed', kept: kept.files > 0 ? kept : undefined }])
  return 'run'
}

/**
 * Attaches to a job whose status URL is known from elsewhere: in an empty directory, or where the answer to a
 * kick-off was lost. Throws `BULKX_OTHER_JOB` where another job stands.
 */
export const attachJob = async (job: Job, pollingLocation: string): Promise<void> => {
  const { state, config } = job
  if (state.pollingLocation === pollingLocation) {
    await beginJob(job, 'resume')
    return
  }
  await job.sink.assertReady?.(isNew(state) ? 'new' : 'begun')
  if (isNew(state)) await create(job, undefined)
  else if (state.pollingLocation !== undefined || state.end) {
    const message = `${config.directory} holds another job`
    throw new BulkxError('BULKX_OTHER_JOB', message, { hint: 'attach in another directory with --out' })
  }
  await job.record([{ type: 'kick-off-accepted', pollingLocation, attached: true }])
}
