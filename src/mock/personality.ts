/** What a server is like: a row of values and a few small functions, over the reference one. */
import type { Clock } from '../clock.js'
import type { Middleware, Phase } from './handler.js'
import type { Job, JobFile, Jobs, JobView } from './jobs.js'
import type { OutcomeIssue } from './outcome.js'
import { reference } from './personalities/reference.js'
import type { AccessRow, AuthRow } from './token-row.js'

export { reference }

export type Level = 'system' | 'patient' | 'group' | 'type' | 'instance'
/** `post-query`: a POST without a body, whose parameters stand in the URL. */
export type KickOffMethod = 'get' | 'post' | 'post-query'

/** A manifest in the words of STU2 and STU3; a personality may reshape it. */
export type ManifestJson = Record<string, unknown>

/** An OperationOutcome. */
export interface OutcomeJson {
  resourceType: string
  issue: readonly OutcomeIssue[]
}

/** Where a job is asked after, as an absolute URL, and as its path and query. */
export interface PollingLocation {
  url: string
  path: string
}

/** A file as it is given its name. */
export interface FileToName {
  section: 'output' | 'deleted' | 'error'
  type: string
  /** 1-based, among the files of this type and section. */
  number: number
}

/** When another job stands in the way of a kick-off, and what is said then. */
export interface SecondJobRow {
  /** Which earlier job it must be. `target`: of the same path; `request`: with the same parameters, too. */
  same: 'anything' | 'target' | 'request'
  /**
   * Only one that still works, any that was not deleted, or also one that was, if it was asked for so lately and
   * complete when it was deleted.
   */
  as: 'running' | 'kept' | { keptOrWithinMs: number }
  status: number
  /** Of the OperationOutcome; undefined answers without a body. */
  code: string | undefined
  /** Whether `Cache-Control: no-cache` gets a new job all the same; absent: it does not. */
  cacheControl?: 'obeyed'
  /** `locations`: of the jobs that stand in the way. */
  headers(locations: readonly string[]): Record<string, string>
}

/** What is said of a file in the manifest's entry, beside its type and URL. */
export interface FileFacts {
  /** Of its bytes without any content coding: SHA-256 in hexadecimal digits. */
  sha256: string
  sizeBytes: number
  /** When its job was accepted and complete, epoch milliseconds. */
  acceptedAt: number
  readyAt: number
}

/** A refusal that is no OperationOutcome as JSON. */
export interface Words {
  contentType: string
  text: string
}

