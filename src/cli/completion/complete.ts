/** What may stand where the cursor is: asked by the scripts of the shells, and answered from the catalogue. */
import { type Completes, type OptionName, optionNames, row as optionRow } from '../../options/options.js'
import { catalogue, commandGroups, rowFor } from '../catalogue.js'
import type { CommandRow } from '../command-row.js'
import { firstWords } from '../help-text.js'
import type { Io } from '../io.js'
import { topics } from '../topics.js'
import { type Candidate, namesOf } from './names.js'

/** What the shell shall do with the candidates, or in their place. */
export type Manner = 'values' | 'list' | 'open' | 'files' | 'directories'

export interface Completion {
  candidates: readonly Candidate[]
  manner: Manner
}

type Place = Pick<Io, 'env' | 'home' | 'platform'>

const nothing: Completion = { candidates: [], manner: 'values' }

/** Nothing else is given to a shell: no blank, quote or other character that it may take for its own. */
const harmlessWord = /^[A-Za-z0-9:/=.,_@-]+$/
const helpMax = 72

const brief = (help: string): string => {
  const line = help.replace(/\s+/g, ' ')
  return line.length > helpMax ? `${line.slice(0, helpMax - 1)}…` : line
}

/** Those that go on from the word; one that is a beginning only is left open. */
const goingOn = (candidates: readonly Candidate[], word: string): Completion => {
  const own = candidates.filter(({ value }) => value.startsWith(word) && harmlessWord.test(value))
  const isOpen = own.length === 1 && /[:/=]$/.test(own[0]?.value ?? '')
  return { candidates: own, manner: isOpen ? 'open' : 'values' }
}

const sorted = (sort: Completes, word: string, place: Place): Completion | Promise<Completion> => {
  if (sort === 'file') return { candidates: [], manner: 'files' }
  if (sort === 'directory') return { candidates: [], manner: 'directories' }
  return namesOf(sort, word, place).then((all) => goingOn(all, word))
}

/** The last of several values between commas; what is there already is not offered again. */
const lastOf = async (sort: Completes, word: string, place: Place): Promise<Completion> => {
  const done = word.slice(0, word.lastIndexOf(',') + 1)
  const { candidates } = await sorted(sort, word.slice(done.length), place)
  const given = new Set(done.split(','))
  const rest = candidates.filter(({ value }) => !given.has(value))
  return { candidates: rest.map((one) => ({ ...one, value: `${done}${one.value}` })), manner: 'list' }
}

const optionValue = (command: CommandRow, name: OptionName, word: string, place: Place) => {
  const { kind, completes } = rowFor(command, name)
  if (kind.form === 'one' && kind.values)
    return goingOn(
      kind.values.map((value) => ({ value })),
      word,
    )
  if (completes !== undefined)
    return kind.form === 'many' && kind.split === 'comma'
      ? lastOf(completes, word, place)
      : sorted(completes, word, place)
  if (kind.form === 'one' && kind.isPath) return sorted('file', word, place)
  return nothing
}

/** `--out`, `-o` and `--out=dir` name the same option. */
const optionOf = (command: CommandRow, word: string): OptionName | undefined => {
  const name = word.replace(/=.*$/s, '')
  return command.options.find(
    (own) =>
      name === `--${own}` || (optionRow(own).short !== undefined && name === `-${optionRow(own).short}`),
  )
}

/** What the words before the cursor leave: an option that waits for its value, or so many arguments. */
const read = (command: CommandRow, words: readonly string[]) => {
  const given = new Set<OptionName>()
  let waiting: OptionName | undefined
  let operands = 0
  let onlyOperands = false
  for (const word of words) {
    if (waiting !== undefined) waiting = undefined
    else if (onlyOperands || !word.startsWith('-')) operands += 1
    else if (word === '--') onlyOperands = true
    else {
      const name = optionOf(command, word)
      if (name === undefined) continue
      given.add(name)
      if (rowFor(command, name).kind.form !== 'flag' && !word.includes('=')) waiting = name
    }
  }
  return { given, waiting, operands, onlyOperands }
}

