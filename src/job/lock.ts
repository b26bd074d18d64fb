/** One process a job: a lock file with a heartbeat, taken over only from the dead. */

import { randomUUID } from 'node:crypto'
import { link, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { isObject } from '../json.js'
import { plainText } from '../protocol/operation-outcome.js'
import { fileMode, readRegular } from '../sink/disk.js'
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
  /** Since when, epoch milliseconds. */
  at?: number
}

/** A file, and who is written in it. */
interface Held {
  path: string
  holder: Holder
}

export interface Lock {
  /** Taken from a holder that was silent, not provably dead: it may wake and write on. */
  readonly fromSilent: boolean

  /**
   * Reads the lock again. Throws `BULKX_JOB_LOCKED` when another process has it now, as this one was suspended, say,
   * and `BULKX_STORAGE` when it is gone.
   */
  assertHeld(): Promise<void>
  release(): Promise<void>
}

const heartbeatMs = 15_000
/** A holder elsewhere without a heartbeat for this long is dead. */
const staleMs = 120_000
/** A takeover takes milliseconds; one that stands longer, of a process that cannot be seen, was killed. */
const takeoverStaleMs = 10_000

/** Takeovers that were killed one after the other. */
const successorsMax = 100

const nobody: Holder = { id: '', host: '', pid: 0 }

/** Names of files are made of ids: what somebody else has written there leads nowhere. */
const idText = /^[\w-]{1,64}$/

/** Nobody where the file is torn, or says something else. */
const holderOf = (text: string): Holder => {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return nobody
    const { id, host, pid, start, at } = value
    if (typeof id !== 'string' || !idText.test(id)) return nobody
    if (typeof host !== 'string' || typeof pid !== 'number') return nobody
    return {
      id,
      host,
      pid,
      start: typeof start === 'string' ? start : undefined,
      at: typeof at === 'number' && Math.abs(at) <= 8.64e15 ? at : undefined,
    }
  } catch {
    return nobody
  }
}

