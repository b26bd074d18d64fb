/** Who we are to the server, and the files that say so: tokens, headers, certificates. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { NetworkConfig } from '../config.js'
import { BulkxError, type ErrorCode } from '../errors.js'
import type { Identity } from '../job/facts.js'
import type { Io } from './io.js'
import type { OptionName } from './options.js'
import type { Settings } from './settings.js'
import { splitHeader } from './values.js'

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
}

/** Why a file cannot be used, in words. */
export const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return reasons[code] ?? (error instanceof Error ? error.message : String(error))
}

const readText = async (path: string, option: string, code: ErrorCode): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new BulkxError(code, `Cannot read ${path}: ${reasonOf(error)}`, {
      cause: error,
      hint: `check \`--${option}\``,
    })
  }
}

const readOptionFile = async (
  name: OptionName & ('ca' | 'cert' | 'cert-key'),
  settings: Settings,
  io: Io,
): Promise<string | undefined> => {
  const path = settings.get(name)
  return path === undefined ? undefined : readText(resolve(io.cwd, path), name, 'BULKX_CONFIG')
}

const readHeaderFile = async (path: string): Promise<Record<string, string>> => {
  const lines = (await readText(path, 'header-file', 'BULKX_CONFIG')).split(/\r?\n/)
  const headers: Record<string, string> = {}
  lines.forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const header = splitHeader(line)
    if (!header) {
      throw new BulkxError('BULKX_CONFIG', `Line ${index + 1} of ${path} is not a header line`, {
        hint: 'write each line of `--header-file` like Name: value',
      })
    }
    headers[header[0]] = header[1]
  })
  return headers
}

const tokenText = /^[\x21-\x7e]+$/

const checkToken = (text: string, where: string, code: ErrorCode): string => {
  const token = text.trim().replace(/^Bearer\s+/i, '')
  if (tokenText.test(token)) return token
  const what = token === '' ? 'holds no token' : 'holds more than a token'
  throw new BulkxError(code, `${where} ${what}`, { hint: 'it must hold the access token and nothing else' })
}

const readTokenFile = async (path: string, code: ErrorCode): Promise<string> =>
  checkToken(await readText(path, 'token-file', code), path, code)

/** Where a ready-made token comes from: a file that a flag or the directory names, BULKX_TOKEN, BULKX_TOKEN_FILE. */
const tokenSource = (settings: Settings, io: Io): { file?: string; text?: string } => {
  const file = settings.setting('token-file')
  const text = io.env.BULKX_TOKEN
  if (file && (file.origin !== 'environment' || text === undefined || text === '')) {
    return { file: resolve(io.cwd, String(file.value)) }
  }
  return text === undefined || text === '' ? {} : { text }
}

const tokenReader = async ({ file, text }: ReturnType<typeof tokenSource>) => {
  if (file !== undefined) {
    // Read once before anything is started: a wrong name is a mistake of the command, not of the server.
    await readTokenFile(file, 'BULKX_CONFIG')
    return () => readTokenFile(file, 'BULKX_TOKEN')
  }
  if (text === undefined) return undefined
  const token = checkToken(text, 'BULKX_TOKEN', 'BULKX_CONFIG')
  return async () => token
}

/** What the directory remembers of our identity: references, never secrets. */
export const identityOf = (settings: Settings, io: Io): Identity => {
  const auth = settings.get('auth')
  const { file } = auth === 'none' ? {} : tokenSource(settings, io)
  const headerFile = settings.get('header-file')
  return {
    auth,
    tokenFile: file,
    headerFile: headerFile === undefined ? undefined : resolve(io.cwd, headerFile),
  }
}

type Credentials = Pick<NetworkConfig, 'secretHeaders' | 'auth' | 'caPem' | 'certPem' | 'certKeyPem'>

/**
 * Reads the files and variables that say who we are. Throws `BULKX_CONFIG` for a file that cannot be used and
 * `BULKX_USAGE` for options that contradict each other.
 */
export const readCredentials = async (settings: Settings, io: Io): Promise<Credentials> => {
  const auth = settings.get('auth')
  const source = auth === 'none' ? {} : tokenSource(settings, io)
  const token = await tokenReader(source)
  if (auth === 'bearer' && token === undefined) {
    throw new BulkxError('BULKX_USAGE', '--auth bearer needs a token', {
      hint: 'name a file with `--token-file`, or set BULKX_TOKEN',
    })
  }
  const certPem = await readOptionFile('cert', settings, io)
  const certKeyPem = await readOptionFile('cert-key', settings, io)
  if ((certPem === undefined) !== (certKeyPem === undefined)) {
    const missing = certPem === undefined ? '--cert' : '--cert-key'
    throw new BulkxError('BULKX_USAGE', 'A client certificate needs its private key', {
      hint: `add \`${missing} <file>\``,
    })
  }
  const headerFile = settings.get('header-file')
  return {
    secretHeaders: headerFile === undefined ? {} : await readHeaderFile(resolve(io.cwd, headerFile)),
    auth: token ? { kind: 'bearer', read: token } : { kind: 'none' },
    caPem: await readOptionFile('ca', settings, io),
    certPem,
    certKeyPem,
  }
}
