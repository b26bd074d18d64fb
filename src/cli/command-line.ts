/** What stands behind the name of a command: its options and arguments, as the option table declares them. */
import { Command, CommanderError, Option } from 'commander'
import { BulkxError } from '../errors.js'
import type { OptionName } from '../options/options.js'
import { rowFor } from './catalogue.js'
import type { CommandRow } from './command-row.js'
import type { Texts } from './settings.js'
import { singleDashError, surplusError, usageError } from './usage-error.js'

const collect = (text: string, before: unknown): string[] => [...(Array.isArray(before) ? before : []), text]

const optionFor = (command: CommandRow, name: OptionName): Option => {
  const { short, value, kind } = rowFor(command, name)
  const flags = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
  const option = new Option(flags)
  if (kind.form !== 'flag') option.argParser(collect)
  return option
}

/** An empty variable leaves no word behind, and the next option would be taken for its value. */
const assertValues = (name: OptionName, texts: readonly string[]): void => {
  const option = texts.find((text) => /^--[a-z][a-z-]*$/.test(text))
  if (option === undefined || name === 'unset') return
  throw new BulkxError('BULKX_USAGE', `--${name} is followed by another option, ${option}`, {
    hint: `give --${name} a value; a variable that stood there may be empty`,
  })
}

/** What the command line gave for each option, as text. */
const textsOf = (command: Command, row: CommandRow): Texts => {
  const texts: Texts = {}
  const values: Record<string, unknown> = command.opts()
  for (const name of row.options) {
    const attribute = new Option(`--${name}`).attributeName()
    if (command.getOptionValueSource(attribute) !== 'cli') continue
    const value = values[attribute]
    if (Array.isArray(value)) assertValues(name, value.map(String))
    texts[name] = Array.isArray(value) ? value.map(String) : ['true']
  }
  return texts
}

const parserFor = (name: string, row: CommandRow): Command => {
  const command = new Command(name)
    .exitOverride()
    .showSuggestionAfterError(false)
    .helpOption('-h, --help')
    // Errors and help are written elsewhere, after the parser has thrown.
    .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
    .action(() => {})
  for (const argument of row.args) command.argument(argument.name)
  for (const option of row.options) command.addOption(optionFor(row, option))
  return command
}

export type CommandLine = 'help' | { args: readonly string[]; flags: Texts }

/** Reads the words behind a command's name. Throws `BULKX_USAGE` for what the command does not take. */
export const readCommandLine = (name: string, row: CommandRow, words: readonly string[]): CommandLine => {
  const typo = singleDashError(words, row, name)
  if (typo) throw typo
  const command = parserFor(name, row)
  try {
    command.parse([...words], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 'help'
    if (error.code === 'commander.excessArguments')
      throw surplusError(command.args.slice(row.args.length), words, name)
    throw usageError(error, name, row)
  }
  return { args: command.args, flags: textsOf(command, row) }
}
