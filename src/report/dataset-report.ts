/** A data set over time: what each export brought, what each round made of it, and where there was none. */
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import type { Finding, Phase } from '../job/facts.js'
import {
  type CommittedRound,
  type Dataset,
  type ExportRole,
  exportPath,
  openDataset,
  type RoundChanges,
  setAsideIn,
} from '../sync/dataset.js'
import { readRound } from '../sync/round.js'
import { roundHint } from '../sync/round-advice.js'
import type { Row } from './asked.js'
import { type ExportReport, reportExport } from './export-report.js'
import { readIn } from './read-in.js'
import { foreignWords } from './words.js'

export interface DatasetExport {
  number: number
  /** Known of the rounds since the last base, and of the one under way. */
  role?: ExportRole
  phase?: Phase
  startedAt?: number
  completedAt?: number
  transactionTime?: string
  /** Milliseconds. */
  serverMs?: number
  downloadMs?: number
  /** Of all files, as the export itself counts them. */
  files: number
  resources: number
  bytes: number
  /** Of the resources, the Bundles that list deletions. */
  deletions: number
  failed: number
  findings: Readonly<Record<Finding['severity'], number>>
  /** Why it is not complete. */
  trouble?: string
  /** Why it is no part of the snapshot, and what to do about that. */
  open?: { why: string; advice?: string }
  /** Of the round that it ended. */
  changes?: RoundChanges
  /** It ended a round, or may have, and what that changed is not written down. */
  changesUnknown: boolean
  removed: number
  returned: number
}

/** A time in which rounds were due, going by the others, and none was begun. */
export interface Gap {
  from: number
  to: number
  /** About. */
  missed: number
}

export interface DatasetReport {
  generation: number
  transactionTime?: string
  server?: string
  target?: string
  asked?: readonly Row[]
  types: readonly { name: string; resources: number; bytes: number }[]
  resources: number
  bytes: number
  exports: readonly DatasetExport[]
  /** Exports below the oldest one here that --keep has dropped. */
  dropped: number
  setAside: readonly string[]
  /** The round that is planned and not committed. */
  underWay?: { generation: number }
  /** Milliseconds between two rounds, as a rule. */
  usualMs?: number
  gaps: readonly Gap[]
  unknown: readonly string[]
}

const spanMs = (spans: readonly { from: number; to: number }[]): number =>
  spans.reduce((sum, { from, to }) => sum + to - from, 0)

const findingsOf = (findings: readonly Finding[]): DatasetExport['findings'] => {
  const counts = { error: 0, warning: 0, information: 0 }
  for (const { severity } of findings) counts[severity] += 1
  return counts
}

const openOf = ({ trouble }: ExportReport, place: string): DatasetExport['open'] =>
  trouble && { why: trouble.message, advice: roundHint(trouble, place) ?? trouble.hint }

const exportOf = (number: number, report: ExportReport, round: CommittedRound | undefined): DatasetExport => {
  const { files, chronicle, phase, trouble } = report
  const { preparing, downloads = [] } = chronicle ?? {}
  const deletions = files.types.filter(({ section }) => section === 'deleted')
  return {
    number,
    phase,
    startedAt: report.startedAt,
    completedAt: report.completedAt,
    transactionTime: report.transactionTime,
    serverMs: preparing && preparing.to - preparing.from,
    downloadMs: chronicle && spanMs(downloads),
    files: files.files,
    resources: files.resources,
    bytes: files.bytes,
    deletions: deletions.reduce((total, { resources }) => total + resources, 0),
    failed: files.failed,
    findings: findingsOf(report.findings),
    trouble: phase === 'complete' ? undefined : trouble?.message,
    changes: round?.generation === number ? round.changes : undefined,
    changesUnknown: round === undefined || (round.generation === number && !round.changes),
    removed: round?.generation === number ? (round.removed?.length ?? 0) : 0,
    returned: round?.generation === number ? (round.returned?.length ?? 0) : 0,
  }
}

/** Middle of the times between rounds; undefined where there are too few. */
const usualOf = (starts: readonly number[]): number | undefined => {
  const steps = starts.slice(1).map((start, place) => start - (starts[place] ?? start))
  if (steps.length < 4) return undefined
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)]
}

