/** One process a job: a lock file with a heartbeat, taken over only from the dead. */

import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { fileMode } from '../sink/disk.js'
import { storageError, systemCode } from '../sink/storage-error.js'

/** Who this process is. `host` is the same for two processes only if they see each other's process ids. */
export interface ProcessIdentity {
  pid: number
  host: string
  isAlive: (pid: number) => boolean
  /** Tells a process from a later one of the same id; undefined where the system does not say. */
  startOf?: (pid: number) => string | undefined
}

interface Holder {
  id: string
  host: string
  pid: number
  start?: string
}

export interface Lock {
  /** Taken from a holder that was silent, not provably dead: it may wake and write on. */
  readonly fromSilent: boolean

  /** Throws `BULKX_JOB_LOCKED` when another process has taken the lock over, while this one was suspended. */
  assertHeld(): Promise<void>
  release(): Promise<void>
}

const heartbeatMs = 15_000
/** A holder elsewhere without a heartbeat for this long is dead. */
const staleMs = 120_000
/** A takeover takes milliseconds; one that stands longer was killed. */
const takeoverStaleMs = 10_000

const readHolder = async (path: string): Promise<Holder | undefined> => {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return { id: '', host: '', pid: 0 }
  }
}

const age = async (path: string, clock: Clock): Promise<number> => {
  const info = await stat(path).catch(() => undefined)
  return info ? clock.now() - info.mtimeMs : 0
}

const isProvablyDead = (holder: Holder, self: ProcessIdentity): boolean => {
  if (holder.host !== self.host || holder.pid <= 0) return false
  if (!self.isAlive(holder.pid)) return true
  const start = self.startOf?.(holder.pid)
  return holder.start !== undefined && start !== undefined && start !== holder.start
}

/** Dead for certain, or silent for too long: a process id may be somebody else's by now. */
const isDead = async (
  path: string,
  holder: Holder,
  self: ProcessIdentity,
  clock: Clock,
): Promise<boolean> => {
  if (isProvablyDead(holder, self)) return true
  const isHere = holder.host === self.host && holder.start !== undefined
  // The very process lives on this machine, be it suspended: it will write on when it wakes.
  if (isHere && self.startOf?.(holder.pid) === holder.start) return false
  return (await age(path, clock)) > staleMs
}

/** For file systems without hard links: the name first, its content a moment later. */
const createExclusively = async (path: string, holder: Holder): Promise<boolean> => {
  try {
    await writeFile(path, JSON.stringify(holder), { mode: fileMode, flag: 'wx' })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Creates the file with its content, or not at all. */
const create = async (path: string, holder: Holder): Promise<boolean> => {
  const fresh = `${path}.${holder.id}`
  await writeFile(fresh, JSON.stringify(holder), { mode: fileMode })
  try {
    await link(fresh, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    return createExclusively(path, holder)
  } finally {
    await rm(fresh, { force: true })
  }
}

/** Only one process at a time may replace a dead holder's lock, or two could each remove the other's. */
const takeOver = async (path: string, dead: Holder, holder: Holder, clock: Clock): Promise<boolean> => {
  const gate = `${path}.takeover`
  if ((await age(gate, clock)) > takeoverStaleMs) await rmdir(gate).catch(() => {})
  const entered = await mkdir(gate).then(
    () => true,
    () => false,
  )
  if (!entered) return false
  try {
    if ((await readHolder(path))?.id !== dead.id) return false
    const fresh = `${path}.${holder.id}`
    await writeFile(fresh, JSON.stringify(holder), { mode: fileMode })
    await rename(fresh, path)
    return true
  } finally {
    await rmdir(gate).catch(() => {})
  }
}

const locked = (directory: string, holder: Holder): BulkxError =>
  new BulkxError('BULKX_JOB_LOCKED', `Another process works in ${directory}: process ${holder.pid}`, {
    hint: 'wait for it to end; `bulkx status` shows where the job is',
  })

/** Whether it was taken from a holder that may still live. */
const acquire = async (
  path: string,
  directory: string,
  holder: Holder,
  self: ProcessIdentity,
  clock: Clock,
): Promise<boolean> => {
  for (let round = 0; round < 3; round += 1) {
    if (await create(path, holder)) return false
    const present = await readHolder(path)
    if (!present) continue
    if (!(await isDead(path, present, self, clock))) throw locked(directory, present)
    if (await takeOver(path, present, holder, clock)) return !isProvablyDead(present, self)
  }
  throw locked(directory, (await readHolder(path)) ?? { id: '', host: '', pid: 0 })
}

/** Takes the lock of a job's directory, at once or not at all: `BULKX_JOB_LOCKED`. */
export const takeLock = async (
  path: string,
  { directory, self, clock }: { directory: string; self: ProcessIdentity; clock: Clock },
): Promise<Lock> => {
  const holder: Holder = { id: randomUUID(), host: self.host, pid: self.pid, start: self.startOf?.(self.pid) }
  let fromSilent = false
  try {
    fromSilent = await acquire(path, directory, holder, self, clock)
  } catch (cause) {
    throw storageError(`Cannot lock ${directory}`, cause)
  }
  let lastBeat = clock.now()
  const beat = async (): Promise<void> => {
    const now = new Date(clock.now())
    if ((await readHolder(path))?.id !== holder.id) return
    await utimes(path, now, now)
    lastBeat = now.getTime()
  }
  const stop = clock.every(heartbeatMs, () => void beat().catch(() => {}))
  return {
    fromSilent,
    assertHeld: async () => {
      // A process that was suspended longer than the heartbeat may have been taken for dead.
      if (clock.now() - lastBeat < staleMs / 2) return
      const present = await readHolder(path)
      if (present?.id !== holder.id) throw locked(directory, present ?? holder)
      await beat()
    },
    release: async () => {
      stop()
      if ((await readHolder(path).catch(() => undefined))?.id === holder.id) await rm(path, { force: true })
    },
  }
}
