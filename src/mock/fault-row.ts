/** One fault as a row: what it is, which parameters it has, and the function that makes it. */
import type { Fault } from './edit.js'

/** How a parameter is written; a list has the words that it may be. */
export type Kind = 'count' | 'integer' | 'status' | 'phase' | 'style' | 'text' | readonly string[]
export type Value = number | string
export type Values = Readonly<Record<string, Value>>

export interface FaultRow {
  summary: string
  parameters: Readonly<Record<string, Kind>>
  required: readonly string[]
  make(values: Values): Fault
}

const matcher = { times: 'count', after: 'count' } as const
const file = { ...matcher, file: 'count' } as const

/** The parameters that many faults share: which requests they meet. */
export const reach = {
  /** The first so many requests, or some later ones. */
  matcher,
  /** Requests for files, or for one of them. */
  file,
  /** Any request. */
  anywhere: { ...file, on: 'phase' },
} as const

/** `make` is given values that were read by their kinds, with the required ones among them. */
export const row = (
  make: (options: never) => Fault,
  summary: string,
  parameters: Readonly<Record<string, Kind>>,
  required: readonly string[] = [],
): FaultRow => ({ summary, parameters, required, make: make as unknown as (values: Values) => Fault })
