/** Reads a data set's snapshot again, and compares it with dataset.json and with the exports that it was made of. */
import { createHash } from 'node:crypto'
import { lstat, mkdtemp, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import { systemCode } from '../sink/storage-error.js'
import { blocksOf } from './blocks.js'
import { Comparison, type Difference } from './comparison.js'
import {
  currentName,
  type Dataset,
  exportPath,
  openDataset,
  type RoundExport,
  type SnapshotFile,
} from './dataset.js'
import { leavingWith } from './departed.js'
import { type ExportFiles, exportFiles, isFinished } from './export-files.js'
import { keysBytesMax } from './merge.js'
import { namesIn, openOwn } from './own-files.js'
import type { Blocks } from './proved-blocks.js'
import { type RoundInput, Selection } from './selection.js'
import { trouble } from './trouble.js'

export interface DatasetProblem {
  /**
   * `missing`: a file that dataset.json lists. `changed`: other bytes. `unexpected`: a file that it does not list.
   * `switch`: `current` leads elsewhere. `merge`: the exports, merged again, give another snapshot.
   */
  kind: 'missing' | 'changed' | 'unexpected' | 'switch' | 'merge'
  /** Relative to the data set. */
  path: string
  /** One sentence without a period. */
  message: string
  /** The first resources that differ, as `Type/id`. */
  resources?: readonly string[]
}

export interface DatasetCheck {
  problems: readonly DatasetProblem[]
  /** Of the snapshot, as read. */
  files: number
  bytes: number
  resources: number
  /** Whether the exports were merged again; not when one of them is no longer there. */
  mergedAgain: boolean
}

/** One thing that is read: told how many bytes of it have been, and when that is over. */
export interface Watched {
  read(bytes: number): void
  end(): void
}

export interface CheckOptions {
  /** Told of each thing before it is read: what it is called, and bytes that there are to read. */
  watch?: (what: string, bytes: number) => Watched
  /** As of `mergeRound`. */
  keysBytesMax?: number
  signal?: AbortSignal
}

/**
 * Reads every byte of the snapshot; merges the exports again in a stream when all of them since the last base are on disk.
 * Changes nothing in the data set; keys beyond `keysBytesMax` go into the system's temporary folder. The exports themselves are not checked here. Throws as
 * `openDataset` does, and `BULKX_CONFIG` when there is no data set.
 */
export const checkDataset = async (directory: string, options: CheckOptions = {}): Promise<DatasetCheck> => {
  const dataset = await openDataset(directory)
  const { snapshot } = dataset
  if (snapshot === undefined)
    throw new BulkxError('BULKX_CONFIG', `There is no data set in ${directory}`, {
      hint: 'make one with `bulkx sync`, or name its directory',
    })
  const problems: DatasetProblem[] = []
  const names = await namesIn(join(directory, snapshot))
  const { readable, ...read } = await readFiles(dataset, names, problems, options)
  problems.push(...unexpected(dataset, names), ...(await checkSwitch(directory, snapshot)))
  const rounds = await roundsOf(dataset, problems)
  if (rounds) {
    const differences = await mergeAgain(dataset, rounds, readable, options)
    problems.push(...differences.map((difference) => mergeProblem(snapshot, difference)))
  }
  return { problems, ...read, mergedAgain: rounds !== undefined }
}

const readBytes = 256 * 1024
const newline = 10

/** Every byte of the files that dataset.json lists. */
const readFiles = async (
  { directory, snapshot = '', files }: Dataset,
  names: readonly string[],
  problems: DatasetProblem[],
  options: CheckOptions,
): Promise<Pick<DatasetCheck, 'files' | 'bytes' | 'resources'> & { readable: string[] }> => {
  const sum = { files: 0, bytes: 0, resources: 0, readable: [] as string[] }
  for (const [name, listed] of Object.entries(files)) {
    const path = `${snapshot}/${name}`
    if (!names.includes(name)) {
      problems.push({ kind: 'missing', path, message: 'dataset.json lists it, and it is not there' })
      continue
    }
    if (!(await lstat(join(directory, path))).isFile()) {
      problems.push({ kind: 'changed', path, message: 'something that is no file stands in its place' })
      continue
    }
    const watched = options.watch?.(path, listed.bytes)
    const found = await readFile(join(directory, path), options, watched)
    watched?.end()
    sum.files += 1
    sum.readable.push(name)
    sum.bytes += found.bytes
    sum.resources += found.resources
    const message = howChanged(listed, found)
    if (message !== undefined) problems.push({ kind: 'changed', path, message })
  }
  return sum
}

const readFile = async (
  path: string,
  { signal }: CheckOptions,
  watched: Watched | undefined,
): Promise<SnapshotFile> => {
  const hash = createHash('sha256')
  let [bytes, resources] = [0, 0]
  const handle = await openOwn(path)
  try {
    const chunks: AsyncIterable<Buffer> = handle.createReadStream({
      autoClose: false,
      highWaterMark: readBytes,
    })
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      hash.update(chunk)
      bytes += chunk.length
      watched?.read(chunk.length)
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) resources += 1
    }
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw trouble(`Cannot read ${path}`, cause)
  } finally {
    await handle.close()
  }
  return { sha256: hash.digest('hex'), bytes, resources }
}

