/** A file of an export as the figures need it: read off the journal, or, where there is none, off manifest.json. */
import type { OutputFile } from '../job/files.js'
import { storedName } from '../job/files.js'
import { manifestEntry } from '../job/manifest-file.js'
import type { JobState } from '../job/state.js'
import type { Issue, Section } from '../protocol/types.js'
import type { ManifestEntry } from '../verify/stored-manifest.js'

export interface FileFacts {
  name: string
  section: Section
  /** As manifest.json names it; undefined where several types are in the file. */
  type?: string
  status: 'stored' | 'pending' | 'failed'
  resources: number
  /** Decoded. */
  bytes: number
  storedBytes?: number
  lines: number
  badLines: number
  sha256?: string
  /** How the server described it: its count, its checksum. */
  counted: boolean
  checksummed: boolean
  endUnproved: boolean
  /** Unknown where there is no journal. */
  attempts?: number
  durationMs?: number
  /** Why it was fetched again, or why it failed. */
  why?: string
  issues?: { counts: Readonly<Record<string, number>>; first: readonly Issue[] }
}

const statuses = { completed: 'stored', pending: 'pending', failed: 'failed' } as const

export const factsOf = (file: OutputFile, state: JobState): FileFacts => {
  const { stored, failure } = file
  return {
    name: storedName(file),
    section: file.section,
    type: manifestEntry(file, state).type,
    status: statuses[file.status],
    resources: stored?.resources ?? 0,
    bytes: stored?.bytes ?? 0,
    storedBytes: stored?.storedBytes,
    lines: stored?.lines ?? 0,
    badLines: stored?.badLines ?? 0,
    sha256: stored?.sha256,
    counted: file.count !== undefined,
    checksummed: file.sha256 !== undefined,
    endUnproved: stored?.endUnproved === true,
    attempts: stored?.attempts,
    durationMs: stored?.durationMs,
    why: failure?.message ?? stored?.again?.why,
    issues: stored?.issues,
  }
}

/** Sizes of strangers: numbers that can be added up. */
const amount = (value: number | undefined): number =>
  value !== undefined && Number.isFinite(value) && value > 0 ? value : 0

export const factsOfEntry = ({ name, section, type, count, stored }: ManifestEntry): FileFacts => ({
  name,
  section,
  type,
  status: 'stored',
  resources: amount(count),
  bytes: amount(stored?.bytes),
  storedBytes: stored?.storedBytes === undefined ? undefined : amount(stored.storedBytes),
  lines: amount(stored?.lines),
  badLines: amount(stored?.badLines),
  sha256: stored?.sha256,
  counted: false,
  checksummed: false,
  endUnproved: false,
})
