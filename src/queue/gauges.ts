/** What a worker shows of itself, about each second: sampled, never journaled. */
import type { ActiveFile } from '../fetch/progress.js'
import { isObject, parseJson } from '../json.js'
import { countIn, oneOf, optional, required, textUpTo, whole } from './fields.js'
import { isName } from './task-text.js'

export interface Gauges {
  /** Of the machine, for people. */
  host: string
  /** Downloads at once, at most. */
  parallel: number
  state: 'working' | 'waiting' | 'leaving' | 'refused'
  /** Why it takes no file of this export. */
  reason?: string
  /** In transfer, by name. */
  active: [name: string, file: ActiveFile][]
}

/** Files in transfer that are shown of one worker. */
const activeMax = 100

export const writeGauges = (gauges: Gauges): string =>
  JSON.stringify({ ...gauges, active: gauges.active.slice(0, activeMax) })

const activeIn = (value: unknown): Gauges['active'] | undefined => {
  if (!Array.isArray(value) || value.length > activeMax) return undefined
  return value.flatMap((entry: unknown): Gauges['active'] => {
    const [name, file] = Array.isArray(entry) ? (entry as unknown[]) : []
    if (typeof name !== 'string' || !isName(name) || !isObject(file)) return []
    const bytes = countIn(file.bytes) ?? 0
    return [[name, { bytes, totalBytes: countIn(file.totalBytes), attempt: countIn(file.attempt) ?? 1 }]]
  })
}

export const readGauges = (text: string): Gauges | undefined => {
  const found = text.length <= 50_000 ? parseJson(text) : undefined
  if (!isObject(found)) return undefined
  return whole(() => ({
    host: required(found.host, textUpTo(200)),
    parallel: required(found.parallel, countIn),
    state: required(found.state, oneOf('working', 'waiting', 'leaving', 'refused')),
    reason: optional(found.reason, textUpTo(2_000)),
    active: required(found.active, activeIn),
  }))
}
