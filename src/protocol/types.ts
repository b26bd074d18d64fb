/** The nouns of the Bulk Data Access IG, as the rest of the program uses them. */

/** A FHIR instant as the server, or the user, wrote it: kept and sent as text. */
export type Instant = string

export type Target =
  | { kind: 'system' }
  | { kind: 'type'; type: string }
  | { kind: 'instance'; type: string; id: string }
  /** The kick-off URL itself; nothing is appended to its path. */
  | { kind: 'url'; url: string }

/** Manifest sections; STU1 to STU3 call the last one `error`, STU4 `outcome`. */
export type Section = 'output' | 'deleted' | 'outcome'

/** In the manifest's order. */
export const sections: readonly Section[] = ['output', 'deleted', 'outcome']

/** One more kick-off parameter that the IG does not name; `datatype` is the FHIR datatype of a POSTed value. */
export interface ExtraParameter {
  name: string
  value: string
  datatype?: string
}

/** A Bulk Data Kick-off Request: what is asked, and how this server wants to be asked. */
export interface KickOffRequest {
  target: Target
  /** The operation's name, `$export` unless a server calls it otherwise. */
  operation: string
  type?: string[]
  since?: Instant
  until?: Instant
  elements?: string[]
  typeFilter?: string[]
  /** References (`Patient/123`) or ids. */
  patient?: string[]
  includeAssociatedData?: string[]
  organizeOutputBy?: string
  allowPartialManifests?: boolean
  outputFormat?: string
  extra?: ExtraParameter[]
  method: 'get' | 'post' | 'post-query'
  listStyle: 'comma' | 'repeat'
  /** Sends `Prefer: handling=lenient` too. */
  lenient: boolean
}

export interface ManifestItem {
  /** As the server wrote it; empty when it wrote none. */
  type: string
  /** Absolute. Empty when the entry has none that can be used. */
  url: string
  /** The server's number of resources, when it is a usable one. */
  count?: number
  /** From a checksum extension, hex. */
  sha256?: string
  /** From a length extension or `fileSize`. */
  sizeBytes?: number
  /** STU4, of outcome files: how many OperationOutcomes have each severity, as the server counts them. */
  severities?: Partial<Record<IssueSeverity, number>>
  /** STU4, `organizeOutputBy`: the URL of the file in which the last block of this one goes on; absolute. */
  continuesInFile?: string
}

/** One page of an Output Manifest, read liberally from STU1 to STU4. */
export interface OutputManifest {
  transactionTime?: Instant
  requiresAccessToken?: boolean
  request?: string
  items: Record<Section, ManifestItem[]>
  /** It has a list of what was deleted, be it empty: a server without one tells nothing of it. */
  listsDeletions?: true
  /** OperationOutcomes that stood in the manifest itself instead of in a file. */
  issues: Issue[]
  /** Absolute URL of the link with relation "next". */
  next?: string
  /** When the files expire, epoch milliseconds. */
  expiresAt?: number
  /** Batches that failed on the server (1upHealth). */
  failedBatches?: number
  /** When the server answered, by its own `Date`: epoch milliseconds. */
  answeredAt?: number
  /** The server's other keys, kept for `manifest.json`. */
  rest: Record<string, unknown>
}

export type IssueSeverity = 'fatal' | 'error' | 'warning' | 'information'

/** One issue of an OperationOutcome in the words that a person can use. */
export interface Issue {
  severity: IssueSeverity
  code?: string
  text: string
}