const howChanged = (listed: SnapshotFile, found: SnapshotFile): string | undefined => {
  if (found.bytes !== listed.bytes)
    return `it has ${found.bytes} bytes, and dataset.json says ${listed.bytes}`
  if (found.sha256 !== listed.sha256) return 'its sha256 is not that of dataset.json'
  if (found.resources === listed.resources) return undefined
  return `it has ${found.resources} lines, and dataset.json says ${listed.resources}`
}

const unexpected = ({ snapshot, files }: Dataset, names: readonly string[]): DatasetProblem[] =>
  names
    .filter((name) => !Object.hasOwn(files, name))
    .map((name) => {
      const path = `${snapshot}/${name}`
      return { kind: 'unexpected', path, message: 'dataset.json does not list it' }
    })

/** No link is none: not every platform has them, and then dataset.json names the snapshot. */
const checkSwitch = async (directory: string, snapshot: string): Promise<DatasetProblem[]> => {
  const target = await readlink(join(directory, currentName)).catch((error) =>
    systemCode(error) === 'ENOENT' ? snapshot : undefined,
  )
  if (target?.replaceAll('\\', '/') === snapshot) return []
  const message = target === undefined ? 'it is no link' : `it does not lead to ${snapshot}`
  return [{ kind: 'switch', path: currentName, message }]
}

const mergeProblem = (snapshot: string, { name, expected, found }: Difference): DatasetProblem => ({
  kind: 'merge',
  path: `${snapshot}/${name}`,
  message:
    found === undefined
      ? 'the exports, merged again, give more'
      : expected === undefined
        ? 'the exports, merged again, give less'
        : 'the exports, merged again, give something else',
  resources: [expected, found]
    .filter((one, at, all) => one !== undefined && all.indexOf(one) === at)
    .map(String),
})

/** The rounds from the last base on; undefined when one of their exports cannot be merged, or is not there any more. */
const roundsOf = async (
  { directory, rounds }: Dataset,
  problems: DatasetProblem[],
): Promise<RoundInput[] | undefined> => {
  if (!rounds[0]?.exports.some(({ role }) => role === 'base')) return undefined
  const numbers = rounds.flatMap(({ exports }) => exports.map(({ number }) => number))
  for (const number of numbers) if (!(await isFinished(directory, number))) return undefined
  const filesOf = async ({ number }: RoundExport): Promise<ExportFiles | undefined> => {
    try {
      return await exportFiles(directory, number)
    } catch (error) {
      if (!(error instanceof BulkxError)) throw error
      const path = exportPath(directory, number).slice(directory.length + 1)
      problems.push({ kind: 'merge', path, message: error.message })
      return undefined
    }
  }
  const inputs: RoundInput[] = []
  for (const { exports, removed, returned } of rounds) {
    const files: ExportFiles[] = []
    for (const one of exports) {
      const read = await filesOf(one)
      if (!read) return undefined
      files.push(read)
    }
    inputs.push({ exports: files, leaves: leavingWith(removed), returns: leavingWith(returned) })
  }
  return inputs
}

/** Each file is read once to know which lines stay, and once more for these. */
const bytesToMerge = (rounds: readonly RoundInput[]): number =>
  rounds
    .flatMap(({ exports }) => exports)
    .reduce((sum, { outputs, deletes }) => {
      const of = (files: readonly { bytes: number }[]): number =>
        files.reduce((total, { bytes }) => total + bytes, 0)
      return sum + 2 * of(outputs) + of(deletes)
    }, 0)

const mergeAgain = async (
  dataset: Dataset,
  rounds: readonly RoundInput[],
  readable: readonly string[],
  { signal, watch, keysBytesMax: most = keysBytesMax }: CheckOptions,
): Promise<Difference[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'bulkx-verify-')).catch((cause) => {
    throw trouble(`Cannot use ${tmpdir()}`, cause)
  })
  const watched = watch?.('merged again', bytesToMerge(rounds))
  const read: Blocks = (file, ended) => blocksOf(file, ended, ({ length }) => watched?.read(length))
  const selection = new Selection(
    { old: [], isOldCopied: true, rounds },
    { folder, keysBytesMax: most, signal, read, readAgain: read },
  )
  const comparison = new Comparison(join(dataset.directory, dataset.snapshot ?? ''), readable)
  try {
    await selection.decide()
    await selection.copyTo(comparison)
    return await comparison.end()
  } finally {
    watched?.end()
    await selection.close()
    await comparison.close()
    await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}
