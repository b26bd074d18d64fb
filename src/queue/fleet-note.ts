/** How many workers are at work for a job, beside its journal: a gauge for whoever looks from outside, no fact. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import { isObject, parseJson } from '../json.js'
import { fileMode, privateFolder } from '../sink/disk.js'
import { countIn } from './fields.js'

const notePath = (directory: string): string => join(directory, privateFolder, 'fleet')

/** Of no importance to the job: what cannot be written is not. */
export const noteFleet = (directory: string, workers: number, clock: Clock): Promise<void> =>
  writeFile(notePath(directory), JSON.stringify({ workers, at: clock.now() }), { mode: fileMode }).catch(
    () => {},
  )

export const forgetFleet = (directory: string): Promise<void> =>
  rm(notePath(directory), { force: true }).catch(() => {})

/** Renewed more often than this, as long as somebody coordinates; milliseconds. */
const staleMs = 120_000

/** The workers at work; undefined where nobody coordinates any. */
export const fleetOf = async (directory: string, now: number): Promise<number | undefined> => {
  const text = await readFile(notePath(directory), 'utf8').catch(() => '')
  const note = text.length < 1_000 ? parseJson(text) : undefined
  if (!isObject(note) || typeof note.at !== 'number' || Math.abs(now - note.at) > staleMs) return undefined
  return countIn(note.workers)
}
