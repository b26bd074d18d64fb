/** The text of dataset.json, read as a stranger's: anybody may have written it. */
import { BulkxError } from '../errors.js'
import { isObject, isShallow, type Json, parseJson } from '../json.js'
import type {
  CommittedRound,
  Description,
  ExportRole,
  RoundChanges,
  RoundExport,
  SnapshotFile,
} from './dataset.js'

/** The layout that this program writes. */
const layout = 1

/** Of an export, and of a generation's snapshot: at least three digits. */
export const folderName = (number: number): string => String(number).padStart(3, '0')

/** The folder of a generation's snapshot, relative to the data set. */
export const snapshotOf = (generation: number): string => `snapshots/${folderName(generation)}`

/** What a data set has at most, so that a hostile one costs little. */
export const descriptionBytesMax = 64 * 1024 * 1024
const filesMax = 1000
const roundsMax = 100_000
const exportsMax = 100_000
const removedMax = 10_000_000
const timeMax = 200
const seriesLevelsMax = 32

const roles: readonly ExportRole[] = ['base', 'delta', 'newcomers']
const fileName = /^[A-Za-z]{1,64}\.ndjson$/
const digest = /^[0-9a-f]{64}$/
/** Of a patient; servers have longer ones than FHIR allows, and other characters. */
export const isId = (value: unknown): value is string =>
  typeof value === 'string' && /^[^\s/?#"\\\p{Cc}]{1,1024}$/u.test(value)

class NotOurs extends Error {}

const check: (isRight: boolean, what: string) => asserts isRight = (isRight, what) => {
  if (!isRight) throw new NotOurs(what)
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const readNumber = (value: unknown, what: string): number => {
  check(isCount(value) && value > 0, `${what} is no number`)
  return value
}

const readList = (value: unknown, max: number, what: string): unknown[] => {
  check(Array.isArray(value) && value.length <= max, `${what} is no list, or too long`)
  return value
}

const readFiles = (names: unknown, sizes: unknown): Record<string, SnapshotFile> => {
  check(isObject(names) && isObject(sizes), 'files or sizes is no object')
  const entries = Object.entries(names)
  check(entries.length <= filesMax, 'files has too many entries')
  const files = entries.map(([name, sha256]): [string, SnapshotFile] => {
    check(fileName.test(name), 'files has a name that no snapshot has')
    check(typeof sha256 === 'string' && digest.test(sha256), `the sha256 of ${name} is none`)
    const size = Object.hasOwn(sizes, name) ? sizes[name] : undefined
    check(isObject(size) && isCount(size.resources) && isCount(size.bytes), `sizes lacks ${name}`)
    return [name, { sha256, resources: size.resources, bytes: size.bytes }]
  })
  return Object.fromEntries(files)
}

const readExport = (value: unknown): RoundExport => {
  check(isObject(value), 'an export of a round is no object')
  const role = roles.find((one) => one === value.role)
  check(role !== undefined, 'the role of an export is unknown')
  return { number: readNumber(value.number, 'the number of an export'), role }
}

const readIds = (value: unknown, what: string): string[] | undefined => {
  if (value === undefined) return undefined
  const ids = readList(value, removedMax, what)
  check(ids.every(isId), `${what} has what is no id`)
  return ids
}

const readChanges = (value: unknown): RoundChanges | undefined => {
  if (value === undefined) return undefined
  check(isObject(value), 'the changes of a round are no object')
  const count = (name: keyof RoundChanges): number => {
    const found = value[name]
    check(isCount(found), `${name} of a round is no number`)
    return found
  }
  return {
    added: count('added'),
    replaced: count('replaced'),
    unchanged: count('unchanged'),
    deleted: count('deleted'),
    departed: count('departed'),
    resources: count('resources'),
    bytes: count('bytes'),
  }
}

const readRound = (value: unknown): CommittedRound => {
  check(isObject(value), 'a round is no object')
  const exports = readList(value.exports, exportsMax, 'the exports of a round').map(readExport)
  const generation = readNumber(value.generation, 'the generation of a round')
  const removed = readIds(value.removed, 'removed')
  const returned = readIds(value.returned, 'returned')
  const changes = readChanges(value.changes)
  return {
    generation,
    exports,
    ...(removed && { removed }),
    ...(returned && { returned }),
    ...(changes && { changes }),
  }
}

const readLayout = (value: Json): void => {
  check(isCount(value.version), 'it has no version')
  if (value.version === layout) return
  throw new BulkxError('BULKX_CONFIG', `dataset.json has layout ${value.version}, and this is ${layout}`, {
    hint: 'use the version of bulkx that wrote it, or a later one; or begin a new data set with --out',
  })
}

const readAll = (value: unknown): Description => {
  check(isObject(value), 'it is no JSON object')
  readLayout(value)
  const generation = readNumber(value.generation, 'generation')
  const { snapshot, transactionTime, series } = value
  check(snapshot === snapshotOf(generation), `snapshot is not ${snapshotOf(generation)}`)
  check(
    typeof transactionTime === 'string' && transactionTime !== '' && transactionTime.length <= timeMax,
    'transactionTime is no text',
  )
  check(isObject(series) && isShallow(series, seriesLevelsMax), 'series is no object, or nested too deeply')
  return {
    generation,
    snapshot: snapshotOf(generation),
    transactionTime,
    series,
    files: readFiles(value.files, value.sizes),
    rounds: readList(value.rounds, roundsMax, 'rounds').map(readRound),
  }
}

/** `path` is for the message. Throws `BULKX_CONFIG`. */
export const readDescription = (text: string, path: string): Description => {
  try {
    return readAll(parseJson(text))
  } catch (error) {
    if (!(error instanceof NotOurs)) throw error
    throw new BulkxError('BULKX_CONFIG', `${path} is not that of a data set: ${error.message}`, {
      hint: 'restore it from a copy, or begin a new data set with --out; the exports below it stay as they are',
    })
  }
}

/** The text of dataset.json for a committed data set. */
export const descriptionText = (description: Description): string => {
  const { generation, snapshot, transactionTime, series, rounds } = description
  const files = Object.entries(description.files)
  const value = {
    version: layout,
    generation,
    snapshot,
    transactionTime,
    series,
    files: Object.fromEntries(files.map(([name, { sha256 }]) => [name, sha256])),
    sizes: Object.fromEntries(files.map(([name, { resources, bytes }]) => [name, { resources, bytes }])),
    rounds,
  }
  return `${JSON.stringify(value, null, 2)}\n`
}
