/** The `Config` for a job that exists: server, question and identity from its directory, the rest from here. */

import type { Config } from '../config.js'
import type { JobState } from '../job/state.js'
import { isMock } from '../options/values.js'
import type { KickOffRequest } from '../protocol/types.js'
import { readPolicy, settingsFor } from './config.js'
import { assertMayShow, assertMayStore, directoryTexts, trustIn } from './directory-trust.js'
import type { Invocation } from './invocation.js'
import type { Io } from './io.js'
import type { OutPlace } from './out-place.js'
import { chooseProfile } from './profiles.js'
import { resolveSettings, type Settings } from './settings.js'
import { shortPath } from './show.js'

/** Stands for a question that nobody knows, where a job was kicked off elsewhere. */
const unknownKickOff: KickOffRequest = {
  target: { kind: 'system' },
  operation: '$export',
  method: 'get',
  listStyle: 'comma',
  lenient: false,
}

/**
 * Flags win over the directory, the directory over environment and profile. Throws `BULKX_CONFIG` when a credential
 * would go to a server that only a foreign directory names.
 */
export const configForJob = async (
  state: JobState,
  directory: string,
  invocation: Invocation,
  io: Io,
): Promise<{ config: Config; settings: Settings }> => {
  const { flags, settings: outer } = invocation
  const trust = await trustIn(state, directory, invocation, io)
  const own = trust === 'own' ? state.identity.profile : undefined
  const profile = await chooseProfile({ flag: flags.profile?.at(-1), directory: own }, io)
  const texts = directoryTexts(state, trust)
  const settings = resolveSettings({ names: outer.names, flags, env: io.env, directory: texts, profile })
  if (trust === 'foreign') assertMayShow(state, directory, settings, io)
  if (trust === 'foreign') assertMayStore(state, directory, settings, io)
  const server = settings.get('server') ?? state.server
  const policy = await readPolicy(server, settings, io)
  // A prepared directory may call anything its job: nothing is deleted on its word.
  const mayDelete = trust === 'own' || settings.setting('cleanup')?.origin === 'flag'
  const files = mayDelete ? policy.files : { ...policy.files, cleanup: 'never' as const }
  const config = Object.freeze({
    server,
    fhirUrl: isMock(server) ? state.fhirUrl : server,
    directory,
    shownAs: state.store ?? shortPath(directory, io.cwd),
    store: state.store,
    kickOff: state.kickOff ?? unknownKickOff,
    ...policy,
    files,
  })
  return { config, settings }
}

const serverOf = (settings: Settings, url: string): string => {
  const named = settings.get('server')
  const { origin } = new URL(url)
  if (named === undefined || isMock(named)) return origin
  // A variable that belongs to another server says nothing of this URL.
  const typed = settings.setting('server')?.origin === 'flag'
  return typed || new URL(named).origin === origin ? named : origin
}

/** For a job of which only the status URL is known: the server is the one named, or the URL's origin. */
export const configForUrl = async (
  url: string,
  place: OutPlace,
  invocation: Invocation,
  io: Io,
): Promise<{ config: Config; settings: Settings }> => {
  const settings = settingsFor(invocation.settings, { kind: 'url', url })
  const server = serverOf(settings, url)
  const config = Object.freeze({
    server,
    fhirUrl: server,
    ...place,
    kickOff: unknownKickOff,
    ...(await readPolicy(server, settings, io)),
  })
  return { config, settings }
}
