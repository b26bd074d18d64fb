/** The files of an export: identified by page, section and position, and named by us. */
import type { FileFailure, StoredFile } from '../fetch/task.js'
import type { ManifestItem, Section } from '../protocol/types.js'

export interface OutputFile extends ManifestItem {
  /** Ours, never the server's: `Patient.0001.ndjson`, without `.gz`. */
  name: string
  section: Section
  /** Its place in the manifest, all pages together. */
  position: number
  /** The manifest page it came from, to ask for fresh URLs. */
  page: string
  /** A final page lists it, not only one of a job that goes on. */
  listed: boolean
  /** Changed by `setStatus` alone. */
  status: 'pending' | 'completed' | 'failed'
  stored?: StoredFile & { gzip?: boolean }
  failure?: Pick<FileFailure, 'message' | 'hint' | 'trust' | 'status' | 'refresh'> & { code: string }
}

/** The files that are not whole, kept apart: a job of a hundred thousand is not looked through at every step. */
export interface Unfinished {
  pending: Set<OutputFile>
  failed: Set<OutputFile>
}

export const setStatus = (unfinished: Unfinished, file: OutputFile, status: OutputFile['status']): void => {
  file.status = status
  for (const kind of ['pending', 'failed'] as const) {
    if (kind === status) unfinished[kind].add(file)
    else unfinished[kind].delete(file)
  }
}

/** How many files are on disk. */
export const completedOf = (state: { files: { size: number }; unfinished: Unfinished }): number =>
  state.files.size - state.unfinished.pending.size - state.unfinished.failed.size

/** The name on disk. */
export const storedName = (file: OutputFile): string => (file.stored?.gzip ? `${file.name}.gz` : file.name)

const usableType = /^[A-Za-z]{1,64}$/
// Names that Windows keeps for devices, with any extension.
const reserved = /^(con|prn|aux|nul)$/i

const typeOfSection = (section: Section, type: string): string => {
  if (section === 'deleted') return 'Bundle'
  if (section === 'outcome') return 'OperationOutcome'
  return usableType.test(type) && !reserved.test(type) ? type : 'unknown'
}

/** What a file's resources should be: what the IG puts into the section, or what the manifest says; empty: anything. */
export const expectedType = ({ section, type }: Pick<OutputFile, 'section' | 'type'>): string =>
  section === 'output' ? type : typeOfSection(section, type)

/** The types of its resources: by the manifest, or by its content where the manifest names none. */
export const typesOf = ({ type, stored }: OutputFile): string[] =>
  type === '' ? Object.keys(stored?.otherTypes ?? {}) : [type]

const folders: Record<Section, string> = { output: '', deleted: 'deleted/', outcome: 'outcome/' }

/**
 * Gives out names in manifest order. Base names are unique in the whole export without regard to case:
 * consumers flatten folders, and some disks fold case.
 */
export const fileNames = () => {
  const last = new Map<string, number>()
  return (section: Section, type: string): string => {
    const base = typeOfSection(section, type)
    const number = (last.get(base.toLowerCase()) ?? 0) + 1
    last.set(base.toLowerCase(), number)
    return `${folders[section]}${base}.${String(number).padStart(4, '0')}.ndjson`
  }
}
