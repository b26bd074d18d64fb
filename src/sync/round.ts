/** The plan of a round: which exports bring a data set to its next generation, written down before the first begins. */
import { join } from 'node:path'
import { BulkxError, type ErrorCode, exitCodes } from '../errors.js'
import { isObject, type Json, parseJson } from '../json.js'
import type { Instant } from '../protocol/types.js'
import { privateFolder } from '../sink/disk.js'
import type { ExportRole, RoundExport } from './dataset.js'
import { isId } from './description.js'
import { removeDurably, writeDurably } from './durable-file.js'
import { readOwn } from './own-files.js'

/** An export of the round. `patients`: ids of the newcomers whom it is about. */
export interface PlannedExport extends RoundExport {
  patients?: readonly string[]
}

export interface Round {
  /** In the order of their numbers: a base or a delta, then those of newcomers. */
  exports: readonly PlannedExport[]
  /** What the first export asks for; everything when absent. */
  since?: Instant
  series: Json
  /** Who is in the group; absent where that is not known. */
  members?: readonly string[]
  /** Who has left it since the last round; absent where that is not known: nobody is taken out then. */
  departed?: readonly string[]
  /** Newcomers whose history could not be had: they are no members yet. */
  pending: readonly string[]
  /** What has kept the exports, all of them finished, from becoming a snapshot; as the last run has said it. */
  blocked?: Blocked
}

export type Blocked = Pick<BulkxError, 'code' | 'message' | 'hint'>

const roundPath = (directory: string): string => join(directory, privateFolder, 'round.json')

const layout = 1
/** Ten million ids of patients, three times. */
const bytesMax = 1024 * 1024 * 1024
const exportsMax = 100_000
const roles: readonly ExportRole[] = ['base', 'delta', 'newcomers']

/** Newcomers in one export: servers bound the body of a request. */
export const newcomersAtOnce = 1000

/** The number that the snapshot of the round gets. */
export const generationOf = ({ exports }: Round): number => exports.at(-1)?.number ?? 0

export const firstOf = ({ exports }: Round): PlannedExport => {
  const [first] = exports
  if (first === undefined) throw new Error('a round without an export')
  return first
}

const isIds = (value: unknown): value is string[] => Array.isArray(value) && value.every(isId)
const maybeIds = (value: unknown): value is string[] | undefined => value === undefined || isIds(value)

const readExport = (value: unknown): PlannedExport | undefined => {
  if (!isObject(value) || !Number.isSafeInteger(value.number) || Number(value.number) < 1) return undefined
  const role = roles.find((one) => one === value.role)
  const { patients } = value
  if (role === undefined || !maybeIds(patients)) return undefined
  return { number: Number(value.number), role, ...(patients === undefined ? {} : { patients }) }
}

const inOrder = (exports: readonly PlannedExport[]): boolean =>
  exports.every(({ number, role }, at) =>
    at === 0 ? role !== 'newcomers' : role === 'newcomers' && number > (exports[at - 1]?.number ?? 0),
  )

const isCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(exitCodes, value)

/** It only tells: one that cannot be read is none. */
const readBlocked = (value: unknown): Blocked | undefined => {
  if (!isObject(value) || !isCode(value.code) || typeof value.message !== 'string') return undefined
  const { code, message, hint } = value
  return { code, message, ...(typeof hint === 'string' ? { hint } : {}) }
}

const readPlan = (value: unknown): Round | undefined => {
  if (!isObject(value) || value.version !== layout || !Array.isArray(value.exports)) return undefined
  const { since, series, members, departed, pending } = value
  const blocked = readBlocked(value.blocked)
  const exports = value.exports.slice(0, exportsMax).flatMap((one) => readExport(one) ?? [])
  const isWhole = exports.length === value.exports.length && exports.length > 0 && inOrder(exports)
  const isRight = isObject(series) && maybeIds(members) && maybeIds(departed) && isIds(pending)
  if (!isWhole || !isRight || (since !== undefined && typeof since !== 'string')) return undefined
  return { exports, since, series, members, departed, pending, ...(blocked ? { blocked } : {}) }
}

/** The round that is under way, if one is. Throws `BULKX_CONFIG` for a plan that is none, `BULKX_STORAGE`. */
export const readRound = async (directory: string): Promise<Round | undefined> => {
  const text = await readOwn(roundPath(directory), bytesMax)
  if (text === undefined) return undefined
  const round = readPlan(parseJson(text))
  if (round) return round
  throw new BulkxError('BULKX_CONFIG', `${roundPath(directory)} is not the plan of a round`, {
    hint: 'give that round up with --again; the snapshot stays as it is',
  })
}

/** Durable before anything of it is begun. */
export const writeRound = (directory: string, round: Round): Promise<void> =>
  writeDurably(roundPath(directory), `${JSON.stringify({ version: layout, ...round })}\n`)

export const removeRound = (directory: string): Promise<void> => removeDurably(roundPath(directory))
