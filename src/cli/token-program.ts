/** `--token-command`: a program of the user's prints an access token, as cloud command lines do. */
import { BulkxError } from '../errors.js'
import type { Io } from './io.js'
import { programWords } from './program-words.js'
import { harmless } from './text.js'

/** A program that asks a person to sign in would wait for ever. */
const timeLimitMs = 60_000

/** What a program says of itself may hold what it printed, or any token. */
const withoutSecrets = (text: string, printed: string): string => {
  const words = printed.split(/[\s"',:{}]+/).filter((word) => word.length >= 8)
  return words
    .reduce((left, word) => left.replaceAll(word, '***'), text)
    .replace(/\beyJ[\w-]+(\.[\w-]*){0,4}/g, '***')
    .replace(/\b(Bearer|Basic)\s+\S+/gi, '$1 ***')
}

const failed = (message: string, hint: string): BulkxError => new BulkxError('BULKX_TOKEN', message, { hint })

/**
 * Runs the program and resolves with what it printed. Rejects with `BULKX_TOKEN` when it cannot be run, fails, or
 * takes too long. `verbose` gets what it said on stderr.
 */
export const tokenProgram =
  (text: string, io: Io, verbose?: (line: string) => void): (() => Promise<string>) =>
  async () => {
    const words = programWords(text, io)
    const ended = await io.run(words, { timeLimitMs, signal: io.signal })
    const said = ended.stderr
      .split(/\r?\n/)
      .map((line) => harmless(withoutSecrets(line, ended.stdout)))
      .filter((line) => line !== '')
    for (const line of said) verbose?.(`${words[0]}: ${line}`)
    const name = `The program ${words[0]} of --token-command`
    switch (ended.how) {
      case 'not-started':
        throw failed(`${name} cannot be run: ${ended.reason}`, 'check its name, or give its whole path')
      case 'too-long':
        throw failed(
          `${name} printed no token within ${timeLimitMs / 1000} s`,
          'run it by hand: it may be asking for something',
        )
      case 'ended': {
        if (ended.code === 0) return ended.stdout
        const words = said[0] === undefined ? '' : `: ${said[0]}`
        throw failed(
          `${name} failed with exit code ${ended.code}${words}`,
          'run it by hand until it prints a token',
        )
      }
      default:
        return ended satisfies never
    }
  }
