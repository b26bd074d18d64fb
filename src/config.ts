/** One run's settings, complete and frozen: what the command line resolves, and what a library user writes. */
import type { AuthMethod } from './auth/method.js'
import type { FailOn, Identity } from './job/facts.js'
import type { KickOffRequest } from './protocol/types.js'

export interface Config {
  /** As the user named it: a FHIR base URL, or `mock:`. */
  server: string
  /** The FHIR base URL that requests go to. */
  fhirUrl: string
  /** Absolute path of the job's directory. */
  directory: string
  /** How messages name it; the absolute path when absent. */
  shownAs?: string
  /** Where the files go, when it is not the directory: `s3://bucket/prefix`, `gs://…`, `az://…`. */
  store?: string
  kickOff: KickOffRequest
  /** `--since last` was asked for, and `kickOff.since` is what it found. */
  sinceLast?: true
  identity: Identity
  network: NetworkConfig
  waiting: WaitingConfig
  files: FilesConfig
  /** Workers elsewhere fetch the files. */
  queue?: QueueConfig
}

export interface QueueConfig {
  /** `redis://host:6379` or `rediss://…`, without a password. */
  url: string
  password?: string
  /** A worker that is silent for so long loses its files to others. */
  leaseMs: number
}

export interface NetworkConfig {
  /** Sent to the base origin only; never credentials. */
  headers: Record<string, string>
  /** Credentials in header form (`--header-file`), beside `auth`: base origin and trusted origins only. */
  secretHeaders: Record<string, string>
  /** Who we are to the server: base origin and trusted origins only. */
  auth: AuthMethod
  /** Origins, besides the base's own, that may see the credential. */
  trustedOrigins: string[]
  caPem?: string
  certPem?: string
  certKeyPem?: string
  /** From `--proxy`. */
  proxy?: string
  /** The environment's `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, when no proxy was given. */
  environmentProxy?: { http?: string; https?: string; no?: string }
  requestTimeoutMs: number
  maxRequestsPerSecond?: number
}

export interface WaitingConfig {
  pollMinMs: number
  pollMaxMs: number
  /** Cuts what the server asks for; no limit when absent. */
  retryAfterMaxMs?: number
  /** From the kick-off. */
  deadlineMs: number
  /** Of uninterrupted failure, across processes. */
  patienceMs: number
}

export interface FilesConfig {
  parallel: number
  maxBytesPerSecond?: number
  gzip: boolean
  cleanup: 'on-success' | 'never'
  failOn: FailOn
  maxLineBytes: number
}

const second = 1000
const minute = 60 * second
const day = 24 * 60 * minute

/** What holds when nobody says otherwise. */
export const defaults = {
  waiting: {
    pollMinMs: second,
    pollMaxMs: 5 * minute,
    deadlineMs: 30 * day,
    patienceMs: 30 * minute,
  },
  files: {
    parallel: 5,
    gzip: false,
    cleanup: 'on-success',
    failOn: 'error',
    maxLineBytes: 256 * 1024 * 1024,
  },
  requestTimeoutMs: minute,
  leaseMs: 15 * second,
} as const
