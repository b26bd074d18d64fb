/** From argv to a command: which one is named, its help, and its run. */
import { BulkxError } from '../errors.js'
import { nearestName } from '../options/did-you-mean.js'
import { catalogue, commandGroups } from './catalogue.js'
import type { CommandRow } from './command-row.js'
import { commandHelp, firstWords, groupHelp, overview, shortOverview } from './help-text.js'
import type { Ending } from './invocation.js'
import type { Io, Output } from './io.js'
import type { ChosenProfile, Texts } from './settings.js'
import { topics } from './topics.js'
import { misplacedOption } from './usage-error.js'
import { widthFor } from './wrap.js'

const widthOf = ({ isTTY, columns }: Output): number => widthFor(isTTY ? columns : undefined)

/** What argv begins with. */
type Named =
  | { kind: 'nothing' | 'help' }
  | { kind: 'option'; option: string }
  | { kind: 'unknown'; word: string; group?: string }
  | { kind: 'group'; group: string; rest: readonly string[] }
  | { kind: 'command'; name: string; row: CommandRow; rest: readonly string[] }

const inCatalogue = (name: string): CommandRow | undefined =>
  Object.hasOwn(catalogue, name) ? catalogue[name] : undefined

const named = ([word, second, ...more]: readonly string[]): Named => {
  if (word === undefined) return { kind: 'nothing' }
  if (word === 'help') return { kind: 'help' }
  if (word.startsWith('-')) return { kind: 'option', option: word }
  const rest = second === undefined ? [] : [second, ...more]
  const row = inCatalogue(word)
  if (row) return { kind: 'command', name: word, row, rest }
  if (!Object.hasOwn(commandGroups, word)) return { kind: 'unknown', word }
  const name = `${word} ${second}`
  const own = inCatalogue(name)
  if (own) return { kind: 'command', name, row: own, rest: more }
  return second === undefined || second.startsWith('-')
    ? { kind: 'group', group: word, rest }
    : { kind: 'unknown', word: second, group: word }
}

/** The command of a result, as far as argv shows one. */
const commandOf = (argv: readonly string[]): string | undefined => {
  const what = named(argv)
  if (what.kind === 'command') return what.name
  return 'group' in what ? what.group : what.kind === 'help' ? 'help' : undefined
}

const ownNames = (group: string): string[] =>
  Object.keys(catalogue).flatMap((name) =>
    name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : [],
  )

const unknownCommand = ({ word, group }: { word: string; group?: string }): BulkxError => {
  const near = nearestName(word, group === undefined ? firstWords.keys() : ownNames(group))
  const help = group === undefined ? '`bulkx --help` lists the commands' : `see \`bulkx ${group} --help\``
  return new BulkxError('BULKX_USAGE', `Unknown command ${word}`, {
    hint: near === undefined ? help : `did you mean ${near}? ${help}`,
  })
}

/** Only commands that have to do with a server know profiles. */
const profileFor = async (row: CommandRow, flags: Texts, io: Io): Promise<ChosenProfile | undefined> => {
  if (!row.options.includes('profile')) return undefined
  const { chooseProfile } = await import('./profiles.js')
  return chooseProfile({ flag: flags.profile?.at(-1) }, io)
}

const isHelp = (word: string | undefined): boolean => word === '-h' || word === '--help'

const asksHelp = (words: readonly string[]): boolean => {
  const operands = words.indexOf('--')
  return (operands === -1 ? words : words.slice(0, operands)).some(isHelp)
}

const runCommand = async (
  { name, row, rest }: Extract<Named, { kind: 'command' }>,
  io: Io,
): Promise<Ending> => {
  const help = async (): Promise<Ending> => {
    io.stdout.write(await commandHelp(name, row, widthOf(io.stdout)))
    return {}
  }
  if (asksHelp(rest)) return help()
  // The parser is a package, which help and completion do without.
  const { readCommandLine } = await import('./command-line.js')
  const line = readCommandLine(name, row, rest)
  if (line === 'help') return help()
  const { args, flags } = line
  const profile = await profileFor(row, flags, io)
  const { resolveSettings } = await import('./settings.js')
  const settings = resolveSettings({ names: row.options, flags, env: io.env, profile })
  const run = await row.load()
  return run({ command: name, args, flags, settings }, io)
}

const helpHint = (name: string): string => {
  const near = nearestName(name, [...Object.keys(topics), ...firstWords.keys(), ...Object.keys(catalogue)])
  return near === undefined ? `topics are ${Object.keys(topics).join(', ')}; ` : `did you mean ${near}? `
}

/** `oracle`, `presets oracle` or `mock:oracle`: the preset alone. */
const presetHelp = async (name: string, width: number): Promise<string | undefined> => {
  const preset = name.replace(/^(presets? |mock:)/, '')
  return (await import('./topics/presets.js')).presetText(preset, width)
}

/** Of the program, a topic, a command, a group of commands, or a preset. */
const helpOn = async (words: readonly string[], width: number): Promise<string> => {
  const name = words.filter((word) => !word.startsWith('-')).join(' ')
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined
  if (topic) return `${await topic.text(width)}\n`
  const row = inCatalogue(name)
  if (row) return commandHelp(name, row, width)
  if (Object.hasOwn(commandGroups, name)) return groupHelp(name, width)
  if (name === '' || name === 'help') return overview(width)
  const preset = await presetHelp(name, width)
  if (preset !== undefined) return `${preset}\n`
  throw new BulkxError('BULKX_USAGE', `There is no command or topic ${JSON.stringify(name)}`, {
    hint: `${helpHint(name)}\`bulkx help\` lists commands and topics`,
  })
}

const runNamed = async (argv: readonly string[], io: Io): Promise<Ending> => {
  const what = named(argv)
  const help = async (words: readonly string[]): Promise<Ending> => {
    io.stdout.write(await helpOn(words, widthOf(io.stdout)))
    return {}
  }
  switch (what.kind) {
    case 'nothing':
      io.stderr.write(`${shortOverview(widthOf(io.stderr))}\n`)
      throw new BulkxError('BULKX_USAGE', 'No command was given', {
        hint: 'start with `bulkx export --help`',
      })
    case 'help':
      return help(argv.slice(1))
    case 'option':
      if (isHelp(what.option)) return help([])
      throw misplacedOption(what.option, argv)
    case 'unknown':
      throw unknownCommand(what)
    case 'group':
      if (isHelp(what.rest[0])) return help([what.group])
      if (what.rest[0] !== undefined) throw misplacedOption(what.rest[0], argv, what.group)
      throw new BulkxError('BULKX_USAGE', `No ${what.group} command was given`, {
        hint: `there are ${ownNames(what.group).join(', ')}; see \`bulkx ${what.group} --help\``,
      })
    case 'command':
      return runCommand(what, io)
    default:
      return what satisfies never
  }
}

/** Runs the command in `argv`; never rejects. */
export const runProgram = async (
  argv: readonly string[],
  io: Io,
): Promise<{ command?: string; ending: Ending }> => {
  const command = commandOf(argv)
  try {
    return { command, ending: await runNamed(argv, io) }
  } catch (error) {
    return { command, ending: { error } }
  }
}
