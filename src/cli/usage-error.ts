/** The parser's complaints in our words. */
import type { CommanderError } from 'commander'
import { BulkxError } from '../errors.js'
import { nearestName } from '../options/did-you-mean.js'
import { isResourceType } from '../options/resource-types.js'
import { catalogue } from './catalogue.js'
import type { CommandRow } from './command-row.js'

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
      : /^[A-Z][A-Za-z]+\/[^/\s]+$/.test(word)
        ? 'one target at a time: run the command once for each, with an --out of its own'
        : `quote what holds blanks; ${help}`
  return new BulkxError('BULKX_USAGE', `Too many arguments for ${command}: ${named}`, { hint })
}

/** `--_typeFilter` and `-type_filter` are how others write `--type-filter`. */
const plainName = (option: string): string =>
  option
    .replace(/^[-_]+/, '')
    .replace(/=.*$/s, '')
    .replace(/[A-Z]/g, (letter) => `-${letter}`)
    .replaceAll('_', '-')
    .toLowerCase()
    .replace(/^-/, '')

const commandsWith = (option: string): string[] =>
  Object.entries(catalogue).flatMap(([name, { options }]) =>
    options.some((own) => own === option) ? [`\`bulkx ${name}\``] : [],
  )

/** What an unknown option may be: one that is written otherwise, or one of other commands. */
const optionHint = (option: string, command: string, row: CommandRow): string => {
  const help = `see \`bulkx ${command} --help\``
  const wanted = plainName(option)
  const others = commandsWith(wanted)
  if (others.length > 0 && others.length < 4 && !row.options.some((own) => own === wanted))
    return `--${wanted} is an option of ${others.join(', ')}; ${help}`
  const near = nearestName(wanted, [...row.options, 'help'])
  return near === undefined ? help : `did you mean --${near}? ${help}`
}

/** `-out` is read as `-o ut`: nobody means that. */
export const singleDashError = (
  words: readonly string[],
  row: CommandRow,
  command: string,
): BulkxError | undefined => {
  const operands = words.indexOf('--')
  const wrong = (operands === -1 ? words : words.slice(0, operands)).find(
    (word) => /^-[a-z][a-z-]+$/.test(word) && row.options.some((name) => name === word.slice(1)),
  )
  if (wrong === undefined) return undefined
  return new BulkxError('BULKX_USAGE', `Unknown option ${wrong}`, {
    hint: `did you mean -${wrong}? see \`bulkx ${command} --help\``,
  })
}

/** An option before any command; `group`: the word before it, such as `profile`. */
export const misplacedOption = (option: string, argv: readonly string[], group?: string): BulkxError => {
  const name = option.replace(/=.*$/s, '')
  const command = group === undefined ? argv.find((word) => Object.hasOwn(catalogue, word)) : undefined
  const secret = secretHint(name)
  if (secret !== undefined) return secretError(name, secret)
  const place = command ?? `${group === undefined ? '' : `${group} `}<command>`
  return new BulkxError('BULKX_USAGE', `Unknown option ${name} before the command`, {
    hint: `options stand behind it: \`bulkx ${place} ${name}\`; \`bulkx --help\` lists the commands`,
  })
}

const secretError = (option: string, hint: string): BulkxError =>
  new BulkxError('BULKX_USAGE', `A secret is never an argument, so there is no ${option}`, { hint })

/** One sentence and a hint; nothing after an `=` is repeated, for it may be a secret. */
export const usageError = ({ message }: CommanderError, command: string, row: CommandRow): BulkxError => {
  const [first = ''] = message.replace(/^error: /, '').split('\n')
  const words = first
    .replace(/(--[\w-]+)=.*?(?=')/, '$1')
    .replaceAll("'", '')
    .replace(/\.$/, '')
  const option = /^unknown option (\S+)/.exec(words)?.[1]
  if (option === undefined)
    return new BulkxError('BULKX_USAGE', sentence(words), { hint: `see \`bulkx ${command} --help\`` })
  const secret = secretHint(option)
  if (secret !== undefined) return secretError(option, secret)
  const hint = timeHint(option, command) ?? optionHint(option, command, row)
  return new BulkxError('BULKX_USAGE', sentence(words), { hint })
}
