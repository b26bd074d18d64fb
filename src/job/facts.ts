/** Everything that can happen to a job, in the past tense: one journal line each, and all that is remembered. */
import type { StoredFile } from '../fetch/task.js'
import type { Instant, Issue, KickOffRequest, OutputManifest, Section } from '../protocol/types.js'

/** Something that a whole, stored export still says. */
export interface Finding {
  severity: 'error' | 'warning' | 'information'
  /** Stable, in kebab-case: `server-issue`, `bad-lines`, `wrong-count`, … */
  code: string
  message: string
  /** The file it is about, by our name. */
  file?: string
}

/** How we were known to the server: references only, never a secret. */
export interface Identity {
  auth?: string
  profile?: string
  preset?: string
  clientId?: string
  keyFile?: string
  kid?: string
  alg?: string
  tokenUrl?: string
  scope?: string
  audience?: string
  clientSecretFile?: string
  tokenFile?: string
  headerFile?: string
}

/** The headers of an answer that are worth keeping: never cookies, credentials, or signed URLs. */
export type KeptHeaders = Record<string, string>

/** Scopes of the access token, where the server granted fewer than were asked for. */
export interface NarrowGrant {
  asked: string
  granted: string
  /** Types of the question that certainly none of the granted ones is for. */
  types: string[]
}

export type Fact =
  | {
      type: 'job-created'
      version: 1
      exportId: string
      /** As the user named it: a base URL, or `mock:`. */
      server: string
      fhirUrl: string
      /** Absent when somebody else kicked the job off and the question is not known. */
      kickOff?: KickOffRequest
      /** Its `since` was found by `--since last`, or there was nothing to find. */
      sinceLast?: true
      identity?: Identity
      /** The object store that the files go to; the directory itself when absent. */
      store?: string
    }
  /** `kept`: what there is of files that are not whole. */
  | { type: 'job-resumed'; kept?: { files: number; bytes: number } }
  /** Written before the request is sent; without an answer after it, the kick-off is undecided. */
  | { type: 'kick-off-requested'; method: string; url: string }
  /** Of the token that the kick-off was sent with; no such fact where nothing is missing, or nobody knows. */
  | ({ type: 'scopes-granted' } & NarrowGrant)
  /** It certainly did not reach the server. `againAfterMs`: another attempt follows. */
  | { type: 'kick-off-unsent'; reason: string; againAfterMs?: number }
  | {
      type: 'kick-off-refused'
      status: number
      message: string
      headers?: KeptHeaders
      againAfterMs?: number
    }
  /** The relative reference of an accepted kick-off leads nowhere: the job's address is not known. */
  | { type: 'kick-off-unlocated'; reference: string; status: number }
  | {
      type: 'kick-off-accepted'
      pollingLocation: string
      /** The server named plain http; it is asked over https. */
      raised?: true
      /** The relative reference that it was resolved from, as the server wrote it. */
      reference?: string
      /** The server's own `Date`, epoch milliseconds. */
      serverDate?: number
      headers?: KeptHeaders
      issues?: Issue[]
      /** Somebody else kicked it off; we were told the URL. */
      attached?: boolean
      /** The answer was the manifest itself. */
      synchronous?: boolean
    }
  | {
      type: 'status-in-progress'
      progress?: string
      heartbeat?: string
      /** The server has said the same for so long that it may be stuck; once for each such time. */
      unchangedMs?: number
      retryAfterMs?: number
      cut?: boolean
      notBefore: number
    }
  | {
      type: 'status-transient'
      reason: string
      /** Beyond `--patience`: the run ends with it. */
      last?: boolean
      status?: number
      retryAfterMs?: number
      cut?: boolean
      notBefore: number
    }
  /** An answer that ends most jobs and is looked at again before it is believed. */
  | { type: 'status-doubted'; reason: string; status: number; notBefore: number }
  /** `page` is the URL it was asked at; one that is known already brings fresh file URLs. `partial`: the job goes on. */
  | {
      type: 'manifest-received'
      page: string
      manifest: OutputManifest
      partial?: boolean
      /** Entries of each section that are known already and not repeated here. */
      known?: Record<Section, number>
      /** Our name of the known file that an entry is, by its position here; empty for a new one. */
      names?: Record<Section, string[]>
      /** Nothing but their paths or places told which files the entries are. */
      guessed?: true
    }
  /** Asked again for fresh URLs, or as a further page, in vain. `others`: it is there, and lists other files. */
  | { type: 'manifest-unavailable'; page: string; reason: string; others?: true }
  | ({ type: 'file-completed'; name: string; gzip?: boolean } & StoredFile)
  | {
      type: 'file-failed'
      name: string
      code: string
      message: string
      hint?: string
      trust?: string
      status?: number
      refresh: boolean
    }
  /** It was whole, and is not there any more, or not of its size: somebody has touched the directory. */
  | { type: 'file-lost'; name: string }
  | {
      type: 'export-failed'
      status: number
      message: string
      code: 'BULKX_EXPORT_FAILED' | 'BULKX_BAD_ANSWER'
    }
  | { type: 'export-gone'; status: number; message: string }
  /** `kept`: the job stays on the server, as `--cleanup never` asked. `failOn`: where it is stricter than usual. */
  | { type: 'manifest-written'; findings: Finding[]; kept?: boolean; failOn?: FailOn }
  | { type: 'findings-accepted'; failOn: FailOn }
  | { type: 'delete-answered'; status: number; message?: string }
  | { type: 'job-cancelled'; status: number }

export type FailOn = 'error' | 'warning' | 'never'

/** `at`: epoch milliseconds. */
export type JobEvent = Fact & { at: number }

export type Phase =
  | 'new'
  | 'undecided'
  | 'in-progress'
  | 'downloading'
  | 'complete'
  | 'incomplete'
  | 'failed'
  | 'gone'
  | 'cancelled'

/** What `runExport` ends with when nothing was thrown, and the fields of a `--json` result. */
export interface Outcome {
  phase: Phase
  exitCode: number
  directory: string
  transactionTime?: Instant
  files: number
  resources: number
  bytes: number
  findings: Finding[]
}
