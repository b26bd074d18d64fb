/** A job's directory from outside: what stands in it, read without its lock. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import { privateFolder } from '../sink/disk.js'
import { readJournal } from './journal.js'
import { type JobState, newState, reduce } from './state.js'

export const journalPath = (directory: string): string => join(directory, privateFolder, 'journal')
/** The page that `bulkx report` puts there: no part of the export. */
export const reportName = 'report.html'
export const lockPath = (directory: string): string => join(directory, privateFolder, 'lock')

/** Where a directory's job is; undefined when it holds none. Another process may be writing it. */
export const readJob = async (directory: string): Promise<JobState | undefined> => {
  const state = newState()
  let isEmpty = true
  await readJournal(journalPath(directory), (event) => {
    reduce(state, event)
    isEmpty = false
  })
  return isEmpty ? undefined : state
}

/** Of what an export would write over. */
export const isOurName = (name: string): boolean =>
  /^(manifest\.json|log\.ndjson|.*\.ndjson(\.gz)?)$/.test(name)

/** Throws `BULKX_USAGE` when the directory holds somebody else's export. */
export const assertUsable = async (directory: string): Promise<void> => {
  const names = await readdir(directory).catch((): string[] => [])
  if (names.includes(privateFolder)) return
  const foreign = names.find(isOurName)
  if (foreign === undefined) return
  const message = `${directory} holds files that bulkx did not put there, such as ${foreign}`
  throw new BulkxError('BULKX_USAGE', message, {
    hint: 'choose another directory with --out; nothing there is written over',
  })
}
