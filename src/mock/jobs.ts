/** The server's side of an export: one record a kick-off, whose phase follows from the clock alone. */
import type { Clock } from '../clock.js'
import type { Content } from './content.js'
import type { FileRef } from './handler.js'
import { hash } from './seeded.js'

export type JobPhase = 'accepted' | 'running' | 'done' | 'failed' | 'expired' | 'deleted'

export interface JobFile {
  section: 'output' | 'deleted' | 'error'
  type: string
  /** Unique in its job, the last part of the URL. */
  name: string
  content: Content
  /** Requests for it so far. */
  fetches?: number
  /** The place, from 1, of the file in which its last block goes on. */
  continuesIn?: number
}

/** What a kick-off asks of the answers to come. */
export interface Wishes {
  separateStatus: boolean
  partialManifests: boolean
  /** The type by which the files are organized. */
  organizedBy: string | undefined
  /** The kick-off's own, as it came. */
  body: string
}

export interface Job {
  id: string
  /** The kick-off URL, absolute, as the manifest repeats it. */
  request: string
  wishes: Wishes
  /** Epoch milliseconds, as are the next two. */
  acceptedAt: number
  readyAt: number
  expiresAt: number
  /** What the manifest calls transactionTime, epoch milliseconds. */
  transactionAt: number
  /** Status requests answered so far. */
  polls: number
  /** When the next status request is welcome, epoch milliseconds. */
  pollAt: number
  deleted: boolean
  /** It was deleted before it was complete. */
  stopped?: true
  /** The files in the manifest's order. */
  files: Promise<readonly JobFile[]>
  /** The same files, from the moment that they are known. */
  planned?: readonly JobFile[]
  /** Where a name stands among them: a job may have tens of thousands of files. */
  positions?: ReadonlyMap<string, number>
  /** Why there will be no files. */
  failure?: string
}

/** A job as a personality sees it when it words an answer. */
export interface JobView {
  id: string
  phase: JobPhase
  /** From 0 to 1. */
  fraction: number
  /** Status requests so far, this one included. */
  polls: number
  elapsedMs: number
  /** Until its files are there. */
  remainingMs: number
  /** Epoch milliseconds, as are the next two. */
  now: number
  acceptedAt: number
  expiresAt: number
  /** Epoch milliseconds: the data are those of this instant. */
  transactionAt: number
  /** The kick-off URL. */
  request: string
  /** What it exports; 0 until that is known. */
  resources: number
}

export interface Jobs {
  /** `transactionAt`: epoch milliseconds; default now. */
  accept(
    request: string,
    plan: () => Promise<readonly JobFile[]>,
    wishes: Wishes,
    transactionAt?: number,
  ): Job
  find(id: string): Job | undefined
  /** Every job, in whatever phase, oldest first. */
  all(): Iterable<Job>
  phaseOf(job: Job): JobPhase
  view(job: Job): JobView
  /** The file with this name, or with this 1-based number, of a job whose files are known. */
  file(job: string, name: string | number): { ref: FileRef; job: Job; file: JobFile } | undefined
}

export interface JobsOptions {
  clock: Clock
  seed: number
  /** From the kick-off until the files are there. */
  jobMs: number
  /** From then until they are gone. */
  lifetimeMs: number
}

const MAX_JOBS = 10_000

/** The resources in the output files that are known. */
const resourcesIn = (files: readonly JobFile[] = []): number =>
  files.reduce((sum, { section, content }) => sum + (section === 'output' ? content.count : 0), 0)

/** Sixteen hexadecimal digits. */
const idOf = (seed: number, now: number, order: number): string =>
  [1, 2]
    .map((half) => hash(seed, half, Math.floor(now / 2 ** 32), now | 0, order))
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('')

const phaseAt = (job: Job, now: number): JobPhase => {
  if (job.deleted) return 'deleted'
  if (now >= job.expiresAt) return 'expired'
  if (now >= job.readyAt) return job.failure === undefined ? 'done' : 'failed'
  return now === job.acceptedAt ? 'accepted' : 'running'
}

const viewAt = (job: Job, now: number, jobMs: number): JobView => ({
  id: job.id,
  phase: phaseAt(job, now),
  fraction: jobMs === 0 ? 1 : Math.min((now - job.acceptedAt) / jobMs, 1),
  polls: job.polls,
  elapsedMs: now - job.acceptedAt,
  remainingMs: Math.max(job.readyAt - now, 0),
  now,
  acceptedAt: job.acceptedAt,
  expiresAt: job.expiresAt,
  transactionAt: job.transactionAt,
  request: job.request,
  resources: resourcesIn(job.planned),
})

/** Notes the outcome of the plan in its job. */
const follow = (job: Job): void => {
  job.files.then(
    (known) => {
      job.planned = known
      job.positions = new Map(known.map(({ name }, index) => [name, index]))
    },
    (cause: unknown) => {
      job.failure = String(cause)
    },
  )
}

/** The server's jobs. Ids are a function of seed, time and order: a restarted server does not repeat them. */
export const createJobs = ({ clock, seed, jobMs, lifetimeMs }: JobsOptions): Jobs => {
  const jobs = new Map<string, Job>()
  let accepted = 0

  const accept: Jobs['accept'] = (request, plan, wishes, transactionAt = clock.now()) => {
    accepted += 1
    const acceptedAt = clock.now()
    const readyAt = acceptedAt + jobMs
    const expiresAt = readyAt + lifetimeMs
    const id = idOf(seed, acceptedAt, accepted)
    const job: Job = {
      id,
      request,
      wishes,
      acceptedAt,
      readyAt,
      expiresAt,
      transactionAt,
      polls: 0,
      pollAt: acceptedAt,
      deleted: false,
      files: plan(),
    }
    follow(job)
    jobs.set(id, job)
    for (const oldest of jobs.keys()) {
      if (jobs.size <= MAX_JOBS) break
      jobs.delete(oldest)
    }
    return job
  }

  const file: Jobs['file'] = (id, name) => {
    const job = jobs.get(id)
    const index = typeof name === 'number' ? name - 1 : (job?.positions?.get(name) ?? -1)
    const found = job?.planned?.[index]
    if (job === undefined || found === undefined) return undefined
    return { ref: { job: id, number: index + 1, type: found.type, name: found.name }, job, file: found }
  }

  return {
    accept,
    find: (id) => jobs.get(id),
    all: () => jobs.values(),
    phaseOf: (job) => phaseAt(job, clock.now()),
    view: (job) => viewAt(job, clock.now(), jobMs),
    file,
  }
}
