/** Whether a directory may say to whom a credential is shown: it may have been prepared by somebody else. */
import { BulkxError } from '../errors.js'
import { withoutQuery } from '../http/url.js'
import { shellWord } from '../job/next-command.js'
import type { JobState } from '../job/state.js'
import type { OptionName } from '../options/options.js'
import { isMock, isSameBase } from '../options/values.js'
import { isStoreUrl } from '../sink/object/store-url.js'
import { chooseWay } from './auth-way.js'
import type { Invocation } from './invocation.js'
import type { Io } from './io.js'
import { isOwnJob } from './job-list.js'
import { readStoreUrl } from './out-place.js'
import type { Settings, Texts } from './settings.js'
import { shortPath } from './show.js'

/**
 * `own`: this user has started the job. `named`: the user names the server as well, so that a credential goes where
 * it is meant to go. `foreign`: only the directory names it.
 */
export type Trust = 'own' | 'named' | 'foreign'

const isNamed = (server: string, { flags, settings }: Invocation, io: Io): boolean => {
  // A server that is typed is the one that is asked, whatever the directory says.
  if (flags.server !== undefined) return true
  const named = [io.env.BULKX_SERVER, settings.profile?.texts.server?.at(-1)]
  return !isMock(server) && named.some((one) => one !== undefined && one !== '' && isSameBase(one, server))
}

export const trustIn = async (
  state: JobState,
  directory: string,
  invocation: Invocation,
  io: Io,
): Promise<Trust> => {
  if (await isOwnJob(state, directory, io)) return 'own'
  return isNamed(state.server, invocation, io) ? 'named' : 'foreign'
}

const texts = (value: unknown): readonly string[] | undefined =>
  typeof value === 'string' && value !== '' ? [value] : undefined

/**
 * What a directory says, references only. Never a program, an origin to trust, or a proxy; a token endpoint only
 * where we wrote it ourselves, for secrets are sent there; nothing but the server from a foreign one.
 */
export const directoryTexts = ({ server, identity }: JobState, trust: Trust): Texts => {
  if (trust === 'foreign') return { server: texts(server) }
  return {
    server: texts(server),
    preset: texts(identity.preset),
    auth: texts(identity.auth),
    'client-id': texts(identity.clientId),
    key: texts(identity.keyFile),
    kid: texts(identity.kid),
    alg: texts(identity.alg),
    'token-url': trust === 'own' ? texts(identity.tokenUrl) : undefined,
    audience: texts(identity.audience),
    scope: texts(identity.scope),
    'client-secret-file': texts(identity.clientSecretFile),
    'token-file': texts(identity.tokenFile),
    'header-file': texts(identity.headerFile),
  }
}

const credentialOptions: readonly OptionName[] = ['header-file', 'cert']

/** Credentials that nobody typed for this command. */
const hasAmbientCredential = (settings: Settings, io: Io): boolean => {
  const { origin } = chooseWay(settings, io.env)
  const origins = [origin, ...credentialOptions.map((name) => settings.setting(name)?.origin)]
  return origins.some((one) => one !== undefined && one !== 'flag')
}

const hasReferences = ({ identity }: JobState): boolean => {
  const { auth, profile, keyFile, clientSecretFile, tokenFile, headerFile } = identity
  const references = [
    auth === 'none' ? undefined : auth,
    profile,
    keyFile,
    clientSecretFile,
    tokenFile,
    headerFile,
  ]
  return references.some((reference) => reference !== undefined)
}

/** Throws `BULKX_CONFIG` when files would go to a store that only a foreign directory names. */
export const assertMayStore = ({ store }: JobState, directory: string, settings: Settings, io: Io): void => {
  const named = settings.get('out')
  if (store === undefined || (named !== undefined && isStoreUrl(named) && readStoreUrl(named) === store))
    return
  const message =
    `${shortPath(directory, io.cwd)} names the store ${store}, which you have not named, ` +
    'and holds no job that you have started; nothing is sent there'
  throw new BulkxError('BULKX_CONFIG', message, {
    hint: `if that is the store you mean, confirm it with --out ${shellWord(store)}`,
  })
}

/** Throws `BULKX_CONFIG` when a credential would go to a server that only a foreign directory names. */
export const assertMayShow = (state: JobState, directory: string, settings: Settings, io: Io): void => {
  const isTyped = chooseWay(settings, io.env).origin === 'flag'
  if (!hasAmbientCredential(settings, io) && (isTyped || !hasReferences(state))) return
  const server = withoutQuery(state.server)
  const message =
    `${shortPath(directory, io.cwd)} names the server ${server}, which you have not named, ` +
    'and holds no job that you have started; no credential is sent there'
  throw new BulkxError('BULKX_CONFIG', message, {
    hint: `if that is the server you mean, confirm it with --server ${shellWord(server)}`,
  })
}
