/** The file of the profiles: where it is, how it is read, and how it is changed without losing what others write. */

import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkxError } from '../errors.js'
import { isObject } from '../json.js'
import { makeDirectories } from '../sink/disk.js'
import { storageError, systemCode } from '../sink/storage-error.js'
import type { Io } from './io.js'
import type { Texts } from './settings.js'

/** Option names to values, as they were typed. */
export type Profile = Texts & Readonly<Record<string, readonly string[]>>

export interface Profiles {
  /** Looked at when nobody names one. */
  inUse?: string
  byName: ReadonlyMap<string, Profile>
}

const fileMode = 0o600
/** For other commands that write the file, milliseconds. */
const lockWaitMs = 10_000
const lockStepMs = 50

type Place = Pick<Io, 'env' | 'home' | 'platform'>

/** Where bulkx keeps what the user has set. `BULKX_CONFIG_DIR` moves it. */
export const configDirectory = (place: Place): string => {
  const { env, platform } = place
  if (env.BULKX_CONFIG_DIR) return env.BULKX_CONFIG_DIR
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, 'bulkx')
  if (platform === 'darwin') return join(place.home, 'Library', 'Application Support', 'bulkx')
  if (platform === 'win32') return join(env.APPDATA ?? join(place.home, 'AppData', 'Roaming'), 'bulkx')
  return join(place.home, '.config', 'bulkx')
}

export const profilesPath = (io: Place): string => join(configDirectory(io), 'profiles.json')

/** What a person may write by hand: a text, a number, true, or a list of these. */
const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((item) =>
    ['string', 'number', 'boolean'].includes(typeof item) ? [String(item)] : [],
  )

const profileOf = (value: unknown): Profile =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).flatMap(([name, item]) => {
      const texts = textsOf(item)
      return texts.length > 0 ? [[name, texts]] : []
    }),
  )

/** One value as itself, for whoever reads the file. */
const written = (profile: Profile): Record<string, string | readonly string[]> =>
  Object.fromEntries(
    Object.entries(profile).flatMap(([name, texts]) =>
      texts.length === 0 ? [] : [[name, texts.length === 1 ? (texts[0] ?? '') : texts]],
    ),
  )

/** What the parser says quotes the file. */
const unreadable = (io: Place, cause: unknown): BulkxError => {
  const why = cause instanceof SyntaxError ? 'it is no JSON' : (systemCode(cause) ?? 'it cannot be used')
  return new BulkxError('BULKX_CONFIG', `Cannot read ${profilesPath(io)}: ${why}`, {
    hint: 'mend the file, or move it away and set the profiles anew',
  })
}

const openStore = async (io: Place) => {
  // Slow to load, and needed only by those who change profiles.
  const { default: Conf } = await import('conf')
  try {
    return new Conf<Record<string, unknown>>({
      cwd: configDirectory(io),
      configName: 'profiles',
      configFileMode: fileMode,
      // Names of profiles hold dots.
      accessPropertiesByDotNotation: false,
    })
  } catch (cause) {
    throw unreadable(io, cause)
  }
}

const profilesOf = ({ profiles, inUse }: Record<string, unknown>): Profiles => {
  const byName = new Map(
    Object.entries(isObject(profiles) ? profiles : {}).map(([k, v]) => [k, profileOf(v)]),
  )
  return { byName, inUse: typeof inUse === 'string' ? inUse : undefined }
}

/**
 * The profiles of this user; none where there is no file. Throws `BULKX_CONFIG` when it cannot be read: a run without
 * its profile is another run.
 */
export const readProfiles = async (io: Place): Promise<Profiles> => {
  try {
    const stored: unknown = JSON.parse(await readFile(profilesPath(io), 'utf8'))
    return profilesOf(isObject(stored) ? stored : {})
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '')) return { byName: new Map() }
    throw unreadable(io, cause)
  }
}

const lock = async (directory: string, io: Io) => {
  const { takeLock } = await import('../job/lock.js')
  for (let waitedMs = 0; ; waitedMs += lockStepMs) {
    try {
      return await takeLock(join(directory, 'profiles.lock'), {
        directory,
        self: io.process,
        clock: io.clock,
      })
    } catch (error) {
      const busy = error instanceof BulkxError && error.code === 'BULKX_JOB_LOCKED'
      if (!busy || waitedMs >= lockWaitMs) throw error
      await io.clock.sleep(lockStepMs, io.signal)
    }
  }
}

const unwritable = (io: Place, cause: unknown): BulkxError => {
  if (cause instanceof BulkxError) return cause
  const { code, message } = storageError(`Cannot write ${profilesPath(io)}`, cause)
  const hint = 'make room, or mend the directory, and run the same command again; BULKX_CONFIG_DIR moves it'
  return new BulkxError(code, message, { cause, hint })
}

/** Changes the file; who does so at the same time comes before or after. The file is its owner's only. */
export const changeProfiles = async (io: Io, change: (profiles: Profiles) => Profiles): Promise<void> => {
  const directory = configDirectory(io)
  const held = await makeDirectories(directory)
    .then(() => lock(directory, io))
    .catch((cause) => {
      throw unwritable(io, cause)
    })
  try {
    const store = await openStore(io)
    const { byName, inUse } = change(profilesOf(store.store))
    const profiles = Object.fromEntries([...byName].map(([name, profile]) => [name, written(profile)]))
    store.store = { ...(inUse === undefined ? {} : { inUse }), profiles }
    await chmod(profilesPath(io), fileMode)
  } catch (cause) {
    throw unwritable(io, cause)
  } finally {
    await held.release()
  }
}
