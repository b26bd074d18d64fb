/** What a finished export of a data set holds, by its own manifest, which may be anybody's. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import { withoutEndSlashes } from '../http/url.js'
import { isObject, type Json, parseJson, scalarText } from '../json.js'
import { exportPath } from './dataset.js'
import type { LineRules } from './line-reader.js'
import { hasOwnFolder, readOwn } from './own-files.js'
import type { ProvedFile } from './proved-blocks.js'
import { trouble } from './trouble.js'

const manifestName = 'manifest.json'
/** Of a hundred thousand files it has some fifty million. */
const manifestBytesMax = 1024 * 1024 * 1024

export interface ExportFile extends ProvedFile {
  rules: LineRules
  /** Unpacked. */
  bytes: number
  /** Lines that are not blank, by the manifest. */
  lines: number
}

export interface ExportFiles {
  outputs: readonly ExportFile[]
  deletes: readonly ExportFile[]
  /** What the server's FHIR base URL is called, without the last slash. */
  bases: readonly string[]
}

const unusable = (folder: string, what: string): BulkxError =>
  new BulkxError('BULKX_STORAGE', `${folder} cannot be merged: ${what}`, {
    hint: 'look at it with `bulkx verify`; `bulkx sync --again` gives it up and begins the round anew',
  })

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const names = {
  output: /^[A-Za-z]{1,64}\.\d{4,15}\.ndjson(\.gz)?$/,
  deleted: /^deleted\/Bundle\.\d{4,15}\.ndjson(\.gz)?$/,
}

const readFile = (folder: string, section: keyof typeof names, entry: unknown): ExportFile => {
  if (!isObject(entry) || !isObject(entry.bulkx))
    throw unusable(folder, `its manifest lacks what ${section} is`)
  const { url, type, bulkx } = entry
  if (typeof url !== 'string' || !names[section].test(url))
    throw unusable(folder, `its manifest has a name under ${section} that no export has`)
  if (!isCount(bulkx.bytes) || !isCount(bulkx.lines))
    throw unusable(folder, `its manifest lacks the size of ${url}`)
  if (typeof bulkx.sha256 !== 'string') throw unusable(folder, `its manifest lacks the sha256 of ${url}`)
  return {
    path: join(folder, url),
    gzip: url.endsWith('.gz'),
    bytes: bulkx.bytes,
    lines: bulkx.lines,
    sha256: bulkx.sha256,
    mendedBy: '`bulkx sync --again` exports what was exported last',
    rules: { isDoubtful: bulkx.badLines !== 0, holdsParameters: type === 'Parameters' },
  }
}

/** Files are never changed again: another size is another file. */
const assertSize = async (folder: string, file: ExportFile, entry: unknown): Promise<void> => {
  const bulkx: Json = isObject(entry) && isObject(entry.bulkx) ? entry.bulkx : {}
  const expected = file.gzip ? bulkx.storedBytes : file.bytes
  const found = await lstat(file.path).catch((cause) => {
    throw trouble(`Cannot read ${file.path}`, cause)
  })
  if (found.size === expected) return
  throw unusable(
    folder,
    `${file.path} has ${found.size} bytes, and its manifest says ${scalarText(expected)}`,
  )
}

const readSection = async (
  folder: string,
  section: keyof typeof names,
  entries: unknown,
): Promise<ExportFile[]> => {
  if (!Array.isArray(entries)) throw unusable(folder, `its manifest has no list of ${section}`)
  const files: ExportFile[] = []
  for (const entry of entries) {
    const file = readFile(folder, section, entry)
    await assertSize(folder, file, entry)
    files.push(file)
  }
  return files
}

/** As it was given (not a `mock:`), and what stands before the target of the kick-off. */
const basesOf = (server: string, request: string): string[] =>
  [
    server,
    request.replace(/\/\$[^/]*$/, ''),
    request.replace(/\/[A-Za-z]+\/\$[^/]*$/, ''),
    request.replace(/\/[A-Za-z]+\/[^/]+\/\$[^/]*$/, ''),
  ].map(withoutEndSlashes)

/** Whether an export of a data set is on disk, finished. */
export const isFinished = async (directory: string, number: number): Promise<boolean> => {
  const folder = exportPath(directory, number)
  if (!(await hasOwnFolder(join(directory, 'exports'))) || !(await hasOwnFolder(folder))) return false
  return lstat(join(folder, manifestName)).then(
    () => true,
    () => false,
  )
}

/** Throws `BULKX_STORAGE` when the export is not there, not finished, or not what its manifest says. */
export const exportFiles = async (directory: string, number: number): Promise<ExportFiles> => {
  const folder = exportPath(directory, number)
  const isThere = await isFinished(directory, number)
  const text = isThere ? await readOwn(join(folder, manifestName), manifestBytesMax) : undefined
  const manifest = text === undefined ? undefined : parseJson(text)
  if (!isObject(manifest)) throw unusable(folder, 'it is not a finished export')
  const bulkx = isObject(manifest.bulkx) ? manifest.bulkx : {}
  await hasOwnFolder(join(folder, 'deleted'))
  return {
    outputs: await readSection(folder, 'output', manifest.output),
    deletes: await readSection(folder, 'deleted', manifest.deleted ?? []),
    bases: basesOf(scalarText(bulkx.server), scalarText(manifest.request)),
  }
}
