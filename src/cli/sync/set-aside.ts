/** Exports of rounds that came to nothing: out of the way, so that their numbers are used again. */
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readJob } from '../../job/directory.js'
import type { Phase } from '../../job/facts.js'
import { cancelCommand } from '../../job/next-command.js'
import { type JobState, phaseOf } from '../../job/state.js'
import { isMock } from '../../options/values.js'
import { privateFolder } from '../../sink/disk.js'
import { exportPath } from '../../sync/dataset.js'
import type { Io } from '../io.js'
import { forgetJob } from '../job-list.js'
import { moveAside } from '../move-aside.js'
import { shortPath } from '../show.js'
import type { Sync } from './context.js'

const over: ReadonlySet<Phase> = new Set(['failed', 'gone', 'cancelled'])
const live: ReadonlySet<Phase> = new Set(['in-progress', 'downloading', 'incomplete', 'undecided'])

/** Whether the server has ended it without a result. */
export const isOver = (state: JobState): boolean => over.has(phaseOf(state))

/** Whether nothing more can come of what an earlier run left: the job of a mock ends with its process. */
export const isLost = (state: JobState): boolean =>
  isOver(state) || (isMock(state.server) && live.has(phaseOf(state)))

/** Those of the same number that were set aside before, and of which nothing is left to be had. */
const dropOld = async (path: string, io: Io): Promise<void> => {
  const folder = dirname(path)
  const own = `${path.slice(folder.length + 1)}.`
  for (const name of await readdir(folder).catch((): string[] => [])) {
    if (!name.startsWith(own)) continue
    const state = await readJob(join(folder, name)).catch(() => undefined)
    if (!state || !isLost(state)) continue
    await rm(join(folder, name), { recursive: true, force: true })
    await forgetJob(state, io).catch(() => {})
  }
}

/** Whether nothing was ever stored in it. Its journal may be damaged, or gone: that says nothing of the files. */
const isBlank = async (path: string, state: JobState | undefined): Promise<boolean> => {
  if (state !== undefined) return phaseOf(state) === 'new'
  const names = await readdir(path).catch((): string[] => [])
  return names.every((name) => name === privateFolder)
}

/**
 * Moves the export to `exports/NNN.1`, or the next free number; one that the server has not even taken goes for good.
 * Throws `BULKX_JOB_LOCKED` when another process works there.
 */
export const setAside = async ({ config, io, talk, done }: Sync, number: number): Promise<void> => {
  const path = exportPath(config.directory, number)
  const state = await readJob(path).catch(() => undefined)
  await dropOld(path, io)
  const aside = await moveAside(path, io)
  if (aside === undefined) return
  if (await isBlank(aside, state)) {
    await rm(aside, { recursive: true, force: true })
    if (state) await forgetJob(state, io).catch(() => {})
    return
  }
  const shown = shortPath(aside, io.cwd)
  done.setAside.push(aside)
  talk.line(`moved ${shortPath(path, io.cwd)} to ${shown}`)
  talk.line(
    'its data stay there until somebody removes them, or --keep drops them with the exports of its time',
  )
  if (state && phaseOf(state) === 'in-progress' && !isMock(state.server))
    talk.warning(`its job goes on at the server; stop it with ${cancelCommand(shown)}`)
}
