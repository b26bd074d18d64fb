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
}

export interface Job {
  id: string
  /** The kick-off URL, absolute, as the manifest repeats it. */
  request: string
  /** Epoch milliseconds, as are the next two. */
  acceptedAt: number
  readyAt: number
  expiresAt: number
  /** Status requests answered so far. */
  polls: number
  deleted: boolean
  /** The files in the manifest's order. */
  files: Promise<readonly JobFile[]>
  /** The same files, from the moment that they are known. */
  planned?: readonly JobFile[]
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
}

export interface Jobs {
  accept(request: string, plan: () => Promise<readonly JobFile[]>): Job
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

/** The server's jobs. Ids are a function of seed, time and order: a restarted server does not repeat them. */
export const createJobs = ({ clock, seed, jobMs, lifetimeMs }: JobsOptions): Jobs => {
  const jobs = new Map<string, Job>()
  let accepted = 0

  const newId = (now: number): string => {
    accepted += 1
    return [1, 2]
      .map((half) => hash(seed, half, Math.floor(now / 2 ** 32), now | 0, accepted))
      .map((part) => part.toString(16).padStart(8, '0'))
      .join('')
  }

  const phaseOf = (job: Job): JobPhase => {
    const now = clock.now()
    if (job.deleted) return 'deleted'
    if (now >= job.expiresAt) return 'expired'
    if (now >= job.readyAt) return job.failure === undefined ? 'done' : 'failed'
    return now === job.acceptedAt ? 'accepted' : 'running'
  }

  return {
    accept: (request, plan) => {
      const now = clock.now()
      const readyAt = now + jobMs
      const files = plan()
      const job: Job = {
        id: newId(now),
        request,
        acceptedAt: now,
        readyAt,
        expiresAt: readyAt + lifetimeMs,
        polls: 0,
        deleted: false,
        files,
      }
      files.then(
        (known) => {
          job.planned = known
        },
        (cause: unknown) => {
          job.failure = String(cause)
        },
      )
      jobs.set(job.id, job)
      for (const id of jobs.keys()) {
        if (jobs.size <= MAX_JOBS) break
        jobs.delete(id)
      }
      return job
    },
    find: (id) => jobs.get(id),
    all: () => jobs.values(),
    phaseOf,
    view: (job) => ({
      id: job.id,
      phase: phaseOf(job),
      fraction: jobMs === 0 ? 1 : Math.min((clock.now() - job.acceptedAt) / jobMs, 1),
      polls: job.polls,
      elapsedMs: clock.now() - job.acceptedAt,
    }),
    file: (id, name) => {
      const job = jobs.get(id)
      const index =
        typeof name === 'number' ? name - 1 : (job?.planned?.findIndex((file) => file.name === name) ?? -1)
      const file = job?.planned?.[index]
      if (job === undefined || file === undefined) return undefined
      return { ref: { job: id, number: index + 1, type: file.type, name: file.name }, job, file }
    },
  }
}
