/** From options to the `Config` of a run. */
import { resolve } from 'node:path'
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import { connectionFrom, filesFrom, kickOffFrom, waitingFrom } from '../options/config-parts.js'
import { baseOfKickOffUrl, defaultDirectoryName, parseTarget } from '../options/target.js'
import { type Preset, presets } from '../presets.js'
import type { Target } from '../protocol/types.js'
import { credentialsFrom } from './identity.js'
import type { ExportOptions } from './options.js'
import { readOptions } from './read-options.js'
import { inLibraryWords } from './words.js'

const serverFor = (named: string | undefined, target: Target): string => {
  const server = named ?? (target.kind === 'url' ? baseOfKickOffUrl(target.url)?.fhirUrl : undefined)
  if (server !== undefined) return server
  throw new BulkxError('BULKX_USAGE', 'No server was named', {
    hint: "name its FHIR base URL: server: 'https://ehr.example/fhir'",
  })
}

const read = async (options: ExportOptions): Promise<Config> => {
  const given = readOptions(options)
  const target = parseTarget(options.target)
  const server = serverFor(given.get('server'), target)
  const { identity, credentials } = await credentialsFrom(options, given)
  return Object.freeze({
    server,
    fhirUrl: server,
    directory: resolve(given.get('out') ?? defaultDirectoryName(server, target)),
    kickOff: kickOffFrom(given, target, given.get('patient')),
    identity,
    network: { ...connectionFrom(given), ...credentials },
    waiting: waitingFrom(given),
    files: filesFrom(given),
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
