/** The `Config` for a job that exists: server, question and identity from its directory, the rest from here. */

import type { Config } from '../config.js'
import type { JobState } from '../job/state.js'
import type { KickOffRequest } from '../protocol/types.js'
import { readPolicy } from './config.js'
import type { Invocation } from './invocation.js'
import type { Io } from './io.js'
import { resolveSettings, type Settings, type Texts } from './settings.js'
import { shortPath } from './show.js'
import { isMock } from './values.js'

const one = (text: string | undefined): readonly string[] | undefined =>
  text === undefined ? undefined : [text]

/** References only. A directory never names a program, an origin to trust, or a proxy: it may be foreign. */
const textsOf = ({ server, identity }: JobState): Texts => ({
  server: one(server || undefined),
  auth: one(identity.auth),
  'token-file': one(identity.tokenFile),
  'header-file': one(identity.headerFile),
})

/** Stands for a question that nobody knows, where a job was kicked off elsewhere. */
const unknownKickOff: KickOffRequest = {
  target: { kind: 'system' },
  operation: '$export',
  method: 'get',
  listStyle: 'comma',
  lenient: false,
}

/** Flags win over the directory, the directory over the environment. */
export const configForJob = async (
  state: JobState,
  directory: string,
  { flags, settings: { names } }: Invocation,
  io: Io,
): Promise<{ config: Config; settings: Settings }> => {
  const settings = resolveSettings({ names, flags, env: io.env, directory: textsOf(state) })
  const server = settings.get('server') ?? state.server
  const config = Object.freeze({
    server,
    fhirUrl: isMock(server) ? state.fhirUrl : server,
    directory,
    shownAs: shortPath(directory, io.cwd),
    kickOff: state.kickOff ?? unknownKickOff,
    ...(await readPolicy(settings, io)),
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
  directory: string,
  { settings }: Invocation,
  io: Io,
): Promise<{ config: Config; settings: Settings }> => {
  const server = serverOf(settings, url)
  const config = Object.freeze({
    server,
    fhirUrl: server,
    directory,
    shownAs: shortPath(directory, io.cwd),
    kickOff: unknownKickOff,
    ...(await readPolicy(settings, io)),
  })
  return { config, settings }
}
