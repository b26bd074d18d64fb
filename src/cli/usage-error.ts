/** The parser's complaints in our words. */
import type { CommanderError } from 'commander'
import { BulkxError } from '../errors.js'
import { isResourceType } from '../options/resource-types.js'

const secretOptions = /^--?(token|bearer|access-token|bearer-token|authorization|jwt)$/
const clientSecretOptions = /^--?(secret|client-secret|password|passwd|pass|api-key|private-key|credentials)$/

const visible = 'arguments can be seen by all users of this computer, and stay in the history of the shell;'

const secretHint = (option: string): string | undefined => {
  if (secretOptions.test(option)) return `${visible} use --token-file, BULKX_TOKEN or --token-command`
  if (!clientSecretOptions.test(option)) return undefined
  return `${visible} use --client-secret-file or BULKX_CLIENT_SECRET, --key for a private key, --header-file for others`
}

/** A data set keeps its own time: options of `export` that would decide it. */
const timeHint = (option: string, command: string | undefined): string | undefined =>
  command === 'sync' && /^--(since|until)$/.test(option)
    ? 'a data set keeps its own time: leave it out; --full exports everything again'
    : undefined

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Words beyond those that the command takes; `typed`: all of argv. */
export const surplusError = (
  surplus: readonly string[],
  typed: readonly string[],
  command: string,
): BulkxError => {
  const [word = ''] = surplus
  const at = typed.indexOf('--type')
  const types = at === -1 ? [] : [typed[at + 1] ?? '', ...surplus].map((name) => name.replace(/,$/, ''))
  const named = surplus.map((name) => JSON.stringify(name)).join(', ')
  const help = `see \`bulkx ${command} --help\``
  const isList = types.length > 0 && types.every((name) => isResourceType(name))
  const hint = isList
    ? `join types by commas: --type ${types.join(',')}`
    : isResourceType(word)
      ? `one target at a time; types are joined by commas: --type Patient,${word}`
      : `quote what holds blanks; ${help}`
  return new BulkxError('BULKX_USAGE', `Too many arguments for ${command}: ${named}`, { hint })
}

/** One sentence and a hint; nothing after an `=` is repeated, for it may be a secret. */
export const usageError = ({ message, code }: CommanderError, command: string | undefined): BulkxError => {
  if (code === 'commander.help') {
    return new BulkxError('BULKX_USAGE', `No ${command} command was given`, {
      hint: `see \`bulkx ${command} --help\``,
    })
  }
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n')
  const words = first
    .replace(/(--[\w-]+)=.*?(?=')/, '$1')
    .replaceAll("'", '')
    .replace(/\.$/, '')
  const [, near] = /\(Did you mean (?:one of )?(.+?)\??\)/.exec(rest.join(' ')) ?? []
  const option = /^unknown option (\S+)/.exec(words)?.[1] ?? ''
  const help = `see \`bulkx ${command === undefined ? '' : `${command} `}--help\``
  const secret = secretHint(option)
  const hint =
    secret ?? timeHint(option, command) ?? (near === undefined ? help : `did you mean ${near}? ${help}`)
  const said =
    secret === undefined ? sentence(words) : `A secret is never an argument, so there is no ${option}`
  return new BulkxError('BULKX_USAGE', said, { hint })
}
