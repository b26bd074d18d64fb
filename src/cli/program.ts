/** From argv to a command: parsing and help, made from the catalogue and the option table. */
import { Command, CommanderError, Option } from 'commander'
import { BulkxError } from '../errors.js'
import { nearestName } from '../options/did-you-mean.js'
import { groups, type OptionName } from '../options/options.js'
import { version } from '../version.js'
import { catalogue, commandGroups, rowFor } from './catalogue.js'
import type { CommandRow } from './command-row.js'
import { exitStatusLines } from './exit-status.js'
import type { Ending } from './invocation.js'
import type { Io } from './io.js'
import type { ChosenProfile, Texts } from './settings.js'
import { topics } from './topics.js'
import { surplusError, usageError } from './usage-error.js'

const helpWidth = 100

const collect = (text: string, before: unknown): string[] => [...(Array.isArray(before) ? before : []), text]

const optionFor = (command: CommandRow, name: OptionName): Option => {
  const { short, value, help, byDefault, group, kind } = rowFor(command, name)
  const flags = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
  const option = new Option(flags, byDefault === undefined ? help : `${help} (default: ${byDefault})`)
  if (kind.form !== 'flag') option.argParser(collect)
  return option.helpGroup(`${groups[group]}:`)
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

const helpEnd = (row: CommandRow): string =>
  [
    '',
    'Examples:',
    ...row.examples.map((example) => `  ${example}`),
    '',
    'EXIT STATUS',
    ...exitStatusLines(row.exitCodes, row.rewordedCodes),
    '  More: `bulkx help exit-codes`',
  ].join('\n')

const argumentText = (row: CommandRow): string => row.args.map(({ name }) => `${name} `).join('')

/** The command that a name belongs below: the program, or a group such as `profile`. */
const parentOf = (program: Command, name: string): Command => {
  const [group = '', own] = name.split(' ')
  if (own === undefined) return program
  const present = program.commands.find((command) => command.name() === group)
  if (present) return present
  return program
    .command(group)
    .description(commandGroups[group] ?? '')
    .usage('<command> [options]')
    .helpOption('-h, --help', 'this help')
    .helpCommand(false)
}

/** Only commands that have to do with a server know profiles. */
const profileFor = async (row: CommandRow, flags: Texts, io: Io): Promise<ChosenProfile | undefined> => {
  if (!row.options.includes('profile')) return undefined
  const { chooseProfile } = await import('./profiles.js')
  return chooseProfile({ flag: flags.profile?.at(-1) }, io)
}

const addCommand = (
  program: Command,
  name: string,
  row: CommandRow,
  take: (ending: Ending) => void,
  io: Io,
): void => {
  const command = parentOf(program, name)
    .command(name.split(' ').at(-1) ?? name)
    .description(row.summary)
    .usage(`${argumentText(row)}[options]`)
  for (const argument of row.args) command.argument(argument.name, argument.help)
  for (const option of row.options) command.addOption(optionFor(row, option))
  command.helpOption('-h, --help', 'this help').addHelpText('after', helpEnd(row))
  command.action(async () => {
    const flags = textsOf(command, row)
    const profile = await profileFor(row, flags, io)
    const { resolveSettings } = await import('./settings.js')
    const settings = resolveSettings({ names: row.options, flags, env: io.env, profile })
    const run = await row.load()
    take(await run({ command: name, args: command.args, flags, settings }, io))
  })
}

const topicList = (): string =>
  [
    '',
    'Topics:',
    ...Object.entries(topics).map(([name, { summary }]) => `  bulkx help ${name.padEnd(13)} ${summary}`),
    '',
    'Try it, without account, network or configuration:',
    '  bulkx export --server mock: -o out',
  ].join('\n')

const commandNamed = (program: Command, words: readonly string[]): Command | undefined =>
  words.reduce<Command | undefined>(
    (above, word) => above?.commands.find((candidate) => candidate.name() === word),
    program,
  )

const helpHint = (name: string): string => {
  const near = nearestName(name, [...Object.keys(topics), ...Object.keys(catalogue)])
  return near === undefined ? `topics are ${Object.keys(topics).join(', ')}; ` : `did you mean ${near}? `
}

const help = async (program: Command, words: readonly string[]): Promise<string> => {
  const name = words.join(' ')
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined
  if (topic) return `${await topic.text()}\n`
  const command = commandNamed(program, words)
  if (!command) {
    throw new BulkxError('BULKX_USAGE', `There is no command or topic ${JSON.stringify(name)}`, {
      hint: `${helpHint(name)}\`bulkx help\` lists commands and topics`,
    })
  }
  command.outputHelp()
  return ''
}

const createProgram = (io: Io, take: (ending: Ending) => void): Command => {
  const program = new Command('bulkx')
    .description('FHIR Bulk Data export: kick off, wait, download, verify, resume.')
    .usage('<command> [options]')
    .helpOption('-h, --help', 'this help')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ helpWidth, subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are explained in one place, after the program has thrown.
      writeErr: () => {},
      outputError: () => {},
      getOutHasColors: () => false,
    })
    .addHelpText('after', topicList())
  // Declared for the help; main answers it without loading any of this.
  program.version(version, '-V, --version', 'print the version')
  for (const [name, row] of Object.entries(catalogue)) addCommand(program, name, row, take, io)
  program
    .command('help')
    .description('Explain a command or a topic.')
    .usage('[command|topic]')
    .argument('[command|topic...]')
    .helpOption('-h, --help', 'this help')
    .action(async (words: string[]) => io.stdout.write(await help(program, words)))
  return program
}

