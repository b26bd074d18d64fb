/** What a worker must know of an export before it takes a file of it: data without secrets. */
import { isObject, parseJson } from '../json.js'
import { optional, required, textUpTo, whole } from './fields.js'

export interface Description {
  /** Of bulkx: coordinator and workers must be the same. */
  version: string
  /** The FHIR base URL; a worker has its own credential for it, or none. */
  fhirUrl: string
  /** Where files go: a directory's absolute path, or the URL of an object store. */
  place: string
  /** Stands in the place, where it is a directory: whoever does not find it there is somewhere else. */
  sign?: string
  /** A worker that is silent for so long has lost its files, milliseconds. */
  leaseMs: number
  /** Requests a second, all workers together. */
  maxRequests?: number
}

/** Shorter ones are lost by a hiccup, longer ones are no lease; milliseconds. */
const leaseMinMs = 3_000
const leaseMaxMs = 3_600_000

const leaseIn = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= leaseMinMs && value <= leaseMaxMs ? value : undefined

const rateIn = (value: unknown): number | undefined =>
  typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined

export const writeDescription = (description: Description): string => JSON.stringify(description)

export const readDescription = (text: string): Description | undefined => {
  const found = text.length <= 20_000 ? parseJson(text) : undefined
  if (!isObject(found)) return undefined
  return whole(() => ({
    version: required(found.version, textUpTo(100)),
    fhirUrl: required(found.fhirUrl, textUpTo(8_000)),
    place: required(found.place, textUpTo(8_000)),
    sign: optional(found.sign, textUpTo(100)),
    leaseMs: required(found.leaseMs, leaseIn),
    maxRequests: optional(found.maxRequests, rateIn),
  }))
}
