/** `log.ndjson` against what the export has stored: other tools read how much there was from it. */
import { exportLogName } from '../job/export-log.js'
import { isObject, isShallow, parseJson } from '../json.js'
import { linesOf } from '../ndjson/lines.js'
import { storageError } from '../sink/storage-error.js'
import { differences, differenceText, type Remedies, type Report } from './record.js'
import type { Shelf } from './shelf.js'

export interface LogFacts {
  exportId: string
  files: number
  resources: number
  bytes: number
}

/** Of one item; bytes. */
const longestItem = 16 * 1024 * 1024

/** No item is nested so deeply. */
const depthMax = 100

interface Read {
  broken: number
  /** What the last `export_complete` of this export says. */
  complete?: Record<string, unknown>
  downloads: number
  others: number
}

const readItems = async (source: AsyncIterable<Uint8Array>, exportId: string): Promise<Read> => {
  const read: Read = { broken: 0, downloads: 0, others: 0 }
  for await (const line of linesOf(source, { gzip: false, maxLineBytes: longestItem })) {
    const item = parseJson(line)
    if (!isObject(item) || typeof item.eventId !== 'string' || !isShallow(item, depthMax)) read.broken += 1
    else if (item.exportId !== exportId) read.others += 1
    else if (item.eventId === 'download_complete') read.downloads += 1
    else if (item.eventId === 'export_complete')
      read.complete = isObject(item.eventDetail) ? item.eventDetail : {}
  }
  return read
}

const differing = (read: Read, facts: LogFacts): string | undefined => {
  const { files, resources, bytes } = facts
  if (read.broken > 0) return `${read.broken} of its lines are no log items`
  if (read.others > 0) return `${read.others} of its lines are of another export`
  if (!read.complete) return 'it does not say that the export is complete'
  const found = differences({ files, resources, bytes }, read.complete, ['files', 'resources', 'bytes'])
  if (found) return differenceText(found)
  return read.downloads < files ? `it has ${read.downloads} downloads of ${files} files` : undefined
}

export interface LogChecking {
  remedies: Remedies
  report: Report
  /** Files that were taken somewhere else with their manifest are as good without it. */
  isOptional: boolean
}

/** Of a finished export of ours. Throws `BULKX_STORAGE` when the disk cannot be read. */
export const checkExportLog = async (
  shelf: Shelf,
  facts: LogFacts,
  { remedies, report, isOptional }: LogChecking,
): Promise<void> => {
  const opened = await shelf.open(exportLogName)
  const problem = (code: string, message: string): void =>
    report.problem({ code, file: exportLogName, message, remedy: remedies.log })
  if ('why' in opened) {
    if (opened.why === 'unreadable') throw storageError(`Cannot read ${exportLogName}`, opened.cause)
    if (opened.why === 'missing' && isOptional) return
    problem(
      'log-missing',
      opened.why === 'missing' ? 'it is not there' : 'something else stands in its place',
    )
    return
  }
  try {
    const what = differing(await readItems(opened.chunks(), facts.exportId), facts)
    if (what !== undefined) problem('log-differs', `it is not the log of this export: ${what}`)
  } finally {
    await opened.close()
  }
}
