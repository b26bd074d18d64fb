/** From options to the `Config` of a run. */
import { resolve } from 'node:path'
import { checkSecret } from '../auth/given-secrets.js'
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import { connectionFrom, filesFrom, kickOffFrom, queueFrom, waitingFrom } from '../options/config-parts.js'
import { baseOfKickOffUrl, defaultDirectoryName, parseTarget } from '../options/target.js'
import { type Preset, presets } from '../presets.js'
import type { Target } from '../protocol/types.js'
import { isStoreUrl, parseStoreUrl, storeUrl } from '../sink/object/store-url.js'
import { assertFinished } from './begin.js'
import { credentialsFrom } from './identity.js'
import type { ExportOptions } from './options.js'
import { type GivenOptions, readOptions } from './read-options.js'
import { inLibraryWords } from './words.js'

const serverFor = (named: string | undefined, target: Target): string => {
  const server = named ?? (target.kind === 'url' ? baseOfKickOffUrl(target.url)?.fhirUrl : undefined)
  if (server !== undefined) return server
  throw new BulkxError('BULKX_USAGE', 'No server was named', {
    hint: "name its FHIR base URL: server: 'https://ehr.example/fhir'",
  })
}

type Place = Pick<Config, 'directory' | 'shownAs' | 'store'>

/** The job of an object store stands in a directory of its own. */
const placeFor = (given: GivenOptions, server: string, target: Target): Place => {
  const out = given.get('out') ?? defaultDirectoryName(server, target)
  const jobDir = given.get('job-dir')
  if (!isStoreUrl(out)) {
    if (jobDir === undefined) return { directory: resolve(out) }
    throw new BulkxError('BULKX_USAGE', 'jobDir is for exports into an object store', {
      hint: 'leave it out: the job of an export into a directory stands in that directory',
    })
  }
  const store = storeUrl(parseStoreUrl(out))
  if (jobDir !== undefined) return { directory: resolve(jobDir), shownAs: store, store }
  throw new BulkxError('BULKX_USAGE', 'An export into an object store needs a place for its job', {
    hint: 'name a local directory with `jobDir`, the same one for each call: it holds the journal',
  })
}

const passwordOf = ({ queuePassword }: ExportOptions): string | undefined =>
  queuePassword === undefined ? undefined : checkSecret(queuePassword, 'queuePassword', 'BULKX_CONFIG')

/** A GET has a URL only, which proxies and logs keep: patients are no part of it unless somebody asks for that. */
const assertMethod = (given: GivenOptions): void => {
  if (given.get('patient') === undefined || !given.has('method') || given.get('method') !== 'get') return
  throw new BulkxError('BULKX_USAGE', "patient needs method: 'post', and method is 'get'", {
    hint: "leave `method` out, or give 'post', or 'post-query' for a server that reads the query",
  })
}

const read = async (options: ExportOptions): Promise<Config> => {
  const given = readOptions(options)
  assertFinished(options.finished)
  assertMethod(given)
  const target = parseTarget(options.target)
  const server = serverFor(given.get('server'), target)
  const { identity, credentials } = await credentialsFrom(options, given)
  return Object.freeze({
    server,
    fhirUrl: server,
    ...placeFor(given, server, target),
    kickOff: kickOffFrom(given, target, given.get('patient')),
    identity,
    network: { ...connectionFrom(given), ...credentials },
    waiting: waitingFrom(given),
    files: filesFrom(given),
    queue: queueFrom(given, passwordOf(options)),
  })
}

/**
 * The `Config` of an export: complete, checked and frozen, with the defaults of the command line. Nothing is sent, and
 * no function of the options is called. Rejects with `BULKX_USAGE` for options that are wrong or contradict each other,
 * with `BULKX_CONFIG` for a key or secret that cannot be used.
 */
export const configFor = async (options: ExportOptions): Promise<Config> => {
  try {
    return await read(options)
  } catch (error) {
    throw inLibraryWords(error)
  }
}

/** The preset of a config. */
export const presetOf = ({ identity }: Config): Preset | undefined =>
  identity.preset === undefined ? undefined : presets[identity.preset]
