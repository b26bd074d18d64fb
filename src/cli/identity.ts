/** Who we are to the server: from settings to a method that the engine can use, and to what a directory remembers. */
import { resolve } from 'node:path'
import { checkMethod } from '../auth/credentials-for.js'
import { checkSecret, checkToken } from '../auth/given-secrets.js'
import type { AuthMethod, TokenRequestSettings } from '../auth/method.js'
import type { NetworkConfig } from '../config.js'
import { BulkxError, type ErrorCode } from '../errors.js'
import type { Identity } from '../job/facts.js'
import type { OptionName } from '../options/options.js'
import { type ChosenWay, chooseWay, type Way } from './auth-way.js'
import { fileHint, readHeaderFile, readSecretFile, readText, readTokenFile } from './identity-files.js'
import type { Io } from './io.js'
import { programWords } from './program-words.js'
import type { Settings } from './settings.js'
import { tokenProgram } from './token-program.js'

/** The absolute path that an option names. */
const pathOf = (
  name: 'key' | 'token-file' | 'client-secret-file' | 'header-file' | 'ca' | 'cert' | 'cert-key',
  settings: Settings,
  io: Io,
): string | undefined => {
  const path = settings.get(name)
  return path === undefined ? undefined : resolve(io.cwd, path)
}

/** A secret from a file or from its variable; a file that a flag or the directory names is nearer than the variable. */
const secretSource = (
  option: 'token-file' | 'client-secret-file',
  variable: 'BULKX_TOKEN' | 'BULKX_CLIENT_SECRET',
  settings: Settings,
  io: Io,
): { file?: string; text?: string } => {
  const text = io.env[variable] || undefined
  const origin = settings.setting(option)?.origin
  const file = pathOf(option, settings, io)
  const isNearer = origin === 'flag' || origin === 'directory'
  if (file !== undefined && (isNearer || text === undefined)) return { file }
  return text === undefined ? {} : { text }
}

const tokenSource = (settings: Settings, io: Io) => secretSource('token-file', 'BULKX_TOKEN', settings, io)

const clientSecretSource = (settings: Settings, io: Io) =>
  secretSource('client-secret-file', 'BULKX_CLIENT_SECRET', settings, io)

/** Sent as given; `none` asks for no scope at all. */
const scopeOf = (settings: Settings): string | undefined => {
  const scope = settings.get('scope')?.join(' ')
  return scope === 'none' ? '' : scope
}

const lacking = (way: ChosenWay, what: string, hint: string): BulkxError => {
  const asked = way.source === '--auth' ? '' : ` (${way.source})`
  return new BulkxError('BULKX_USAGE', `--auth ${way.way}${asked} needs ${what}`, { hint })
}

const tokenRequestOf = (way: ChosenWay, settings: Settings): TokenRequestSettings & { audience?: string } => {
  const clientId = settings.get('client-id')
  if (clientId === undefined) {
    throw lacking(way, 'a client id', 'name it with `--client-id`, as the server has registered it')
  }
  return {
    clientId,
    tokenUrl: settings.get('token-url'),
    scope: scopeOf(settings),
    audience: settings.get('audience'),
  }
}

const secretReader = (
  way: ChosenWay,
  settings: Settings,
  io: Io,
  code: ErrorCode,
): (() => Promise<string>) => {
  const { file, text } = clientSecretSource(settings, io)
  if (file !== undefined) return () => readSecretFile(file, fileHint('client-secret-file', settings), code)
  if (text !== undefined) return async () => checkSecret(text, 'BULKX_CLIENT_SECRET', code)
  const hint = 'name a file with `--client-secret-file`, or set BULKX_CLIENT_SECRET'
  throw lacking(way, 'a client secret', hint)
}

const tokenReader = (
  way: ChosenWay,
  settings: Settings,
  io: Io,
  code: ErrorCode,
): (() => Promise<string>) => {
  const { file, text } = tokenSource(settings, io)
  if (file !== undefined) return () => readTokenFile(file, fileHint('token-file', settings), code)
  if (text !== undefined) return async () => checkToken(text, 'BULKX_TOKEN', code)
  throw lacking(way, 'a token', 'name a file with `--token-file`, or set BULKX_TOKEN')
}

const commandOf = (way: ChosenWay, settings: Settings, io: Io): AuthMethod => {
  const command = settings.get('token-command')
  if (command === undefined) throw lacking(way, 'a program', 'name it with `--token-command`')
  programWords(command, io)
  const verbose = settings.get('verbose') && !settings.get('quiet')
  const say = verbose ? (line: string) => io.stderr.write(`${line}\n`) : undefined
  return { kind: 'command', run: tokenProgram(command, io, say) }
}

const signedOf = (way: ChosenWay, settings: Settings, io: Io, code: ErrorCode): AuthMethod => {
  const key = pathOf('key', settings, io)
  if (key === undefined)
    throw lacking(way, 'a private key', 'name it with `--key`; `bulkx auth keygen` makes one')
  return {
    kind: 'backend-services',
    ...tokenRequestOf(way, settings),
    readKey: () => readText(key, fileHint('key', settings), code),
    kid: settings.get('kid'),
    alg: settings.get('alg'),
  }
}

