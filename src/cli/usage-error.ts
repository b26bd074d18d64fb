/** The parser's complaints in our words. */
import type { CommanderError } from 'commander'
import { BulkxError } from '../errors.js'

const secretOptions = /^--?(token|bearer|access-token|secret|client-secret|password|pass)$/

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** One sentence and a hint; nothing after an `=` is repeated, for it may be a secret. */
export const usageError = ({ message }: CommanderError, command: string | undefined): BulkxError => {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n')
  const words = first
    .replace(/(--[\w-]+)=.*?(?=')/, '$1')
    .replaceAll("'", '')
    .replace(/\.$/, '')
  const [, near] = /\(Did you mean (?:one of )?(.+?)\??\)/.exec(rest.join(' ')) ?? []
  const option = /^unknown option (\S+)/.exec(words)?.[1] ?? ''
  const help = `see \`bulkx ${command === undefined ? '' : `${command} `}--help\``
  const hint = secretOptions.test(option)
    ? 'a secret is never an argument; use `--token-file` or BULKX_TOKEN'
    : near === undefined
      ? help
      : `did you mean ${near}? ${help}`
  return new BulkxError('BULKX_USAGE', sentence(words), { hint })
}
