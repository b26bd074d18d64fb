/** Data sets for tests: exports as they stand on disk when they are finished, and a whole round in one call. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll } from 'vitest'
import { commitRound } from '../../src/sync/commit.js'
import { type Dataset, type ExportRole, exportPath, openDataset } from '../../src/sync/dataset.js'
import { type Merged, type MergeOrder, mergeRound } from '../../src/sync/merge.js'

export const server = 'https://ehr.example/fhir'

export interface StoredFile {
  /** `Patient.0001.ndjson`, `deleted/Bundle.0001.ndjson`. */
  name: string
  text: string | Buffer
  /** As the manifest names it. */
  type?: string
  badLines?: number
  gzip?: boolean
}

export interface StoredExport {
  output: readonly StoredFile[]
  deleted?: readonly StoredFile[]
}

/** Hundreds of rounds sync thousands of files: on a disk that takes minutes. */
const fastest = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const made: string[] = []
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

const directoryIn = (place: string): string => {
  const directory = mkdtempSync(join(place, 'bulkx-data-set-'))
  made.push(directory)
  return directory
}

export const newDirectory = (): string => directoryIn(tmpdir())
export const fastDirectory = (): string => directoryIn(fastest)

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const store = (folder: string, { name, text, type, badLines = 0, gzip = false }: StoredFile): object => {
  const bytes = Buffer.from(text)
  const stored = gzip ? gzipSync(bytes) : bytes
  const url = gzip ? `${name}.gz` : name
  writeFileSync(join(folder, url), stored)
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '').length
  return {
    type: type ?? name.replace(/^.*\/|\..*$/g, ''),
    url,
    count: lines,
    bulkx: {
      bytes: bytes.length,
      storedBytes: gzip ? stored.length : undefined,
      sha256: digestOf(bytes),
      lines,
      badLines,
    },
  }
}

/** As a finished export leaves it. */
export const putExport = (
  directory: string,
  number: number,
  { output, deleted = [] }: StoredExport,
): void => {
  const folder = exportPath(directory, number)
  mkdirSync(join(folder, 'deleted'), { recursive: true })
  const manifest = {
    transactionTime: `2026-01-${String(number).padStart(2, '0')}T00:00:00Z`,
    request: `${server}/Group/1/$export`,
    output: output.map((file) => store(folder, file)),
    deleted: deleted.map((file) => store(folder, file)),
    bulkx: { server, findings: [] },
  }
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
}

export interface RoundOptions extends Partial<MergeOrder> {
  keep?: number
}

/** Exports that are on disk, merged and committed. */
export const round = async (
  directory: string,
  exports: readonly (readonly [number: number, role: ExportRole])[],
  { keep, ...more }: RoundOptions = {},
): Promise<{ merged: Merged; dataset: Dataset }> => {
  const dataset = await openDataset(directory)
  const merged = await mergeRound({
    dataset,
    exports: exports.map(([number, role]) => ({ number, role })),
    ...more,
  })
  const transactionTime = `2026-01-${exports[0]?.[0]}`
  const after = await commitRound({ dataset, merged, transactionTime, series: { server }, keep })
  return { merged, dataset: after }
}

/** The snapshot that `current` leads to: text by name. */
export const snapshotIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

export const currentOf = (directory: string): Record<string, string> => snapshotIn(join(directory, 'current'))

/** A resource as a line. */
export const resource = (type: string, id: string, more: object = {}): string =>
  JSON.stringify({ resourceType: type, id, ...more })

export const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join('')

/** A line of `deleted/`. */
export const bundle = (...urls: string[]): string =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: urls.map((url) => ({ request: { method: 'DELETE', url } })),
  })
