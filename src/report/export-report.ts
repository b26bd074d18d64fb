/** All that is known of an export, read off its journal and its manifest, as plain data for a page or a program. */
import { BulkxError, type ErrorCode } from '../errors.js'
import { journalPath } from '../job/directory.js'
import type { Finding, Phase } from '../job/facts.js'
import { readJournal } from '../job/journal.js'
import { manifestName } from '../job/manifest-file.js'
import { phaseError } from '../job/outcome.js'
import { type JobState, newState, phaseOf, reduce } from '../job/state.js'
import { lookAtJournal } from '../verify/journal-there.js'
import { askedRows, type Row, targetWords } from './asked.js'
import { type Chronicle, Chronicler } from './chronicle.js'
import { factsOf, factsOfEntry } from './file-facts.js'
import { FileFigurer, type FileFigures } from './file-figures.js'
import { type ManifestFigures, type ReadName, readManifest } from './manifest-reader.js'
import { Missing } from './missing.js'
import { foreignName, foreignWords } from './words.js'

export interface ExportReport {
  /** Undefined where there is no journal. */
  phase?: Phase
  exportId?: string
  /** As far as the journal tells. */
  asked?: readonly Row[]
  target?: string
  server?: string
  /** The object store that the files and manifest.json are in. */
  store?: string
  transactionTime?: string
  startedAt?: number
  completedAt?: number
  expiresAt?: number
  files: FileFigures
  chronicle?: Chronicle
  findings: readonly Finding[]
  /** Of them, more than are told. */
  moreFindings: number
  accepted: boolean
  /** Why it is not simply complete, and what to do. */
  trouble?: { code: ErrorCode; message: string; hint?: string; exitCode: number }
  manifest?: ManifestFigures
  /** What is not known, and why: sentences without a period. */
  unknown: readonly string[]
}

export interface ReportOptions {
  directory: string
  /** As a person would type it. */
  shownAs: string
  read: ReadName
  /** Rejects with its reason when it aborts. */
  signal?: AbortSignal
}

const findingsMax = 100

const severityOf = (severity: string): Finding['severity'] =>
  severity === 'warning' || severity === 'information' ? severity : 'error'

interface Read {
  state?: JobState
  chronicle?: Chronicle
  unknown: string[]
}

const readAll = async ({ directory, signal }: ReportOptions): Promise<Read> => {
  const there = await lookAtJournal(directory)
  if (there === 'none') return { unknown: [] }
  if (there === 'no-file')
    return { unknown: ['what stands in the place of the journal is a link, or no file'] }
  const state = newState()
  const chronicler = new Chronicler()
  let isEmpty = true
  try {
    await readJournal(journalPath(directory), (event) => {
      signal?.throwIfAborted()
      isEmpty = false
      chronicler.take(event, reduce(state, event))
    })
  } catch (error) {
    // What the disk says has a cause; damage is in what the journal says itself.
    if (signal?.aborted || !(error instanceof BulkxError) || error.cause !== undefined) throw error
    return { unknown: ['the journal is damaged, and is not relied on'] }
  }
  return isEmpty ? { unknown: [] } : { state, chronicle: chronicler.chronicle, unknown: [] }
}

const manifestIn = async (
  read: ReadName,
  take: Parameters<typeof readManifest>[1],
): Promise<ManifestFigures | 'none' | 'broken'> => {
  try {
    return (await readManifest(() => read(manifestName), take)) ?? 'broken'
  } catch (error) {
    if (error instanceof Missing) return error.why === 'missing' ? 'none' : 'broken'
    throw error
  }
}

const unknownOf = (state: JobState | undefined, manifest: ManifestFigures | 'none' | 'broken'): string[] => [
  ...(state
    ? []
    : ['there is no journal here: when what happened, and how often it was tried, is not known']),
  ...(manifest === 'broken' ? ['what stands in the place of manifest.json is no manifest'] : []),
  ...(manifest === 'none' && state?.findings && state.store === undefined
    ? ['manifest.json is not there, and the export was finished']
    : []),
  ...(state?.attached && !state.kickOff
    ? ['the job was kicked off elsewhere: what was asked is not known']
    : []),
]

const troubleOf = (state: JobState, shownAs: string, target: string): ExportReport['trouble'] => {
  const error = phaseError(state, shownAs, state.failOn)
  if (!error) return undefined
  const { code, hint, exitCode } = error
  return { code, message: foreignWords(error.message, target), hint, exitCode }
}

const cleaned = (findings: readonly Finding[], target: string): Finding[] =>
  findings.slice(0, findingsMax).map(({ severity, code, message, file }) => ({
    severity,
    code: foreignName(code),
    message: foreignWords(message, target),
    file: file === undefined ? undefined : foreignName(file),
  }))

const nothing = (shownAs: string): BulkxError =>
  new BulkxError('BULKX_NO_JOB', `There is nothing to report on in ${shownAs}`, {
    hint: 'name the directory of an export, with its manifest.json or its .bulkx, or a data set; `bulkx jobs` lists what was started here',
  })

const time = (text: string | undefined): number | undefined => {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : at
}

const ofManifest = (manifest: ManifestFigures, figurer: FileFigurer): Partial<ExportReport> => ({
  exportId: manifest.exportId === undefined ? undefined : foreignName(manifest.exportId),
  server: manifest.server,
  transactionTime: manifest.transactionTime,
  startedAt: time(manifest.startedAt),
  completedAt: time(manifest.completedAt),
  files: figurer.figures,
})

const ofState = (state: JobState, figurer: FileFigurer, target: string): Partial<ExportReport> => {
  for (const file of state.files.values()) figurer.add(factsOf(file, state))
  figurer.addIssues(state.kickOffIssues, '')
  figurer.addIssues(state.manifestIssues, '')
  return {
    phase: phaseOf(state),
    exportId: foreignName(state.exportId),
    asked: askedRows(state),
    target,
    server: state.server,
    store: state.store,
    transactionTime: state.transactionTime,
    startedAt: state.startedAt,
    completedAt: state.completedAt,
    expiresAt: state.expiresAt,
    accepted: state.accepted !== undefined,
    files: figurer.figures,
  }
}

/** Changes nothing, and needs no lock. Throws `BULKX_NO_JOB`, `BULKX_STORAGE`. */
export const reportExport = async (options: ReportOptions): Promise<ExportReport> => {
  const { state, chronicle, unknown } = await readAll(options)
  const figurer = new FileFigurer()
  const manifest = await manifestIn(options.read, (entry) => {
    if (!state) figurer.add(factsOfEntry(entry))
  })
  const known = typeof manifest === 'string' ? undefined : manifest
  if (!state && !known) throw nothing(options.shownAs)
  const target = state?.kickOff ? targetWords(state.kickOff.target) : ''
  const findings =
    state?.findings ??
    known?.findings.map((finding) => ({ ...finding, severity: severityOf(finding.severity) })) ??
    []
  const parts = state ? ofState(state, figurer, target) : known && ofManifest(known, figurer)
  return {
    files: figurer.figures,
    accepted: false,
    ...parts,
    chronicle,
    findings: cleaned(findings, target),
    moreFindings: Math.max(0, findings.length - findingsMax),
    trouble: state && troubleOf(state, options.shownAs, target),
    manifest: known,
    unknown: [...unknown, ...unknownOf(state, manifest)],
  }
}
