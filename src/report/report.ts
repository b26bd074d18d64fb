/** A directory, an export's or a data set's, as a page and as the fields of a result. */
import { isDataset } from '../verify/dataset-there.js'
import { datasetPage } from './dataset-page.js'
import { type DatasetReport, reportDataset } from './dataset-report.js'
import { type ExportReport, reportExport } from './export-report.js'
import { exportPage } from './page.js'
import { readIn } from './read-in.js'
import type { Making } from './sections/about.js'
import { typeName } from './sections/data.js'
import { foreignWords } from './words.js'

export interface Report {
  /** HTML. */
  page: string
  fields: Readonly<Record<string, unknown>>
}

export interface ReportOrder {
  directory: string
  /** As a command would name it, quoted where a shell needs that. */
  shownAs: string
  making: Making
  /** Rejects with its reason when it aborts. */
  signal?: AbortSignal
}

const spanMs = (spans: readonly { from: number; to: number }[] | undefined): number | undefined =>
  spans?.reduce((sum, { from, to }) => sum + to - from, 0)

const exportFields = (report: ExportReport): Report['fields'] => {
  const { files, chronicle } = report
  const { preparing } = chronicle ?? {}
  return {
    phase: report.phase,
    exportId: report.exportId,
    transactionTime: report.transactionTime === undefined ? undefined : foreignWords(report.transactionTime),
    files: files.files,
    listed: files.listed,
    failed: files.failed,
    resources: files.resources,
    bytes: files.bytes,
    types: files.types.map((one) => ({ ...one, type: typeName(one) })),
    attempts: chronicle && Object.fromEntries(files.attempts),
    serverMs: preparing && preparing.to - preparing.from,
    downloadMs: spanMs(chronicle?.downloads),
    pausedMs: chronicle?.pausedMs,
    looks: chronicle?.looks,
    resumes: chronicle?.resumes,
    findings: report.findings,
    moreFindings: report.moreFindings || undefined,
    unknown: report.unknown,
  }
}

const datasetFields = (report: DatasetReport): Report['fields'] => {
  const { generation, transactionTime, resources, bytes, types, exports, gaps, dropped, setAside } = report
  return {
    generation,
    transactionTime: transactionTime === undefined ? undefined : foreignWords(transactionTime),
    resources,
    bytes,
    types,
    exports: exports.map(({ trouble: _trouble, ...one }) => ({
      ...one,
      transactionTime: one.transactionTime === undefined ? undefined : foreignWords(one.transactionTime),
    })),
    gaps,
    dropped,
    setAside,
    underWay: report.underWay,
    unknown: report.unknown,
  }
}

/** Reads, and changes nothing. Throws `BULKX_NO_JOB`, `BULKX_CONFIG`, `BULKX_STORAGE`. */
export const reportOn = async ({ directory, shownAs, making, signal }: ReportOrder): Promise<Report> => {
  if (await isDataset(directory)) {
    const report = await reportDataset({ directory, shownAs, signal })
    return { page: datasetPage(report, shownAs, making), fields: datasetFields(report) }
  }
  const report = await reportExport({ directory, shownAs, read: readIn(directory, signal), signal })
  return { page: exportPage(report, shownAs, making), fields: exportFields(report) }
}
