/** Fetching one file, as plain data in and plain data out: here, in a thread, or on another machine. */
import type { Issue, Section } from '../protocol/types.js'

export interface FileTask {
  /** Our name below the output directory, decided before the fetch; `.gz` is added when `gzip` is set. */
  name: string
  section: Section
  /** The type the manifest names; empty when it names none. */
  type: string
  url: string
  requiresAccessToken?: boolean
  /** Resources, as the manifest counts them. */
  count?: number
  sizeBytes?: number
  sha256?: string
  /** From then on, epoch milliseconds, the URL has ended and a fresh one can be had: it is not asked any more. */
  askBefore?: number
  /** Store compressed, as `<name>.gz`. */
  gzip: boolean
}

/** Where a line is that is no JSON object, and what is wrong with it. */
export interface BadLine {
  /** 1-based. */
  line: number
  /** Offset of the line's first byte in the decoded file. */
  byte: number
  reason: string
}

/** What a stored file turned out to be. Bytes, lines and digest are those of the decoded content. */
export interface StoredFile {
  bytes: number
  /** Bytes on disk, when they differ. */
  storedBytes?: number
  sha256: string
  /** Lines that are not blank. */
  lines: number
  /** Lines that hold a resource; header `Parameters` lines of `organizeOutputBy` are not counted. */
  resources: number
  badLines: number
  firstBadLine?: BadLine
  /** Resources whose type is not the manifest's: type to number. */
  otherTypes?: Record<string, number>
  /** Of the OperationOutcomes in it: number of issues by severity, and the first of them. */
  issues?: { counts: Record<string, number>; first: Issue[] }
  /** What it is instead of NDJSON, and yet is kept. */
  notLines?: 'pretty' | 'array' | 'bundle'
  /** The checksum the server gave, when it does not match. */
  wrongChecksum?: string
  /** The URL was `http:` and was asked as `https:`, to keep the credential safe. */
  raisedToHttps?: boolean
  /** Its headers said gzip, its bytes were plain. */
  notCompressed?: boolean
  /** Neither framing nor coding, count nor checksum proves that its end is the end. */
  endUnproved?: boolean
  attempts: number
  /** Of a second attempt: what was wrong with the one before, and whether both brought the same bytes to the end. */
  again?: { why: string; same?: boolean }
  /** Milliseconds from the first request to the name on disk. */
  durationMs: number
}

/** Why a file could not be had whole. */
export interface FileFailure {
  code:
    | 'broken' // transfers broke, again and again
    | 'unavailable' // the server answered with an error, again and again
    | 'unauthorized' // 401 or 403 for good
    | 'gone' // 404 or 410 for good
    | 'not-data' // a page, a single OperationOutcome, or a coding that nobody asked for
    | 'changed' // ended properly with other bytes each time
    | 'refused' // a URL that is not followed
    | 'too-large' // beyond a limit of ours
    | 'expired' // not asked: its URL has ended, and a fresh one can be had
  message: string
  hint?: string
  /** The origin that may give the file to whoever shows it the credential. */
  trust?: string
  /** The HTTP status, where there was one. */
  status?: number
  /** A fresh URL from the manifest may help. */
  refresh: boolean
  attempts: number
}

export type FileResult = { ok: true; stored: StoredFile } | { ok: false; failure: FileFailure }

/**
 * Runs file tasks. `execute` resolves when the file is durable under its name or could not be had; it rejects
 * only for what concerns the whole run: a local storage problem, an abort, a defect.
 */
export interface Executor {
  /** How many tasks it can usefully be given at once. */
  readonly capacity: number
  /** There is time, for the server is at work: what tasks need may be made ready. */
  prepare?(): void
  execute(task: FileTask, signal?: AbortSignal): Promise<FileResult>
  close(): Promise<void>
}
