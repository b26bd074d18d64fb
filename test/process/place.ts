/** Where a test's processes may write: a directory of its own, gone afterwards. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { JobEvent } from '../../src/job/facts.js'

export interface Place extends AsyncDisposable {
  root: string
  /** The output directory. */
  out: string
  /** For BULKX_STATE_DIR. */
  state: string
  /** Done before the directory goes: the processes that use it are ended here. */
  closing: (() => Promise<unknown>)[]
}

export const newPlace = async (): Promise<Place> => {
  const root = await mkdtemp(join(tmpdir(), 'bulkx-process-'))
  const closing: Place['closing'] = []
  const dispose = async (): Promise<void> => {
    await Promise.all(closing.map((close) => close()))
    await rm(root, { recursive: true, force: true })
  }
  return { root, out: join(root, 'out'), state: join(root, 'state'), closing, [Symbol.asyncDispose]: dispose }
}

/** Paths of all files below a directory, relative to it, in order; empty when there is none. */
export const filesBelow = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort()
}

export const journalOf = (out: string): string => join(out, '.bulkx/journal')

/** The facts of the whole lines of a journal; a torn last line is left out, as bulkx does. */
export const factsOf = async (out: string): Promise<JobEvent[]> => {
  const text = await readFile(journalOf(out), 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line): JobEvent => JSON.parse(line))
}

/** Objects of an NDJSON text whose every line must be whole. */
export const objectsOf = <T = Record<string, unknown>>(text: string): T[] => {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Error('the text does not end with a line feed')
  return lines.map((line): T => JSON.parse(line))
}
