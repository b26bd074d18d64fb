/** What the user of the library may set: the options of the command line in camelCase, and credentials as values. */
import type { KeyObject } from 'node:crypto'
import type { CryptoKey, JWK } from '../auth/keys.js'
import type { FailOn } from '../job/facts.js'

/** A span of time: milliseconds, or as the command line writes it. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** An amount of data: bytes, or as the command line writes it, `10MB` decimal and `1GiB` binary. */
export type Size = number | `${number}${'B' | `${'k' | 'K' | 'M' | 'G' | 'T'}${'B' | 'iB'}`}`

/** One value, or several. */
export type Several<T> = T | readonly T[]

/**
 * A token or a secret, or who knows it. A function is asked when it is needed, and again when the server refuses what
 * it gave last: somebody may have renewed it. Neither is ever written down.
 */
export type Secret = string | (() => string | Promise<string>)

/**
 * A private key: a PEM, a JWK or a JWKS, as text or as its bytes in UTF-8, or the key itself. A `CryptoKey` that cannot
 * be extracted needs `kid`.
 */
export type PrivateKey = string | Uint8Array | JWK | CryptoKey | KeyObject

/** Which server, and how to reach it. */
export interface ServerOptions {
  /** FHIR base URL. May be left out where `target` is a kick-off URL. */
  server?: string
  /** Settings for a known server, by name, as `bulkx help presets` lists them; what is given beside it wins. */
  preset?: string
  /** Headers for the server's own origin. Those of credentials are refused: they belong into `secretHeaders`. */
  headers?: Readonly<Record<string, string>>
  /** PEM text of certificate authorities that are trusted too. */
  ca?: string
  /** PEM text of a client certificate for mutual TLS, and of its private key: both or neither. */
  cert?: string
  certKey?: string
  /** URL of a proxy. The environment's `HTTPS_PROXY` is not read: give it here. */
  proxy?: string
}

/** Who we are to the server. What is given decides the way; nothing given is no credential. */
export interface IdentityOptions {
  /** The way, where what is given does not say it: how a client secret is sent, for one. */
  auth?: 'none' | 'bearer' | 'backend-services' | 'client-secret-basic' | 'client-secret-post' | 'headers'
  /** A bearer token that you have. */
  token?: Secret
  /** As what we are registered with the server; needed with `privateKey` and `clientSecret`. */
  clientId?: string
  /** SMART Backend Services: signs our assertions. A function is asked for each token. */
  privateKey?: PrivateKey | (() => PrivateKey | Promise<PrivateKey>)
  /** The secret of the client credentials grant, sent as Basic credentials unless `auth` says otherwise. */
  clientSecret?: Secret
  /** Headers that are a credential: for the server's origin and those in `trustOrigin` only. */
  secretHeaders?: Readonly<Record<string, string>>
  /** Which key of a JWKS; for other keys, the `kid` to send instead of the key's own. */
  kid?: string
  /** How to sign; default: what fits the key, RS384 or ES384. */
  alg?: 'ES384' | 'RS384' | 'ES256' | 'ES512' | 'RS256' | 'RS512' | 'PS256' | 'PS384' | 'PS512'
  /** The token endpoint; default: the server says where it is. */
  tokenUrl?: string
  /** `aud` of assertions; default: the token URL. */
  audience?: string
  /** Scopes to ask for, or `none`; default: they follow from `type`. */
  scope?: Several<string>
  /** Other origins that may see the credential: those of files, for one. */
  trustOrigin?: Several<string>
}