/** The command that was named, as far as argv shows one. */
const commandOf = (argv: readonly string[]): string | undefined => {
  const [word = '', second = ''] = argv.filter((argument) => !argument.startsWith('-'))
  const both = `${word} ${second}`
  if (Object.hasOwn(catalogue, both)) return both
  return word === 'help' || Object.hasOwn(catalogue, word) || Object.hasOwn(commandGroups, word)
    ? word
    : undefined
}

/** What a command reads off tables that are loaded only where its help is asked for. */
const addMoreHelp = async (program: Command, argv: readonly string[]): Promise<void> => {
  const asked = argv[0] === 'help' || argv.includes('--help') || argv.includes('-h')
  const name = commandOf(argv[0] === 'help' ? argv.slice(1) : argv)
  const moreHelp = asked && name !== undefined ? catalogue[name]?.moreHelp : undefined
  if (name === undefined || moreHelp === undefined) return
  commandNamed(program, name.split(' '))?.addHelpText('after', `\n${await moreHelp()}`)
}

const parserError = (
  error: CommanderError,
  program: Command,
  argv: readonly string[],
  name: string | undefined,
): BulkxError => {
  const command = name === undefined ? undefined : commandNamed(program, name.split(' '))
  if (error.code !== 'commander.excessArguments' || !command || name === undefined)
    return usageError(error, name)
  return surplusError(command.args.slice(command.registeredArguments.length), argv, name)
}

/** Runs the command in `argv`; never rejects. */
export const runProgram = async (
  argv: readonly string[],
  io: Io,
): Promise<{ command?: string; ending: Ending }> => {
  const command = commandOf(argv)
  let ending: Ending = {}
  const program = createProgram(io, (taken) => {
    ending = taken
  })
  try {
    if (argv.length === 0) {
      io.stderr.write(program.helpInformation())
      throw new BulkxError('BULKX_USAGE', 'No command was given', {
        hint: 'start with `bulkx export --help`',
      })
    }
    await addMoreHelp(program, argv)
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) return { command, ending: { error } }
    if (error.exitCode !== 0)
      return { command, ending: { error: parserError(error, program, argv, command) } }
  }
  return { command, ending }
}
