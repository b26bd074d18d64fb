/** `--out`: a directory that is the job's as well, or an object store, whose job stands in a local directory of its own. */
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import { isStoreUrl, parseStoreUrl, storeUrl } from '../sink/object/store-url.js'
import type { Io } from './io.js'
import { entries, stateDirectory } from './job-list.js'
import type { Settings } from './settings.js'
import { shortPath } from './show.js'

export type OutPlace = Pick<Config, 'directory' | 'shownAs' | 'store'>

/** Of a folder's name, characters: the rest is told by its digest. */
const readableMax = 60

/** Where the job of a store stands unless `--job-dir` says otherwise: the same place each time. */
export const defaultJobDirectory = (
  store: string,
  io: Pick<Io, 'env' | 'home' | 'platform' | 'cwd'>,
): string => {
  const readable = store.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, readableMax)
  const digest = createHash('sha256').update(store).digest('hex').slice(0, 8)
  return resolve(io.cwd, join(stateDirectory(io), 'exports', `${readable}-${digest}`))
}

/** The URL of a store as it is kept: one text for one place. Throws `BULKX_USAGE`. */
export const readStoreUrl = (text: string): string => storeUrl(parseStoreUrl(text))

/** Where a job of this store may stand, the likeliest first. */
export async function* jobDirectoriesOf(store: string, io: Io): AsyncGenerator<string> {
  yield defaultJobDirectory(store, io)
  for await (const { pointer } of entries(io)) if (pointer.store === store) yield pointer.directory
}

/** Throws `BULKX_USAGE` for a store that cannot be, or `--job-dir` where the directory is the job's. */
export const outPlace = (out: string, settings: Settings, io: Io): OutPlace => {
  const jobDir = settings.get('job-dir')
  if (isStoreUrl(out)) {
    const store = readStoreUrl(out)
    const directory = jobDir === undefined ? defaultJobDirectory(store, io) : resolve(io.cwd, jobDir)
    return { directory, shownAs: store, store }
  }
  if (jobDir !== undefined && settings.setting('job-dir')?.origin === 'flag') {
    throw new BulkxError('BULKX_USAGE', '--job-dir is for exports into an object store', {
      hint: 'leave it out: the job of an export into a directory stands in that directory',
    })
  }
  const directory = resolve(io.cwd, out)
  return { directory, shownAs: shortPath(directory, io.cwd) }
}
