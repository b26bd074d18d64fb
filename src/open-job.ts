/** From settings to a job that can run: the one place where things are constructed. */
import type { Clock } from './clock.js'
import type { Config } from './config.js'
import type { Job } from './job/export.js'

/** What a run needs of the process it lives in. */
export interface Host {
  clock: Clock
  /** 0 to 1, for jitter. */
  random: () => number
  signal?: AbortSignal
  /** One redacted line for each request. */
  trace?: (line: string) => void
  /** Who holds the lock: this process. */
  process: { pid: number; host: string; isAlive: (pid: number) => boolean }
}

/** A job with its directory locked; `close` releases it. */
export interface OpenJob extends Job, AsyncDisposable {
  close(): Promise<void>
}

/**
 * Opens, or creates, the job directory of `config`, takes its lock and replays its journal.
 * Rejects with `BULKX_JOB_LOCKED` when another process works there, `BULKX_STORAGE` when it cannot be used.
 */
export declare const openJob: (config: Config, host: Host) => Promise<OpenJob>
