/** Commands and options that pages mention, run or not, are those that there are. */
import { describe, expect, test } from 'vitest'
import { catalogue, commandGroups } from '../../src/cli/catalogue.js'
import { otherVariables } from '../../src/cli/topics/environment.js'
import { exitCodes } from '../../src/errors.js'
import { environmentName, type OptionName, optionNames, options } from '../../src/options/options.js'
import { blocksOf, pages, textOf } from './page.js'

/** Lines of shell, and what stands between backticks; a line that a backslash continues is one. */
const commandLines = (page: string): string[] => {
  const text = textOf(page)
  const blocks = blocksOf(text).filter(({ info }) => /^(?:sh|crontab)\b/.test(info))
  const inline = [...text.replace(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
  return [...blocks.flatMap((block) => block.text.replaceAll('\\\n', ' ').split('\n')), ...inline]
}

/** Each `bulkx …` of a line, without comments and quoted words. */
const callsIn = (line: string): string[] =>
  line
    .replace(/'[^']*'|"[^"]*"/g, 'quoted')
    .replace(/ # .*/, '')
    .split(/[|;&()`]/)
    .flatMap((part) => /(?:^|\s)bulkx ([a-z].*)$/s.exec(part)?.[1] ?? [])

const flagsOf = (names: readonly OptionName[]): string[] => [
  '--help',
  ...names.flatMap((name) => {
    const { short } = options[name] as { short?: string }
    return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
  }),
]

/** What is wrong with a call; nothing, where it is one that could be typed. */
const mistakeIn = (call: string): string | undefined => {
  const [first = '', second = ''] = call.replace(/\s+/g, ' ').split(' ')
  if (first === 'help') return undefined
  const name = first in commandGroups ? `${first} ${second}` : first
  const command = catalogue[name]
  if (command === undefined) return `no command: ${call}`
  const flags = flagsOf(command.options)
  const unknown = [...call.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)].find(([flag]) => !flags.includes(flag))
  return unknown && `${unknown[0]} is no option of ${name}: ${call}`
}

const variables = new Set<string>([
  ...optionNames.flatMap((name) => environmentName(name) ?? []),
  ...Object.keys(otherVariables),
  ...Object.keys(exitCodes),
])

/** Of the tests and the benchmark. */
const isOfTests = (word: string): boolean => /^BULKX_(?:BENCH|FUZZ|SCALE|ROUNDS|TEST)/.test(word)

/** Pages that speak of other programs' options, too. */
const ofOthers = ['docs/reading-the-files.md', 'docs/performance.md', 'docs/where-the-time-goes.md']

describe.each(pages())('%s', (page) => {
  test('commands and options', () => {
    const mistakes = commandLines(page)
      .flatMap(callsIn)
      .flatMap((call) => mistakeIn(call) ?? [])
    expect(mistakes).toEqual([])
  })

  test.skipIf(ofOthers.includes(page))('options by themselves', () => {
    const mentioned = [...textOf(page).matchAll(/`(--[a-z][a-z-]*)/g)].map(([, flag = '']) => flag)
    const known = [...flagsOf(optionNames), '--version']
    expect(mentioned.filter((flag) => !known.includes(flag))).toEqual([])
  })

  test('variables', () => {
    const mentioned = [...textOf(page).matchAll(/\bBULKX_[A-Z_]+\b/g)].map(([word]) => word)
    expect(mentioned.filter((word) => !variables.has(word) && !isOfTests(word))).toEqual([])
  })
})