/** What is exported: the parameters of the kick-off request. */
export interface QuestionOptions {
  /** `system`, `Patient`, `Group/123`, any other type, or a kick-off URL; default: the whole server. */
  target?: string
  /** `_type`: resource types. */
  type?: Several<string>
  /** `_since`: sent as it is written; a `Date` as an instant in UTC. */
  since?: string | Date
  /** `_until`. */
  until?: string | Date
  /** `_elements`. */
  elements?: Several<string>
  /** `_typeFilter`: searches within a type, such as `Observation?category=laboratory`. */
  typeFilter?: Several<string>
  /** `patient`: ids or `Patient/<id>`; implies `method: 'post'`. */
  patient?: Several<string>
  /** `includeAssociatedData`: codes, or `<system>|<code>` for a Coding. */
  includeAssociatedData?: Several<string>
  /** `organizeOutputBy`: a resource type. */
  organizeOutputBy?: string
  /** Lets the server list files before it is done. */
  allowPartialManifests?: boolean
  /** `_outputFormat`: a media type. */
  outputFormat?: string
  /** Any other parameter: `name=value`, or `name:type=value` for its datatype in a POST. */
  param?: Several<string>
  /** Lets the server ignore parameters that it does not know. */
  lenient?: boolean
  /** How to kick off; default `get`, with `patient` `post`. `post-query`: POST with a query. */
  method?: 'get' | 'post' | 'post-query'
  /** How lists stand in the query: default `comma`. */
  listStyle?: 'comma' | 'repeat'
  /** Name of the operation: default `$export`. */
  operation?: string
}

/** How a run waits. The defaults are those of the command line: `defaults.waiting`. */
export interface WaitingOptions {
  /** Least time between two looks, unless the server says. */
  pollMin?: Duration
  /** Most time between two looks, unless the server says. */
  pollMax?: Duration
  /** Never wait longer than this, even if the server asks for it. */
  retryAfterMax?: Duration
  /** Give up this long after the kick-off. */
  deadline?: Duration
  /** Give up after failing this long without a break. */
  patience?: Duration
  /** For an answer to begin, and between two pieces of it. */
  requestTimeout?: Duration
}

/** Where the files go, and how. The defaults are those of the command line: `defaults.files`. */
export interface FilesOptions {
  /**
   * The output directory, made when it is not there; default `./<host>-<target>`. Or an object store: `s3://…`, `gs://…`,
   * `az://…`, with `jobDir`, and `env` of the run where its endpoint, region and account are named.
   */
  out?: string
  /** Downloads at once, 1 to 100. */
  parallel?: number
  /** Requests a second. */
  maxRequests?: number
  /** Data a second. */
  maxRate?: Size
  /** Store files compressed, as `.ndjson.gz`. */
  gzip?: boolean
  /** Delete the job on the server when every file is whole, findings or not (default); or never. */
  cleanup?: 'on-success' | 'never'
  /** Findings that make `exitCode` 10: default `error`. */
  failOn?: FailOn
  /** Longest line that is accepted. */
  maxLine?: Size
}

/** What becomes of what stands in the directory already. For `exportJob` and `runExport`, which begin a job. */
export interface BeginningOptions {
  /**
   * Where the same export is finished in the directory: `reject` (default) with `BULKX_FINISHED`, for what is there may
   * be old; or `resolve` with its result, without a request. A milder `failOn` then accepts what was found.
   */
  finished?: 'reject' | 'resolve'
  /**
   * Moves what is in the directory to `<out>.1`, or the next free number, and starts anew: a new kick-off each time that
   * it is given.
   */
  again?: boolean
}

/** An export past one machine. */
export interface FleetOptions {
  /** Where the job itself stands when `out` is an object store: a local directory, the same one for each call. */
  jobDir?: string
  /** Lets workers (`bulkx worker`) fetch the files, by a queue in this Redis: `redis://host:6379` or `rediss://…`. */
  queue?: string
  /** Password of that Redis. */
  queuePassword?: string
  /** A worker that is silent for so long loses its files to others. */
  lease?: Duration
}

/**
 * An export as its user describes it. Names and meanings are those of the command line (`bulkx export --help`), in
 * camelCase; there is no other list of defaults. What contradicts itself, or is no option, is a `BulkxError` before
 * anything is sent.
 */
export interface ExportOptions
  extends ServerOptions,
    IdentityOptions,
    QuestionOptions,
    WaitingOptions,
    FilesOptions,
    BeginningOptions,
    FleetOptions {}