const readHolder = async (path: string): Promise<Holder | undefined> => {
  try {
    return holderOf(await readRegular(path))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
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

/** Dead for certain, or silent for so long: a process id may be somebody else's by now. */
const isDead = async (
  { path, holder }: Held,
  silentMs: number,
  self: ProcessIdentity,
  clock: Clock,
): Promise<boolean> => {
  if (isProvablyDead(holder, self)) return true
  const isHere = holder.host === self.host && holder.start !== undefined
  // The very process lives on this machine, be it suspended: it will write on when it wakes.
  if (isHere && self.startOf?.(holder.pid) === holder.start) return false
  return (await age(path, clock)) > silentMs
}

/** The id of the process that works under a lock, for those who only look: nothing is taken. 0: it does not say. */
export const liveHolder = async (
  path: string,
  { self, clock }: { self: ProcessIdentity; clock: Clock },
): Promise<number | undefined> => {
  const holder = await readHolder(path).catch(() => undefined)
  return holder && !(await isDead({ path, holder }, staleMs, self, clock)) ? holder.pid : undefined
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

/** The file that says who may replace the lock of a dead process: made once for each of them, by one alone. */
const successionOf = (path: string, dead: Holder): string => `${path}.after-${dead.id}`

/** Who holds the lock, who was about to replace him and died, and so on: the last one counts. Empty without a lock. */
const successionAt = async (path: string): Promise<Held[]> => {
  const line: Held[] = []
  for (let next = path; line.length < successorsMax; ) {
    const holder = await readHolder(next)
    if (!holder) break
    line.push({ path: next, holder })
    next = successionOf(path, holder)
  }
  return line
}

/**
 * Replaces the lock of a dead process. Two must not do so, or each would remove the other's: whoever makes the file of
 * the succession is the only one, for ids are never used again and the file goes only after the lock has changed
 * hands. Killed in between, he is a dead process himself, and succeeded in the same way.
 */
const takeOver = async (
  path: string,
  line: readonly Held[],
  dead: Held,
  holder: Holder,
): Promise<boolean> => {
  const own = successionOf(path, dead.holder)
  if (!(await create(own, holder))) return false
  try {
    // Since it was read, the lock may have changed hands, and the files of that succession may be gone.
    if ((await readHolder(path))?.id !== line[0]?.holder.id) return false
    const fresh = `${path}.${holder.id}`
    await writeFile(fresh, JSON.stringify(holder), { mode: fileMode })
    await rename(fresh, path)
    for (const { path: passed } of line.slice(1)) await rm(passed, { force: true })
    return true
  } finally {
    await rm(own, { force: true })
  }
}

/** `process 4711 on build-7, since 2026-01-31T03:00:00.000Z`. The rest of a host's name tells systems apart. */
const holderText = ({ pid, host, at }: Holder): string => {
  const [name = ''] = plainText(host, 200).split(' ')
  const where = name === '' ? '' : ` on ${name}`
  return `process ${pid}${where}${at === undefined ? '' : `, since ${new Date(at).toISOString()}`}`
}

const ownLock = (directory: string, { at }: Holder): BulkxError => {
  const since = at === undefined ? '' : `, since ${new Date(at).toISOString()}`
  return new BulkxError('BULKX_JOB_LOCKED', `This process works in ${directory} already${since}`, {
    hint: 'wait until the job that is open there is closed, or give each export a directory of its own',
  })
}

const isSelf = ({ host, pid, start }: Holder, self: ProcessIdentity): boolean =>
  host === self.host && pid === self.pid && start === self.startOf?.(self.pid)

const locked = (directory: string, holder: Holder, self: ProcessIdentity): BulkxError =>
  isSelf(holder, self)
    ? ownLock(directory, holder)
    : new BulkxError('BULKX_JOB_LOCKED', `Another process works in ${directory}: ${holderText(holder)}`, {
        hint: 'wait for it to end; `bulkx status` shows where the job is',
      })

const removed = (directory: string): BulkxError =>
  new BulkxError('BULKX_STORAGE', `The lock of ${directory} was removed while the job ran`, {
    hint: 'somebody else may work there now: look with `bulkx status`, then continue with `bulkx resume`',
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
    const line = await successionAt(path)
    const last = line.at(-1)
    if (!last) continue
    const silentMs = line.length === 1 ? staleMs : takeoverStaleMs
    if (!(await isDead(last, silentMs, self, clock))) throw locked(directory, last.holder, self)
    if (await takeOver(path, line, last, holder))
      return !line.every((passed) => isProvablyDead(passed.holder, self))
  }
  throw locked(directory, (await readHolder(path)) ?? nobody, self)
}

/** What processes that were killed while they took the lock have left beside it. Nobody else needs any of it now. */
const sweep = async (path: string): Promise<void> => {
  const own = `${basename(path)}.`
  for (const name of await readdir(dirname(path)))
    if (name.startsWith(own)) await rm(join(dirname(path), name), { force: true })
}

/** Takes the lock of a job's directory, at once or not at all: `BULKX_JOB_LOCKED`. */
export const takeLock = async (
  path: string,
  { directory, self, clock }: { directory: string; self: ProcessIdentity; clock: Clock },
): Promise<Lock> => {
  const holder: Holder = {
    id: randomUUID(),
    host: self.host,
    pid: self.pid,
    start: self.startOf?.(self.pid),
    at: clock.now(),
  }
  let fromSilent = false
  try {
    fromSilent = await acquire(path, directory, holder, self, clock)
  } catch (cause) {
    throw storageError(`Cannot lock ${directory}`, cause)
  }
  await sweep(path).catch(() => {})
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
      const isSilent = clock.now() - lastBeat >= staleMs / 2
      const present = await readHolder(path).catch((cause: unknown) => {
        if (isSilent) throw storageError(`Cannot read ${path}`, cause)
        // A disk that does not answer now says nothing of somebody else.
        return holder
      })
      if (!present) throw removed(directory)
      if (present.id !== holder.id) throw locked(directory, present, self)
      if (isSilent) await beat()
    },
    release: async () => {
      stop()
      const present = await readHolder(path).catch(() => undefined)
      // One that cannot be removed is that of a process that has ended.
      if (present?.id === holder.id) await rm(path, { force: true }).catch(() => {})
    },
  }
}