/** `code` is what its readers fail with: before the start a file is a mistake of the command, later of the identity. */
const methodOf = async (way: ChosenWay, settings: Settings, io: Io, code: ErrorCode): Promise<AuthMethod> => {
  switch (way.way) {
    case 'none':
      return { kind: 'none' }
    case 'bearer':
      return { kind: 'bearer', read: tokenReader(way, settings, io, code) }
    case 'headers': {
      const file = pathOf('header-file', settings, io)
      if (file === undefined) throw lacking(way, 'headers', 'name a file with `--header-file`')
      return { kind: 'headers', headers: await readHeaderFile(file, fileHint('header-file', settings)) }
    }
    case 'command':
      return commandOf(way, settings, io)
    case 'backend-services':
      return signedOf(way, settings, io, code)
    case 'client-secret-basic':
    case 'client-secret-post':
      return {
        kind: way.way,
        ...tokenRequestOf(way, settings),
        readSecret: secretReader(way, settings, io, code),
      }
    default:
      return way.way satisfies never
  }
}

/** What is wrong with a key says which file it is. */
const check = async (method: AuthMethod, settings: Settings, io: Io): Promise<void> => {
  try {
    await checkMethod(method)
  } catch (error) {
    const key = pathOf('key', settings, io)
    const known = error instanceof BulkxError && error.code === 'BULKX_CONFIG'
    if (!known || key === undefined || error.message.includes(key) || method.kind !== 'backend-services')
      throw error
    throw new BulkxError(error.code, `${key}: ${error.message}`, { hint: error.hint })
  }
}

/** Whoever types a client id means to ask for tokens. */
const assertNothingIdle = ({ way, origin }: ChosenWay, settings: Settings): void => {
  const id = settings.setting('client-id')
  if (way !== 'none' || origin !== undefined || (id?.origin !== 'flag' && id?.origin !== 'profile')) return
  throw new BulkxError('BULKX_USAGE', `The client id (${id.source}) alone does not say who we are`, {
    hint: 'add `--key`, `--client-secret-file` or BULKX_CLIENT_SECRET',
  })
}

const withTokenRequests: ReadonlySet<Way> = new Set([
  'backend-services',
  'client-secret-basic',
  'client-secret-post',
])

/** What the directory remembers of our identity: references, never secrets, and never a program to run. */
export const identityOf = (settings: Settings, io: Io): Identity => {
  const { way, source } = chooseWay(settings, io.env)
  // What was guessed from a ready-made token may be guessed again; further away another way may be named.
  const isSaid = source !== 'default' && !source.startsWith('guessed from ')
  const asks = withTokenRequests.has(way)
  const signs = way === 'backend-services'
  return {
    auth: isSaid || asks || way === 'command' ? way : undefined,
    profile: settings.profile?.name,
    preset: settings.preset?.name,
    clientId: asks ? settings.get('client-id') : undefined,
    keyFile: signs ? pathOf('key', settings, io) : undefined,
    kid: signs ? settings.get('kid') : undefined,
    alg: signs ? settings.get('alg') : undefined,
    tokenUrl: asks ? settings.get('token-url') : undefined,
    scope: asks ? settings.get('scope')?.join(' ') : undefined,
    audience: asks ? settings.get('audience') : undefined,
    clientSecretFile: asks && !signs ? clientSecretSource(settings, io).file : undefined,
    tokenFile: way === 'bearer' ? tokenSource(settings, io).file : undefined,
    headerFile: way === 'none' ? undefined : pathOf('header-file', settings, io),
  }
}

export type Credentials = Pick<NetworkConfig, 'secretHeaders' | 'auth' | 'caPem' | 'certPem' | 'certKeyPem'>

const readPem = async (name: OptionName & ('ca' | 'cert' | 'cert-key'), settings: Settings, io: Io) => {
  const path = pathOf(name, settings, io)
  return path === undefined ? undefined : readText(path, fileHint(name, settings), 'BULKX_CONFIG')
}

const readCertificates = async (settings: Settings, io: Io) => {
  const certPem = await readPem('cert', settings, io)
  const certKeyPem = await readPem('cert-key', settings, io)
  if ((certPem === undefined) !== (certKeyPem === undefined)) {
    const missing = certPem === undefined ? '--cert' : '--cert-key'
    throw new BulkxError('BULKX_USAGE', 'A client certificate needs its private key', {
      hint: `add \`${missing} <file>\``,
    })
  }
  return { caPem: await readPem('ca', settings, io), certPem, certKeyPem }
}

/**
 * Reads the files and variables that say who we are; runs no program. Throws `BULKX_CONFIG` for a file that cannot be
 * used and `BULKX_USAGE` for options that contradict each other, or are not enough.
 */
export const readCredentials = async (settings: Settings, io: Io): Promise<Credentials> => {
  const way = chooseWay(settings, io.env)
  assertNothingIdle(way, settings)
  await check(await methodOf(way, settings, io, 'BULKX_CONFIG'), settings, io)
  const headerFile = pathOf('header-file', settings, io)
  // Beside another method: gateways want a key of their own.
  const isBeside = headerFile !== undefined && way.way !== 'none' && way.way !== 'headers'
  return {
    secretHeaders: isBeside ? await readHeaderFile(headerFile, fileHint('header-file', settings)) : {},
    auth: await methodOf(way, settings, io, 'BULKX_TOKEN'),
    ...(await readCertificates(settings, io)),
  }
}
