/** Which files an export should have, and what they were when they were stored: by its journal, or by a manifest alone. */
import { expectedType, storedName } from '../job/files.js'
import type { JobState } from '../job/state.js'
import type { Section } from '../protocol/types.js'
import type { ManifestEntry } from './stored-manifest.js'

/** What is not known is not compared. */
export interface Listed {
  /** On disk, relative. */
  name: string
  /** Of its resources; empty: any. */
  type: string
  section: Section
  gzip: boolean
  bytes?: number
  /** On disk, where that is another number. */
  storedBytes?: number
  sha256?: string
  lines?: number
  resources?: number
  badLines?: number
  firstBadLine?: { line: number; byte: number; reason: string }
  otherTypes?: Readonly<Record<string, number>>
  /** What a manifest of somebody else counts: header lines may be among it. */
  count?: number
}

/** The whole files of a journal, in the order of the manifest. */
export function* listedInJournal({ files }: Pick<JobState, 'files'>): Generator<Listed> {
  for (const file of files.values()) {
    const { stored, section } = file
    if (!stored) continue
    const { bytes, storedBytes, sha256, lines, resources, badLines, firstBadLine } = stored
    yield {
      name: storedName(file),
      type: expectedType(file),
      section,
      gzip: stored.gzip === true,
      bytes,
      storedBytes,
      sha256,
      lines,
      resources,
      badLines,
      firstBadLine,
      otherTypes: stored.otherTypes ?? {},
    }
  }
}

const sectionTypes: Readonly<Record<Section, string | undefined>> = {
  output: undefined,
  deleted: 'Bundle',
  outcome: 'OperationOutcome',
}

/** The same of an entry of a manifest. */
export const listedByEntry = ({ name, section, type = '', count, stored }: ManifestEntry): Listed => ({
  name,
  type: sectionTypes[section] ?? type,
  section,
  gzip: name.endsWith('.gz'),
  ...stored,
  resources: stored && count,
  count: stored ? undefined : count,
})
