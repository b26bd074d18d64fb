/** A program with its arguments, as text: split into words without any shell. */
import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { BulkxError } from '../errors.js'
import type { Io } from './io.js'

type Place = Pick<Io, 'cwd' | 'platform'>

const word = /(?:[^\s'"]+|'[^']*'|"[^"]*")+/g

const unquoted = (text: string): string =>
  text.replace(/'([^']*)'|"([^"]*)"/g, (_all, one?: string, two?: string) => one ?? two ?? '')

const hasFolder = (text: string, { platform }: Place): boolean =>
  text.includes('/') || (platform === 'win32' && text.includes('\\'))

/**
 * Program and arguments. A text that is the path of a file is that program, blanks and all; otherwise it is split at
 * blanks, and '…' or "…" keeps blanks together. A name without a folder is looked for in PATH. Throws `BULKX_USAGE`.
 */
export const programWords = (text: string, place: Place): [program: string, ...args: string[]] => {
  const path = resolve(place.cwd, text)
  if (hasFolder(text, place) && existsSync(path)) return [path]
  const [program, ...args] = [...text.matchAll(word)].map(([match]) => unquoted(match))
  const rest = text.replace(word, '').trim()
  if (program === undefined || program === '' || rest !== '') {
    throw new BulkxError('BULKX_USAGE', '--token-command is not a program with its arguments', {
      hint: "write it like --token-command 'gcloud auth print-access-token'; close each quote",
    })
  }
  return [hasFolder(program, place) ? resolve(place.cwd, program) : program, ...args]
}

const quoted = (text: string): string => {
  if (/^[^\s'"]+$/.test(text)) return text
  return text.includes("'") ? `"${text}"` : `'${text}'`
}

/** The same program from whatever directory it is started: a folder that one happens to be in must not bring its own. */
export const programTexts = (text: string, place: Place): string => {
  const [program, ...args] = programWords(text, place)
  if (!isAbsolute(program)) return text
  return [program, ...args].map(quoted).join(' ')
}
