/** Looks at the content of a file as it comes: its lines, its digest, and the issues that the server reports in it. */
import { type Inspection, inspector } from '../ndjson/inspect.js'
import { readIssues } from '../protocol/operation-outcome.js'
import type { Issue } from '../protocol/types.js'

/** Plain data: a thread can be told. */
export interface CheckOptions {
  /** The type that is expected. */
  expectedType: string
  maxLineBytes: number
}

/** What a whole content looks like; plain data, too. */
export interface Checked {
  inspection: Inspection
  /** Of the OperationOutcomes in it: number of issues by severity, and the first of them in the server's words. */
  issues: { counts: Record<string, number>; first: Issue[] }
}

/** One content under way. */
export interface Check {
  /**
   * The chunk stays as it is. A promise is returned when the caller must wait before it gives more. Throws, or rejects
   * with, `LineTooLong`, and `CheckLost` where the content has to be seen again from its first byte.
   */
  push(chunk: Uint8Array): Promise<void> | undefined
  /** After the last chunk. Rejects as `push` does. */
  end(): Promise<Checked>
  /** Nothing more comes, and nobody wants to know. */
  drop(): void
}

/** Where contents are looked at. */
export interface Checks {
  /** `length`: bytes to come, as far as that is known; a coded content is longer. */
  open(options: CheckOptions, length: number | undefined): Check
  close(): Promise<void>
}

/** Whoever looked at the content is gone, and what was known of it. */
export class CheckLost extends Error {
  override readonly name = 'CheckLost'
}

/** Issues whose words are kept; the rest is counted. */
const firstIssuesMax = 5

/** At once, wherever it is called. `push` throws `LineTooLong`. */
export const contentCheck = (options: CheckOptions): { push(chunk: Uint8Array): void; end(): Checked } => {
  const issues: Checked['issues'] = { counts: {}, first: [] }
  const onResource = (resource: Record<string, unknown>): void => {
    for (const issue of readIssues(resource) ?? []) {
      issues.counts[issue.severity] = (issues.counts[issue.severity] ?? 0) + 1
      if (issues.first.length < firstIssuesMax) issues.first.push(issue)
    }
  }
  const inspect = inspector({ ...options, onResource, parse: 'outcomes' })
  return { push: (chunk) => inspect.push(chunk), end: () => ({ inspection: inspect.end(), issues }) }
}

/** In this very thread, at once. */
export const checkHere = (options: CheckOptions): Check => {
  const check = contentCheck(options)
  return {
    push: (chunk) => {
      check.push(chunk)
      return undefined
    },
    end: async () => check.end(),
    drop: () => {},
  }
}
