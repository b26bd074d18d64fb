/** What the checks work with: the settings of an export, its ways to the network, and what was found out so far. */
import type { Credentials } from '../auth/credentials.js'
import type { AuthMethod, AuthNotice } from '../auth/method.js'
import type { ScopeHints } from '../auth/scopes.js'
import type { Clock } from '../clock.js'
import type { Config } from '../config.js'
import type { Answer } from '../http/body.js'
import type { Exchange } from '../http/exchange.js'
import type { Capability } from './capability.js'
import type { Disk } from './disk.js'
import type { TokenExchange } from './memory.js'

/** The job that stands in the output directory. */
export interface StandingJob {
  /** As `status` calls it. */
  phase: string
  /** What it exports, for a person. */
  question: string
}

/** What earlier checks leave for later ones. */
export interface Learned {
  /** The answer of `[base]/metadata`. */
  metadata?: Answer
  /** The server's clock minus ours. */
  skewMs?: number
  capability?: Capability
  hints?: ScopeHints
  /** What smart-configuration says it takes for assertions. */
  signingAlgs?: string[]
}

export interface Doctor {
  config: Config
  method: AuthMethod
  /** Without credentials. GET requests are sent once: who asks again gets the same answer. */
  exchange: Exchange
  /** With credentials, as a kick-off is sent. */
  fhir: Exchange
  credentials: Credentials
  /** What the credentials had to say. */
  notices: readonly AuthNotice[]
  /** The last token request and its answer. */
  tokenExchange: () => TokenExchange | undefined
  /** What no message may hold: a server may repeat what it was sent. */
  secrets: () => readonly string[]
  clock: Clock
  signal?: AbortSignal
  disk: Disk
  /** Rejects with `BULKX_USAGE` when the directory holds somebody else's files. */
  standing: () => Promise<StandingJob | undefined>
  learned: Learned
}
