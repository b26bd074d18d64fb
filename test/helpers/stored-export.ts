/** An export on disk, compared with its own manifest and with what the mock knows. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { JobFile, Mock } from '../../src/mock/index.js'

/** Paths of all files below a directory, sorted. */
export const filesBelow = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort()
}

/** What an export has stored: data, without its manifest and log. */
export const dataFiles = async (directory: string): Promise<string[]> =>
  (await filesBelow(directory)).filter(
    (name) => !name.startsWith('.bulkx/') && name !== 'manifest.json' && name !== 'log.ndjson',
  )

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

interface OurEntry {
  url: string
  count: number
  bulkx: { sha256: string }
}

export interface OurManifest {
  transactionTime?: string
  output: OurEntry[]
  deleted?: OurEntry[]
  error?: OurEntry[]
  outcome?: OurEntry[]
  bulkx: { findings: { code: string; severity: string; message: string }[] }
}

/** The `manifest.json` of an export, when there is one. */
export const manifestOf = async (directory: string): Promise<OurManifest | undefined> => {
  const text = await readFile(join(directory, 'manifest.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as OurManifest)
}

const listedIn = (manifest: OurManifest): OurEntry[] => [
  ...manifest.output,
  ...(manifest.deleted ?? []),
  ...(manifest.error ?? []),
  ...(manifest.outcome ?? []),
]

/** Our names for the server's files, in their order. */
const namesOf = (files: readonly JobFile[]): Map<string, JobFile> => {
  const numbers = new Map<string, number>()
  const prefix = { output: '', deleted: 'deleted/', error: 'outcome/' } as const
  return new Map(
    files.map((file) => {
      const stem = prefix[file.section] + (file.type === '' ? 'unknown' : file.type)
      const number = (numbers.get(stem) ?? 0) + 1
      numbers.set(stem, number)
      return [`${stem}.${String(number).padStart(4, '0')}.ndjson`, file]
    }),
  )
}

/** The bytes of a file, unpacked where the server has it packed. */
const unpacked = async (file: JobFile): Promise<Buffer> => {
  const bytes = await contentOf(file)
  return file.name.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

/** The bytes of a file as the server has it. */
export const contentOf = async ({ content }: JobFile): Promise<Buffer> => {
  const opened = await content.open()
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.read(0, opened.sizeBytes)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Exit 0 or 10 means that what `manifest.json` lists is on disk, whole. */
export const checkListed = async (directory: string): Promise<void> => {
  const manifest = await manifestOf(directory)
  expect(manifest, 'manifest.json is there').toBeDefined()
  const listed = manifest ? listedIn(manifest) : []
  expect(await dataFiles(directory), 'manifest.json lists what is there').toEqual(
    [...new Set(listed.map(({ url }) => url))].sort(),
  )
  for (const { url, bulkx } of listed)
    expect(digestOf(await readFile(join(directory, url))), `sha256 of ${url}`).toBe(bulkx.sha256)
}

/** The files of the server's last job are on disk, byte for byte. */
export const checkServed = async (directory: string, mock: Mock): Promise<void> => {
  const job = [...mock.jobs.all()].at(-1)
  const truth = namesOf((await job?.files) ?? [])
  expect([...truth.keys()].sort(), 'every file of the server is here').toEqual(await dataFiles(directory))
  for (const [name, file] of truth)
    expect(digestOf(await readFile(join(directory, name))), name).toBe(digestOf(await unpacked(file)))
}