export interface Personality {
  name: string
  /** One line for `--help`. */
  summary: string
  /** Target and options of a first export from it, as they stand behind `bulkx export`. */
  example: string
  /** What its CapabilityStatement says of itself; undefined: that it is the mock. */
  self: { publisher: string; software: string } | undefined
  /** Headers of every answer at its own host. */
  headers(status: number): Record<string, string>
  /** Path of the FHIR base, without a trailing slash. */
  basePath: string
  /** The operation's name in kick-off paths. */
  operation: string
  levels: readonly Level[]
  /** Its own ids of groups, and the mock's, which it knows too: `123` has ten patients, `all` everybody. */
  groups: Readonly<Record<string, string>>
  /**
   * Path templates: `{job}`, and for files also `{name}`, or `{number}` (their place in the manifest), and `{type}`.
   * They may have a query. `storage` is where the second host keeps files whose URLs are signed.
   */
  paths: { status: string; file: string; storage: string }
  types: {
    /** What can be exported; undefined: all that the data has. */
    exported: readonly string[] | undefined
    /** What can be exported too, but only together with one of them. */
    accompanying: readonly string[]
    /** Whether `_type=patient` is taken for `Patient`. */
    anyCase: boolean
    /** Whether a type may be named more than once. */
    repeated: boolean
  }
  kickOff: {
    methods: readonly KickOffMethod[]
    /** Where a level has others. */
    methodsAt: Partial<Record<Level, readonly KickOffMethod[]>>
    /**
     * `required`: `application/fhir+json` must be acceptable by name; `json`: some JSON must be acceptable.
     * `respond-async` must be preferred. `exact`: nothing else may stand there; `or-handling`: nothing but `handling`.
     */
    accept: 'required' | 'exact' | 'json' | 'ignored'
    prefer: 'required' | 'exact' | 'or-handling' | 'ignored'
    /** Whether `separate-export-status` is understood: STU4. */
    separateStatus: boolean
    status: number
    /** Among them the polling location. */
    headers(job: JobView, location: PollingLocation): Record<string, string>
    /** Sent as JSON; undefined is an empty body. */
    body(job: JobView, location: PollingLocation): unknown
  }
  /** The same headers of status and delete requests; `accept` is of status requests alone. */
  polling: { accept: 'required' | 'ignored'; prefer: 'required' | 'ignored' }
  /**
   * The status of a kick-off that is refused, by what is wrong with it: `group`: nobody knows it; `emptyGroup`: nobody
   * is in it, which undefined lets pass; `noParameters`: a POST without any, likewise. `job`: of a status request for a
   * job that nobody knows. `groupRead`: of reading a Group; undefined lets that pass.
   */
  refusals: {
    level: number
    group: number
    emptyGroup: number | undefined
    accept: number
    prefer: number
    typeFilter: number
    noParameters: number | undefined
    job: number
    groupRead: number | undefined
  }
  /** The media type of OperationOutcomes. */
  outcomeType: string
  /** An OperationOutcome in other words; undefined: as JSON. */
  outcomeWords(outcome: OutcomeJson, of: { status: number; phase: Phase }): Words | undefined
  /** The list of patients of a kick-off; `required` at the Patient level. `inQuery`: by GET, too, joined by commas. */
  patientList: { required: boolean; most: number; inQuery: boolean }
  /**
   * `dates`: `_since` may be a date. Without it: `missingMs`: what changed in so long a time; undefined: everything;
   * `sinceLast`: what changed since the last export of the same path that became complete. `newMembers`: whether an
   * export of a group with `_since` brings the history of who joined since then, or only what changed, as of everybody.
   * `groupLooksAt`: it is about all members, or only about those whose Patient changed.
   */
  since: {
    dates: boolean
    missingMs: number | undefined
    sinceLast: boolean
    newMembers(group: string): 'changes' | 'history'
    groupLooksAt: 'members' | 'changed-patients'
  }
  /** How many `_typeFilter` a kick-off may have. */
  typeFilters: { most: number }
  /** Undefined: any number of jobs. */
  secondJob: SecondJobRow | undefined
  /**
   * The names of the kick-off parameters that are understood; others are refused, or ignored when asked leniently. Names
   * that the mock does not know are taken, and come to nothing.
   */
  parameters: readonly string[]
  /** Which `value[x]` a parameter in a body may have, where that is not as STU2 and STU3 have it. */
  datatypes: Readonly<Record<string, readonly string[]>>
  /** What is missing beside these parameters, in words; undefined: nothing. */
  missingParameter(given: readonly string[], level: Level): string | undefined
  /** What becomes of a parameter that is not among them. */
  strangeParameters: 'refused' | 'ignored'
  /** How a list may be written in one request. */
  listParameters: 'comma-or-repeat' | 'comma-only' | 'repeat-only'
  outputFormats: readonly string[]
  /** `X-Progress` of an unfinished job; undefined sends none. */
  progress(job: JobView): string | undefined
  /** `Retry-After` of an unfinished job; undefined sends none. */
  retryAfter(job: JobView): string | undefined
  /** The status of the answer to one who asks before `retryAfter` has passed; undefined: nobody minds. */
  earlyPoll: number | undefined
  /** An unfinished job's other headers and body. */
  running: {
    status: number | ((job: JobView) => number)
    headers(job: JobView): Record<string, string>
    body(job: JobView): unknown
  }
  /** A job that fails says so by 500, or looks for ever as if it worked. */
  failures: 'reported' | 'unnoticed'
  manifest: {
    contentType: string
    /** Whether files have a `count`. */
    counts: boolean
    /** Whether they have a `fileSize`, and those of outcomes a `countSeverity`: STU4. */
    sizes: boolean
    /** In how many pages the files come while the job goes on, to clients that allow it; 0: in none. */
    partialPages: number
    /** Whether what was deleted since `_since` is listed. */
    deleted: boolean
    /** The `Expires` header; undefined sends none. */
    expires(at: number): string | undefined
    /** The `extension` of a file's entry; undefined: it has none. */
    extension: ((file: FileFacts) => unknown) | undefined
    reshape(manifest: ManifestJson, job: JobView): unknown
  }
  /** The manifest's value; undefined: true exactly when the server wants a token at all. */
  requiresAccessToken: boolean | undefined
  files: {
    contentType: string
    /** Compresses for clients that accept it; such bodies have no length and no ranges. */
    gzip: boolean
    ranges: boolean
    /** From the end of the job until its files are gone. */
    lifetimeMs: number
    /** From the kick-off until they are, where the job outlives them. */
    keptMs: number
    /** Those `_outputFormat`s for which they are stored compressed: as `.gz`, without a Content-Encoding. */
    storedGzip: readonly string[]
    /** Resources in a file, at most. */
    pageSize: number
    /** Unique in its job. */
    name(file: FileToName): string
    /** The name of what is listed for a type without resources; undefined: such types are left out. */
    blank: string | undefined
    /** Instead of, and beside, the headers that files have. */
    headers(file: Pick<JobFile, 'name' | 'content'>, job: Pick<Job, 'acceptedAt'>): Record<string, string>
    /** How often a file can be fetched. */
    fetches: number
    /**
     * Which URLs the manifest lists: this host's, the second host's, signed ones of its storage, or this host's, which
     * redirect to signed ones.
     */
    held: 'here' | 'elsewhere' | 'storage' | 'behind-redirect'
  }
  /**
   * The second host: whether this server sends clients there, and what becomes of a credential that comes along.
   * `refused`: any Authorization is an error, as at storage with signed URLs, which are good for `signedMs`.
   */
  elsewhere: { used: boolean; credential: 'refused' | 'required' | 'ignored'; signedMs: number }
  /**
   * Status codes of DELETE by the job's state, and of status requests from then on. `outcome`: whether DELETE is
   * answered with an OperationOutcome; `afterText`: a status request with this text instead of one.
   */
  delete: {
    running: number
    done: number
    again: number
    after: number
    outcome: boolean
    afterText: string | undefined
  }
  /** Of a status request once the time of the job is over, and of a request for a file, or for it once more than is allowed. */
  expired: { status: number; code: string | undefined; file: number }
  /** How a token is had, when the mock wants one. */
  auth: AuthRow
  /** What happens without the right one. */
  access: AccessRow
  /** Further behaviour, made anew for each mock because it may count and may look at the jobs. */
  rules(server: { jobs: Jobs; clock: Clock }): readonly Middleware[]
}

/** What may be said of a personality: any value, and any part of a group of values. */
export type Differences = {
  [K in keyof Personality]?: Personality[K] extends (...args: never[]) => unknown
    ? Personality[K]
    : Personality[K] extends readonly unknown[]
      ? Personality[K]
      : Personality[K] extends object
        ? Partial<Personality[K]>
        : Personality[K]
}

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** A `Retry-After` of so many seconds, but of no more than the job still needs: nobody waits for a short one in vain. */
export const retryAfterOf = (wanted: number, { remainingMs }: JobView): string =>
  String(Math.max(1, Math.min(wanted, Math.ceil(remainingMs / 1000))))

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A personality: the base one, by default the reference, with these differences. Groups are merged one level deep. */
export const personality = (differences: Differences, base: Personality = reference): Personality => {
  const row: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(differences)) {
    const before = row[key]
    row[key] = isGroup(before) && isGroup(value) ? { ...before, ...value } : value
  }
  return row as unknown as Personality
}

/** The types that a personality speaks of: its own, or those of the data. */
export const speaksOf = ({ types }: Personality, ofData: readonly string[]): readonly string[] =>
  types.exported ? [...types.exported, ...types.accompanying] : ofData
