/** How many workers are at work for a job, beside its journal: a gauge for whoever looks from outside, no fact. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import { isObject, parseJson } from '../json.js'
import { fileMode, privateFolder } from '../sink/disk.js'

const notePath = (directory: string): string => join(directory, privateFolder, 'fleet')

/** Of no importance to the job: what cannot be written is not. */
export const noteFleet = (directory: string, workers: number, clock: Clock): Promise<void> =>
  writeFile(notePath(directory), JSON.stringify({ workers, at: clock.now() }), { mode: fileMode }).catch(
    () => {},
  )

export const forgetFleet = (directory: string): Promise<void> =>
  rm(notePath(directory), { force: true }).catch(() => {})

/** The workers that were last seen at work; undefined where nobody coordinates any. */
export const fleetOf = async (directory: string): Promise<number | undefined> => {
  const text = await readFile(notePath(directory), 'utf8').catch(() => '')
  const note = text.length < 1_000 ? parseJson(text) : undefined
  const workers = isObject(note) ? note.workers : undefined
  return typeof workers === 'number' && Number.isSafeInteger(workers) && workers >= 0 ? workers : undefined
}
