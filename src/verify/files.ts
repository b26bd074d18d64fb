/** The files of an export, read again: several at a time, each compared with what it was when it was stored. */
import type { Progress } from '../fetch/progress.js'
import { pool } from '../job/pool.js'
import { storageError } from '../sink/storage-error.js'
import { compare } from './compare.js'
import { type Content, readContent } from './content.js'
import type { Duplicates } from './duplicates.js'
import type { OpenFile, Refusal } from './inside.js'
import type { Listed } from './listed.js'
import type { Remedies, Report } from './record.js'
import type { Shelf } from './shelf.js'

export interface Totals {
  files: number
  resources: number
  bytes: number
}

export interface Reading {
  shelf: Shelf
  parallel: number
  /** Gauges, for whoever shows them. */
  progress: Progress
  report: Report
  remedies: Remedies
  duplicates: Duplicates
  otherName: (sha256: string) => string | undefined
  /** Sees each file that is there. */
  onFile: (file: OpenFile) => void
  signal?: AbortSignal
}

const instead: Readonly<Record<Exclude<Refusal['why'], 'unreadable'>, string>> = {
  missing: 'it is not there',
  link: 'a link stands in its place, and was not followed',
  'not-a-file': 'something that is no file stands in its place',
}

const refused = (listed: Listed, refusal: Refusal, { report, remedies }: Reading): void => {
  const { name: file, bytes } = listed
  if (refusal.why === 'unreadable') {
    const { message } = storageError('it cannot be read', refusal.cause)
    const remedy = 'mend the disk or its permissions, then run `bulkx verify` again'
    report.problem({ code: 'unreadable', file, message, remedy })
    return
  }
  const expected = bytes === undefined ? undefined : { bytes }
  report.problem({
    code: refusal.why,
    file,
    message: instead[refusal.why],
    expected,
    remedy: remedies.file,
  })
}

const judge = (listed: Listed, content: Content, reading: Reading): void => {
  const problem = compare(listed, content, reading)
  if (problem) reading.report.problem(problem)
  else if (listed.storedBytes !== undefined && listed.storedBytes !== content.storedBytes) {
    const message = `it was compressed anew: ${content.storedBytes} bytes on disk, ${listed.storedBytes} when it was stored; its content is the same`
    reading.report.note({ code: 'compressed-anew', file: listed.name, message })
  }
}

/** What it holds; undefined when the disk does not give it. */
const read = async (
  listed: Listed,
  opened: OpenFile,
  reading: Reading,
  signal: AbortSignal,
): Promise<Content | undefined> => {
  const { progress, duplicates } = reading
  const active = { bytes: 0, totalBytes: opened.size, attempt: 1 }
  progress.active.set(listed.name, active)
  const look = listed.section === 'output' ? duplicates.look(listed.name) : undefined
  try {
    const content = await readContent(opened, {
      gzip: listed.gzip,
      expectedType: listed.type,
      onContent: look?.push,
      onBytes: (bytes) => {
        active.bytes += bytes
        progress.bytes += bytes
      },
      signal,
    })
    look?.end()
    return content
  } catch (cause) {
    signal.throwIfAborted()
    refused(listed, { why: 'unreadable', cause }, reading)
    return undefined
  } finally {
    progress.active.delete(listed.name)
    await opened.close()
  }
}

const checkFile = async (listed: Listed, reading: Reading, signal: AbortSignal): Promise<Totals> => {
  const opened = await reading.shelf.open(listed.name)
  const totals = { files: 0, resources: 0, bytes: 0 }
  if ('why' in opened) {
    refused(listed, opened, reading)
    return totals
  }
  reading.onFile(opened)
  const content = await read(listed, opened, reading, signal)
  if (!content) return totals
  judge(listed, content, reading)
  const { resources = 0, bytes = 0 } = content.inspection ?? {}
  return { files: 1, resources, bytes }
}

/** Reads and compares all of them; what was read, all together. `onDone` is told of each. */
export const checkFiles = async (
  files: Iterable<Listed>,
  reading: Reading,
  onDone: (number: number) => void,
): Promise<Totals> => {
  const sum: Totals = { files: 0, resources: 0, bytes: 0 }
  const work = (listed: Listed, signal: AbortSignal): Promise<Totals> => checkFile(listed, reading, signal)
  for await (const batch of pool(files, reading.parallel, work, reading.signal)) {
    for (const { files, resources, bytes } of batch) {
      sum.files += files
      sum.resources += resources
      sum.bytes += bytes
    }
    onDone(batch.length)
  }
  return sum
}
