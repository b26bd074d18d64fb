/**
 * An export directory as Cumulus ETL sees it, by its rules: which files it finds, what it copies, which log it reads.
 * Written from what its loader does; it is the strictest known reader of such folders.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const textOf = (path: string): string => {
  const bytes = readFileSync(path)
  return (path.toLowerCase().endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** Broken and empty lines are passed over. */
const rowsOf = (path: string): Record<string, unknown>[] =>
  textOf(path)
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)]
      } catch {
        return []
      }
    })

/** Everything below, hidden folders and what links lead to as well. */
const below = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? below(path) : [path]
  })

/** By the words of a file's name if exactly one is a type, else by its first line; undefined is no type. */
const typeOf = (path: string, known: readonly string[]): string | undefined => {
  const words = new Set(basename(path).split(/[^a-zA-Z]+/))
  const named = known.filter((type) => words.has(type))
  if (named.length === 1) return named[0]
  const [first] = rowsOf(path)
  return typeof first?.resourceType === 'string' ? first.resourceType : undefined
}

export const knownTypes = ['Patient', 'Observation', 'Encounter', 'Condition', 'OperationOutcome', 'Bundle']

/** Path and type of every file that is taken for lines of resources. */
export const found = (folder: string): { path: string; type?: string }[] =>
  below(folder)
    .filter((path) => /\.(ndjson|jsonl)(\.gz)?$/i.test(path))
    .sort()
    .map((path) => ({ path, type: typeOf(path, knownTypes) }))

/** What arrives: files are copied into one folder by their names, so that the last of two wins. */
export const copied = (folder: string, types: readonly string[]): Map<string, Record<string, unknown>[]> => {
  const files = new Map<string, Record<string, unknown>[]>()
  for (const { path, type } of found(folder)) {
    if (type === undefined || !types.includes(type)) continue
    // A row of another type than its file's is passed over.
    files.set(
      basename(path),
      rowsOf(path).filter(({ resourceType }) => resourceType === type),
    )
  }
  return files
}

/** `Type/id` of what the folder says is deleted. */
export const deletedIds = (folder: string): string[] => {
  const bundles = found(join(folder, 'deleted')).filter(({ type }) => type === 'Bundle')
  return bundles
    .flatMap(({ path }) => rowsOf(path))
    .filter(({ type }) => type === 'transaction')
    .flatMap(({ entry }) => (Array.isArray(entry) ? entry : []))
    .flatMap(({ request }: { request?: { method?: string; url?: string } }) =>
      request?.method === 'DELETE' && request.url?.split('/').length === 2 ? [request.url] : [],
    )
}

export interface Exported {
  exportId: string
  group: string
  url: string
  /** As Python's `datetime.fromisoformat` must take it. */
  time: string
}

interface LogRow {
  exportId?: string
  eventId?: string
  eventDetail?: { exportUrl?: string; transactionTime?: string }
}

/** A group is what stands behind `/Group/`, less a `/$export` to the letter. */
const groupOf = (url: string): string => {
  const path = new URL(url).pathname
    .replace(/\/$/, '')
    .replace(/\/\$export$/, '')
    .replace(/\/Patient$/, '')
  return path.split('/Group/')[1] ?? ''
}

const logIn = (folder: string): string => {
  const names = readdirSync(folder)
  if (names.includes('log.ndjson')) return join(folder, 'log.ndjson')
  const others = names.filter((name) => /^log\..+\.ndjson/.test(name))
  if (others.length !== 1) throw new Error(`${others.length} logs`)
  return join(folder, others[0] ?? '')
}

/** Of the last kick-off in the log: its own rows alone. Throws where a reader would give the log up. */
export const exported = (folder: string): Exported => {
  const rows: LogRow[] = rowsOf(logIn(folder))
  const exportId = rows.findLast(({ eventId }) => eventId === 'kickoff')?.exportId
  if (!exportId) throw new Error('no kickoff')
  const own = rows.filter((row) => row.exportId === exportId)
  const url = own.findLast(({ eventId }) => eventId === 'kickoff')?.eventDetail?.exportUrl
  const time = own.findLast(({ eventId }) => eventId === 'status_complete')?.eventDetail?.transactionTime
  if (url === undefined || time === undefined) throw new Error('incomplete log')
  return { exportId, group: groupOf(url), url, time }
}
