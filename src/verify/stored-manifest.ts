/** `manifest.json` as it stands in a directory: ours, another tool's, or something that somebody has put there. */
import { manifestName } from '../job/manifest-file.js'
import { isObject, isShallow, type Json, parseJson } from '../json.js'
import { type Section, sections } from '../protocol/types.js'
import type { OpenFile, Refusal } from './inside.js'
import type { Shelf } from './shelf.js'

export interface ManifestEntry {
  /** Its `url`, as a name in the directory; whether it is one, nobody has checked. */
  name: string
  section: Section
  type?: string
  count?: number
  /** What we have written of it. */
  stored?: {
    bytes?: number
    storedBytes?: number
    sha256?: string
    lines?: number
    badLines?: number
  }
  /** The entry itself. */
  value: Json
}

export interface StoredManifest {
  /** We have written it. */
  ours: boolean
  exportId?: string
  value: Json
  entries: ManifestEntry[]
  /** Members of its lists that are no entries. */
  strangers: number
}

/** A manifest of a million files is no larger; bytes. */
const largest = 500 * 1024 * 1024

/** No manifest is nested so deeply; parts of it are written again. */
const depthMax = 100

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const entryOf = (value: unknown, section: Section): ManifestEntry | undefined => {
  if (!isObject(value) || typeof value.url !== 'string') return undefined
  const own = isObject(value.bulkx) ? value.bulkx : undefined
  return {
    name: value.url.replace(/^(\.\/)+/, ''),
    section,
    type: text(value.type),
    count: number(value.count),
    stored: own && {
      bytes: number(own.bytes),
      storedBytes: number(own.storedBytes),
      sha256: text(own.sha256),
      lines: number(own.lines),
      badLines: number(own.badLines),
    },
    value,
  }
}

/** STU4 calls the last section `outcome`, those before it `error`. */
const listsOf = (manifest: Json, section: Section): unknown[] =>
  (section === 'outcome' ? [manifest.error, manifest.outcome] : [manifest[section]]).flatMap((list) =>
    Array.isArray(list) ? list : [],
  )

/** The manifest of a text; undefined when it is none. */
export const manifestOfText = (content: string): StoredManifest | undefined => {
  const value = parseJson(content)
  if (!isObject(value) || !Array.isArray(value.output) || !isShallow(value, depthMax)) return undefined
  const own = isObject(value.bulkx) ? value.bulkx : undefined
  const entries: ManifestEntry[] = []
  let strangers = 0
  for (const section of sections)
    for (const one of listsOf(value, section)) {
      const entry = entryOf(one, section)
      if (entry) entries.push(entry)
      else strangers += 1
    }
  return { ours: own !== undefined, exportId: text(own?.exportId), value, entries, strangers }
}

const textOf = async (file: OpenFile): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of file.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The manifest that stands on the shelf. `broken`: what is there is none. */
export const readStoredManifest = async (
  shelf: Shelf,
): Promise<StoredManifest | Refusal | { why: 'broken' }> => {
  const opened = await shelf.open(manifestName)
  if ('why' in opened) return opened
  try {
    if (opened.size > largest) return { why: 'broken' }
    return manifestOfText(await textOf(opened)) ?? { why: 'broken' }
  } catch (cause) {
    return { why: 'unreadable', cause }
  } finally {
    await opened.close()
  }
}
