/** The files that say who we are: tokens, headers, secrets, keys, certificates. */
import { readFile } from 'node:fs/promises'
import { checkSecret, checkToken } from '../auth/given-secrets.js'
import { BulkxError, type ErrorCode } from '../errors.js'
import type { OptionName } from '../options/options.js'
import { splitHeader } from '../options/values.js'

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

/** The text of a file that an option names. Rejects with an error that names the path and the option. */
export const readText = async (path: string, option: OptionName, code: ErrorCode): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new BulkxError(code, `Cannot read ${path}: ${reasonOf(error)}`, {
      cause: error,
      hint: `check \`--${option}\``,
    })
  }
}

/** `Name: value` lines; `#` begins a comment. */
export const readHeaderFile = async (path: string): Promise<Record<string, string>> => {
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

export const readTokenFile = async (path: string, code: ErrorCode): Promise<string> =>
  checkToken(await readText(path, 'token-file', code), path, code)

export const readSecretFile = async (path: string, code: ErrorCode): Promise<string> =>
  checkSecret(await readText(path, 'client-secret-file', code), path, code)
