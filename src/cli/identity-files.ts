/** The files that say who we are: tokens, headers, secrets, keys, certificates. */
import { readFile } from 'node:fs/promises'
import { checkSecret, checkToken } from '../auth/given-secrets.js'
import { BulkxError, type ErrorCode } from '../errors.js'
import { shellWord } from '../job/next-command.js'
import type { OptionName } from '../options/options.js'
import { splitHeader } from '../options/values.js'
import type { Settings } from './settings.js'

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

/** What to do about the file of an option: nobody may have typed it in this run. */
export const fileHint = (option: OptionName, settings: Settings): string => {
  const { origin, source } = settings.setting(option) ?? { origin: 'flag', source: `--${option}` }
  switch (origin) {
    case 'profile': {
      const set = `\`bulkx profile set ${shellWord(settings.profile?.name ?? '')} --${option} <file>\``
      return `${source} names it: check the file, name another one there (${set}), or give \`--${option}\` for this run`
    }
    case 'directory':
      return `the export here was begun with it: check the file, or name another one with \`--${option}\``
    case 'flag':
    case 'environment':
    case 'preset':
      return `check \`${source}\``
    default:
      return origin satisfies never
  }
}

/** The text of a file. Rejects with an error that names its path. */
export const readText = async (path: string, hint: string, code: ErrorCode): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new BulkxError(code, `Cannot read ${path}: ${reasonOf(error)}`, {
      cause: error,
      hint,
    })
  }
}

/** `Name: value` lines; `#` begins a comment. */
export const readHeaderFile = async (path: string, hint: string): Promise<Record<string, string>> => {
  const lines = (await readText(path, hint, 'BULKX_CONFIG')).split(/\r?\n/)
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

export const readTokenFile = async (path: string, hint: string, code: ErrorCode): Promise<string> =>
  checkToken(await readText(path, hint, code), path, code)

export const readSecretFile = async (path: string, hint: string, code: ErrorCode): Promise<string> =>
  checkSecret(await readText(path, hint, code), path, code)