/** Below it nobody speaks of nights, milliseconds. */
const usualLeast = 10 * 60_000

const gapsOf = (starts: readonly number[], usualMs: number | undefined): Gap[] => {
  if (usualMs === undefined || usualMs < usualLeast) return []
  return starts.slice(1).flatMap((to, place): Gap[] => {
    const from = starts[place] ?? to
    const missed = Math.round((to - from) / usualMs) - 1
    return missed >= 1 && to - from > 1.7 * usualMs ? [{ from, to, missed }] : []
  })
}

interface Reading {
  directory: string
  shownAs: string
  signal?: AbortSignal
}

const readExports = async (dataset: Dataset, { directory, shownAs, signal }: Reading) => {
  const exports: DatasetExport[] = []
  const unknown: string[] = []
  let newest: ExportReport | undefined
  for (const number of await dataset.exports()) {
    const path = exportPath(directory, number)
    const folder = path.slice(directory.length + 1)
    const place = `${shownAs.startsWith('./') ? './' : ''}${join(shownAs, folder)}`
    try {
      const report = await reportExport({
        directory: path,
        shownAs: place,
        read: readIn(path, signal),
        signal,
      })
      const round = dataset.rounds.find(({ exports: own }) => own.some((one) => one.number === number))
      const role = round?.exports.find((one) => one.number === number)?.role
      const open = round ? undefined : openOf(report, place)
      exports.push({ ...exportOf(number, report, round), role, open })
      newest = report
    } catch (error) {
      if (signal?.aborted || !(error instanceof BulkxError)) throw error
      unknown.push(`what ${folder} is: ${foreignWords(error.message)}`)
    }
  }
  return { exports, newest, unknown }
}

const planOf = async (directory: string, unknown: string[]): ReturnType<typeof readRound> =>
  readRound(directory).catch((error: unknown) => {
    if (!(error instanceof BulkxError)) throw error
    unknown.push('the plan of the round that is under way cannot be read')
    return undefined
  })

const typesOf = ({ files }: Dataset): DatasetReport['types'] =>
  Object.entries(files)
    .map(([name, { resources, bytes }]) => ({ name: name.replace(/\.ndjson$/, ''), resources, bytes }))
    .sort((a, b) => b.resources - a.resources)

/** What one round asks beside the others. */
const ofSeries = (rows: readonly Row[] | undefined): Row[] | undefined =>
  rows?.filter(
    ([name]) => !['Changed since', 'Changed until', 'Since the last export', 'Patients'].includes(name),
  )

/** Changes nothing, and needs no lock. Throws `BULKX_CONFIG` for a dataset.json that is none, `BULKX_STORAGE`. */
export const reportDataset = async (reading: Reading): Promise<DatasetReport> => {
  const { directory } = reading
  const dataset = await openDataset(directory)
  const { exports, newest, unknown } = await readExports(dataset, reading)
  const plan = await planOf(directory, unknown)
  const roles = new Map(plan?.exports.map(({ number, role }) => [number, role]))
  const types = typesOf(dataset)
  const starts = exports
    .flatMap(({ role, startedAt }) => (role === 'newcomers' || startedAt === undefined ? [] : [startedAt]))
    .sort((a, b) => a - b)
  const usualMs = usualOf(starts)
  const lowest = exports[0]?.number ?? 1
  return {
    generation: dataset.generation,
    transactionTime: dataset.transactionTime,
    server: newest?.server,
    target: newest?.target,
    asked: ofSeries(newest?.asked),
    types,
    resources: types.reduce((sum, { resources }) => sum + resources, 0),
    bytes: types.reduce((sum, { bytes }) => sum + bytes, 0),
    exports: exports.map((one) => ({ ...one, role: one.role ?? roles.get(one.number) })),
    dropped: lowest - 1,
    setAside: (await setAsideIn(directory)).map(({ folder }) => folder),
    underWay: plan && { generation: plan.exports.at(-1)?.number ?? 0 },
    usualMs,
    gaps: gapsOf(starts, usualMs),
    unknown,
  }
}
