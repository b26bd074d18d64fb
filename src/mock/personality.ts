/** What a server is like: a row of values and a few small functions, over the reference one. */
import type { Clock } from '../clock.js'
import type { Middleware } from './handler.js'
import type { Jobs, JobView } from './jobs.js'
import { type AccessRow, type AuthRow, referenceAccess, referenceAuth } from './token-row.js'

export type Level = 'system' | 'patient' | 'group' | 'type' | 'instance'
export type KickOffMethod = 'get' | 'post'

/** A manifest in the words of STU2 and STU3; a personality may reshape it. */
export type ManifestJson = Record<string, unknown>

/** Where a job is asked after, as an absolute URL, and as its path and query. */
export interface PollingLocation {
  url: string
  path: string
}

export interface Personality {
  name: string
  /** One line for `--help`. */
  summary: string
  /** Path of the FHIR base, without a trailing slash. */
  basePath: string
  /** The operation's name in kick-off paths. */
  operation: string
  levels: readonly Level[]
  /** Path templates: `{job}`, and for files also `{name}` or `{number}`. They may have a query. */
  paths: { status: string; file: string }
  kickOff: {
    methods: readonly KickOffMethod[]
    /** `required`: `application/fhir+json` must be acceptable by name; `respond-async` must be preferred. */
    accept: 'required' | 'ignored'
    prefer: 'required' | 'ignored'
    status: number
    /** Among them the polling location. */
    headers(job: JobView, location: PollingLocation): Record<string, string>
    /** Sent as JSON; undefined is an empty body. */
    body(job: JobView, location: PollingLocation): unknown
  }
  /** The names of the kick-off parameters that are understood; others are refused, or ignored when asked leniently. */
  parameters: readonly string[]
  /** How a list may be written in one request. */
  listParameters: 'comma-or-repeat' | 'comma-only'
  outputFormats: readonly string[]
  /** `X-Progress` of an unfinished job; undefined sends none. */
  progress(job: JobView): string | undefined
  /** `Retry-After` of an unfinished job; undefined sends none. */
  retryAfter(job: JobView): string | undefined
  /** An unfinished job's other headers and body. */
  running: { status: number; headers(job: JobView): Record<string, string>; body(job: JobView): unknown }
  manifest: {
    contentType: string
    /** The `Expires` header; undefined sends none. */
    expires(at: number): string | undefined
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
  }
  /**
   * The second host: whether this server sends clients there, and what becomes of a credential that comes along.
   * `refused`: any Authorization is an error, as at storage with signed URLs.
   */
  elsewhere: { used: boolean; credential: 'refused' | 'required' | 'ignored' }
  /** Status codes of DELETE by the job's state, and of status requests from then on. */
  delete: { running: number; done: number; again: number; after: number }
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

const HOUR_MS = 3_600_000

/** The Bulk Data Access IG, STU2 and STU3, without a dialect. */
export const reference: Personality = {
  name: 'reference',
  summary: 'the Bulk Data Access IG, STU2 and STU3, to the letter',
  basePath: '/fhir',
  operation: '$export',
  levels: ['system', 'patient', 'group', 'type', 'instance'],
  paths: { status: '/fhir/bulkstatus/{job}', file: '/fhir/bulkfiles/{job}/{name}' },
  kickOff: {
    methods: ['get', 'post'],
    accept: 'required',
    prefer: 'required',
    status: 202,
    headers: (_job, { url }) => ({ 'content-location': url }),
    body: () => undefined,
  },
  parameters: [
    '_outputFormat',
    '_since',
    '_until',
    '_type',
    '_elements',
    '_typeFilter',
    'patient',
    'includeAssociatedData',
    'allowPartialManifests',
  ],
  listParameters: 'comma-or-repeat',
  outputFormats: ['application/fhir+ndjson', 'application/ndjson', 'ndjson'],
  progress: ({ fraction }) => `${Math.floor(fraction * 100)}% complete`,
  retryAfter: () => '1',
  running: { status: 202, headers: () => ({}), body: () => undefined },
  manifest: {
    contentType: 'application/json',
    expires: (at) => new Date(at).toUTCString(),
    reshape: (manifest) => manifest,
  },
  requiresAccessToken: undefined,
  files: { contentType: 'application/fhir+ndjson', gzip: false, ranges: true, lifetimeMs: 24 * HOUR_MS },
  elsewhere: { used: false, credential: 'refused' },
  delete: { running: 202, done: 202, again: 404, after: 404 },
  auth: referenceAuth,
  access: referenceAccess,
  rules: () => [],
}

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