const optionCandidates = (command: CommandRow, given: ReadonlySet<OptionName>): Candidate[] => [
  ...optionNames
    .filter((name) => command.options.includes(name))
    .filter((name) => !given.has(name) || rowFor(command, name).kind.form === 'many')
    .map((name) => ({ value: `--${name}`, help: rowFor(command, name).help })),
  { value: '--help', help: 'this help' },
]

const afterCommand = (command: CommandRow, before: readonly string[], word: string, place: Place) => {
  const { given, waiting, operands, onlyOperands } = read(command, before)
  if (waiting !== undefined) return optionValue(command, waiting, word, place)
  const argument = command.args[operands]
  const isOption = !onlyOperands && (word.startsWith('-') || (word === '' && argument === undefined))
  const equals = word.indexOf('=')
  const name = isOption && equals !== -1 ? optionOf(command, word) : undefined
  if (name !== undefined) return valueAfter(command, name, word.slice(0, equals + 1), word, place)
  if (isOption) return goingOn(optionCandidates(command, given), word)
  return argument?.completes === undefined ? nothing : sorted(argument.completes, word, place)
}

/** `--type=Pat`: the shell wants the whole word back. */
const valueAfter = async (
  command: CommandRow,
  name: OptionName,
  start: string,
  word: string,
  place: Place,
): Promise<Completion> => {
  const { candidates, manner } = await optionValue(command, name, word.slice(start.length), place)
  return { candidates: candidates.map((one) => ({ ...one, value: `${start}${one.value}` })), manner }
}

const commandCandidates = (): Candidate[] =>
  [...firstWords].map(([value, { summary }]) => ({ value, help: summary }))

const ownCandidates = (group: string): Candidate[] =>
  Object.entries(catalogue).flatMap(([name, { summary }]) =>
    name.startsWith(`${group} `) ? [{ value: name.slice(group.length + 1), help: summary }] : [],
  )

const topicCandidates = (): Candidate[] =>
  Object.entries(topics).map(([value, { summary }]) => ({ value, help: summary }))

const programOptions: readonly Candidate[] = [
  { value: '--help', help: 'this help' },
  { value: '--version', help: 'print the version' },
]

/** Words after `bulkx help`. */
const afterHelp = (
  before: readonly string[],
  word: string,
  place: Place,
): Completion | Promise<Completion> => {
  const [group = ''] = before
  if (before.length === 0) return goingOn([...commandCandidates(), ...topicCandidates()], word)
  if (before.length === 1 && group === 'presets') return sorted('preset', word, place)
  return before.length === 1 && Object.hasOwn(commandGroups, group)
    ? goingOn(ownCandidates(group), word)
    : nothing
}

/** What may stand for the last of the words behind `bulkx`; the others are before the cursor. */
export const complete = async (words: readonly string[], place: Place): Promise<Completion> => {
  const word = words.at(-1) ?? ''
  const [first, second, ...more] = words.slice(0, -1)
  if (first === undefined) return goingOn(word.startsWith('-') ? programOptions : commandCandidates(), word)
  const rest = second === undefined ? [] : [second, ...more]
  if (first === 'help') return afterHelp(rest, word, place)
  if (Object.hasOwn(commandGroups, first)) {
    if (second === undefined) return goingOn(ownCandidates(first), word)
    const own = catalogue[`${first} ${second}`]
    return own ? afterCommand(own, more, word, place) : nothing
  }
  const command = Object.hasOwn(catalogue, first) ? catalogue[first] : undefined
  return command ? afterCommand(command, rest, word, place) : nothing
}

/** For the scripts: a candidate a line, its help behind a tab, and last how to take them. */
export const completionText = ({ candidates, manner }: Completion): string =>
  [
    ...candidates.map(({ value, help }) => (help === undefined ? value : `${value}\t${brief(help)}`)),
    `:${manner}`,
  ]
    .map((line) => `${line}\n`)
    .join('')
