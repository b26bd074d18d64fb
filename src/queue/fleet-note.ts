/** How many workers are at work for a job, beside its journal: a gauge for whoever looks from outside, no fact. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import { isObject, parseJson } from '../json.js'
import { fileMode, openRegular, privateFolder, readRegular, writeAnew } from '../sink/disk.js'
import { countIn } from './fields.js'

const notePath = (directory: string): string => join(directory, privateFolder, 'fleet')

const write = async (path: string, text: string): Promise<void> => {
  const handle = await openRegular(path, writeAnew, fileMode)
  try {
    await handle.writeFile(text)
  } finally {
    await handle.close()
  }
}

/** Of no importance to the job: what cannot be written is not. */
export const noteFleet = (directory: string, workers: number, clock: Clock): Promise<void> =>
  write(notePath(directory), JSON.stringify({ workers, at: clock.now() })).catch(() => {})

export const forgetFleet = (directory: string): Promise<void> =>
  rm(notePath(directory), { force: true }).catch(() => {})

/** Renewed more often than this, as long as somebody coordinates; milliseconds. */
const staleMs = 120_000

/** The workers at work; undefined where nobody coordinates any. */
export const fleetOf = async (directory: string, now: number): Promise<number | undefined> => {
  const text = await readRegular(notePath(directory)).catch(() => '')
  const note = text.length < 1_000 ? parseJson(text) : undefined
  if (!isObject(note) || typeof note.at !== 'number' || Math.abs(now - note.at) > staleMs) return undefined
  return countIn(note.workers)
}
