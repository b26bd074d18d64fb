/**
 * manifest.json, read entry by entry: one of a hundred thousand files is never held whole. As bulkx writes it, each entry
 * begins and ends on a line of its own. Another tool's is read at once, where it is not too large.
 */
import { isObject, parseJson } from '../json.js'
import type { Section } from '../protocol/types.js'
import { type ManifestEntry, manifestOfText } from '../verify/stored-manifest.js'
import { Missing } from './missing.js'

/** The bytes of a file of the export by its name; rejects when there is no such file. */
export type ReadName = (name: string) => AsyncIterable<Uint8Array>

export interface ManifestFigures {
  /** bulkx has written it. */
  ours: boolean
  version?: string
  exportId?: string
  server?: string
  startedAt?: string
  completedAt?: string
  transactionTime?: string
  files: number
  resources: number
  bytes: number
  digests: number
  /** Of its own, at most as many as are written. */
  findings: { severity: string; code: string; message: string; file?: string }[]
}

/** Of a manifest that is read at once, and of one entry; bytes. */
const wholeMax = 64 * 1024 * 1024

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Each byte is looked at once, however long a line is. Throws `Missing` at one that no manifest has. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let begun: string[] = []
  let length = 0
  for await (const chunk of bytes) {
    const [end = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n')
    begun.push(end)
    length += end.length
    const last = others.pop()
    if (last !== undefined) {
      yield begun.join('')
      yield* others
      begun = [last]
      length = last.length
    }
    if (length > wholeMax) throw new Missing('refused')
  }
  yield begun.join('') + decoder.decode()
}

const lists: Readonly<Record<string, Section>> = {
  output: 'output',
  deleted: 'deleted',
  error: 'outcome',
  outcome: 'outcome',
}

/** A small manifest of one entry, or of none: what it says is read as that of a whole one. */
const entryIn = (section: Section, entry: string): ManifestEntry | undefined => {
  const list = section === 'outcome' ? 'error' : section
  const others = list === 'output' ? '' : '"output":[],'
  return manifestOfText(`{${others}"${list}":[${entry}]}`)?.entries[0]
}

class Reader {
  readonly figures: ManifestFigures = {
    ours: false,
    files: 0,
    resources: 0,
    bytes: 0,
    digests: 0,
    findings: [],
  }
  /** It is written as ours are. */
  isOurs = false
  private readonly take: (entry: ManifestEntry) => void
  private section?: Section
  /** Lines of an entry, or of a value of the manifest itself, that has begun. */
  private piece: string[] = []
  private key?: string
  private size = 0

  constructor(take: (entry: ManifestEntry) => void) {
    this.take = take
  }

  line(line: string): void {
    const [, key, value = ''] = /^ {2}"((?:[^"\\]|\\.)*)": (.*)$/.exec(line) ?? []
    if (key !== undefined) this.begin(key, value)
    else if (this.section) this.inList(line)
    else if (this.key !== undefined) this.inValue(line)
  }

  entry(entry: ManifestEntry): void {
    const { figures } = this
    figures.files += 1
    figures.resources += Number.isFinite(entry.count) ? Math.max(0, entry.count ?? 0) : 0
    figures.bytes += Number.isFinite(entry.stored?.bytes) ? Math.max(0, entry.stored?.bytes ?? 0) : 0
    if (entry.stored?.sha256 !== undefined) figures.digests += 1
    this.take(entry)
  }

  value(key: string, value: unknown): void {
    if (key === 'transactionTime') this.figures.transactionTime = text(value)
    if (key !== 'bulkx' || !isObject(value)) return
    this.isOurs = true
    const { version, exportId, server, startedAt, completedAt, findings } = value
    Object.assign(this.figures, {
      ours: true,
      version: text(version),
      exportId: text(exportId),
      server: text(server),
      startedAt: text(startedAt),
      completedAt: text(completedAt),
    })
    for (const one of Array.isArray(findings) ? findings : []) {
      if (!isObject(one)) continue
      const { severity, code, message, file } = one
      if (typeof severity !== 'string' || typeof code !== 'string' || typeof message !== 'string') continue
      this.figures.findings.push({ severity, code, message, file: text(file) })
    }
  }

  private begin(key: string, value: string): void {
    this.section = Object.hasOwn(lists, key) && value.startsWith('[') ? lists[key] : undefined
    this.piece = []
    this.key = undefined
    if (this.section) return
    if (value === '{' || value === '[') {
      this.key = key
      this.add(value)
    } else this.value(key, parseJson(value.replace(/,$/, '')))
  }

  private inList(line: string): void {
    if (line === '    {') this.piece = []
    if (!this.section || !/^ {4}/.test(line)) return
    this.add(line)
    if (!/^ {4}\},?$/.test(line)) return
    const entry = entryIn(this.section, this.piece.join('\n').replace(/,$/, ''))
    this.piece = []
    this.size = 0
    if (entry) this.entry(entry)
  }

  private inValue(line: string): void {
    this.add(line)
    if (this.key === undefined || !/^ {2}[}\]],?$/.test(line)) return
    this.value(this.key, parseJson(this.piece.join('\n').replace(/,$/, '')))
    this.key = undefined
  }

  /** What has no end is no entry. */
  private add(line: string): void {
    this.size = this.piece.length === 0 ? line.length : this.size + line.length
    if (this.size < wholeMax) this.piece.push(line)
  }
}

const readWhole = async (bytes: AsyncIterable<Uint8Array>): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > wholeMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** `take` sees each entry. Undefined when it is no manifest. Rejects when `read` does. */
export const readManifest = async (
  read: () => AsyncIterable<Uint8Array>,
  take: (entry: ManifestEntry) => void,
): Promise<ManifestFigures | undefined> => {
  const reader = new Reader(take)
  for await (const line of linesOf(read())) reader.line(line)
  if (reader.isOurs || reader.figures.files > 0) return reader.figures
  const manifest = manifestOfText((await readWhole(read())) ?? '')
  if (!manifest) return undefined
  const whole = new Reader(take)
  for (const entry of manifest.entries) whole.entry(entry)
  for (const key of ['transactionTime', 'bulkx']) whole.value(key, manifest.value[key])
  return whole.figures
}
