/** Names of what stands in Redis. */
import { createHash } from 'node:crypto'
import { withoutEndSlashes } from '../http/url.js'

/** Exports that are under way: sorted by when their coordinator was last there. */
export const exportsKey = 'bulkx:exports'
/** Origin to the end of its pause: it holds for whoever asks there. */
export const pausedKey = 'bulkx:paused'

/** When the next request to a server may be sent, all workers together. */
export const rateKey = (fhirUrl: string): string =>
  `bulkx:rate:${createHash('sha256').update(withoutEndSlashes(fhirUrl)).digest('hex').slice(0, 16)}`

/** Job ids, as they are made; what else stands in Redis was not put there by bulkx. */
export const isExportId = (text: string): boolean => /^[\w-]{8,64}$/.test(text)

export interface ExportKeys {
  /** Stream: names that wait, or are somebody's. */
  queue: string
  /** Hash: name to task. */
  tasks: string
  /** Stream: name, worker, result. */
  results: string
  /** String: what a worker must know of the export. */
  description: string
  /** In the order in which scripts count them. */
  all: readonly string[]
}

const parts = [
  'queue', // 1
  'tasks', // 2
  'results', // 3
  'workers', // 4, hash: worker to gauges
  'doubts', // 5, hash: name to workers that were refused it
  'suspects', // 6, set: workers that wait for a verdict
  'wrong', // 7, set: workers that are refused what others are given
  'description', // 8
  'alive', // 9, sorted: worker to when it was last there
  'lost', // 10, hash: name to workers that fell silent while they had it; the exports are 11
] as const

export const keysOf = (exportId: string): ExportKeys => {
  const [queue = '', tasks = '', results = '', ...rest] = parts.map((part) => `bulkx:${exportId}:${part}`)
  const description = rest[4] ?? ''
  return { queue, tasks, results, description, all: [queue, tasks, results, ...rest, exportsKey] }
}
