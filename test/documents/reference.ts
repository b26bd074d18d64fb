/** docs/reference.md, from the tables that the program itself runs by. */
import { catalogue, commandGroups, rowFor } from '../../src/cli/catalogue.js'
import type { CommandRow } from '../../src/cli/command-row.js'
import { endingsOf, exitCodesEnd, exitStatus } from '../../src/cli/exit-status.js'
import { environmentIntro, otherVariables } from '../../src/cli/topics/environment.js'
import { errorRows, errorsIntro } from '../../src/cli/topics/errors.js'
import { places } from '../../src/cli/topics/files.js'
import { findingsIntro, findingWords } from '../../src/cli/topics/findings.js'
import { jsonIntro } from '../../src/cli/topics/json.js'
import {
  type Fields,
  factLines,
  type LineWords,
  otherLines,
  workerLines,
} from '../../src/cli/topics/json-lines.js'
import { commonResult, resultFields } from '../../src/cli/topics/json-results.js'
import { environmentName, groups, type OptionName, optionNames, row } from '../../src/options/options.js'
import { block, code, table } from './tables.js'

const intro = `# Reference

Every command, option, variable, exit code, error, finding, line of \`--json\` and file. \`bulkx help\` and
\`bulkx <command> --help\` say the same.

This page is made from the tables that the program itself runs by, and compared with them by a test; \`npm run docs\`
writes it anew.`

const flags = (name: OptionName): string => {
  const { short, value } = row(name)
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

/** Where the meaning of an option differs from that of its row. */
const differing = (command: CommandRow): string[] =>
  command.options.flatMap((name) => {
    const { help } = rowFor(command, name)
    return help === row(name).help ? [] : [`- \`--${name}\` here: ${help}`]
  })

/** A group of which the command takes all is named, not listed. */
const optionsText = ({ options }: CommandRow): string =>
  Object.entries(groups)
    .flatMap(([group, title]) => {
      const all = optionNames.filter((name) => row(name).group === group)
      const own = all.filter((name) => options.includes(name))
      const isAll = own.length === all.length && all.length > 3
      return isAll
        ? [`all of [${title}](#${title.toLowerCase().replaceAll(' ', '-')})`]
        : own.map((name) => code(`--${name}`))
    })
    .join(', ')

const commandSection = ([name, command]: readonly [string, CommandRow]): string => {
  const args = command.args.map((argument) => `- \`${argument.name}\`: ${argument.help}`)
  const details = [...args, ...differing(command)]
  const words = [`bulkx ${name}`, ...command.args.map((argument) => argument.name), '[options]']
  return [
    `### bulkx ${name}`,
    command.summary,
    block('', [words.join(' ')]),
    ...(details.length > 0 ? [details.join('\n')] : []),
    `Options: ${optionsText(command)}.`,
    block('sh', command.examples),
    `Ends with ${endingsOf(command).join(', ')}.`,
  ].join('\n\n')
}

const optionSection = ([group, title]: readonly [string, string]): string => {
  const own = optionNames.filter((name) => row(name).group === group)
  const rows = own.map((name) => {
    const { help, byDefault } = row(name)
    const variable = environmentName(name)
    return [
      code(flags(name)),
      help,
      byDefault === undefined ? '' : code(byDefault),
      variable === undefined ? '' : code(variable),
    ]
  })
  return [`### ${title}`, table(['option', 'meaning', 'default', 'variable'], rows)].join('\n\n')
}

const coded = (entries: readonly (readonly [string, string])[]): string[][] =>
  entries.map(([name, meaning]) => [code(name), meaning])

const fieldText = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, meaning]) => `${code(name)} ${meaning}`)
    .join('; ')

const lineRows = (lines: Readonly<Record<string, LineWords>>): string[][] =>
  Object.entries(lines).map(([name, { summary, fields }]) => [code(name), summary, fieldText(fields)])

export const exitCodeTable = (): string =>
  table(
    ['exit code', 'meaning', 'what to do'],
    exitStatus.map(({ codes, meaning, action }) => [codes.join(', '), meaning, action || '–']),
  )

const sections = (): string[] => [
  intro,
  '## Commands',
  table(
    ['before a command', ''],
    Object.entries(commandGroups).map(([name, { summary }]) => [code(name), summary]),
  ),
  ...Object.entries(catalogue).map(commandSection),
  '## Options',
  'Which command takes which is said above. Profile and preset keys are the names of options.',
  ...Object.entries(groups).map(optionSection),
  '## Environment',
  environmentIntro,
  'The variables of options are named above. The others:',
  table(['variable', 'meaning'], coded(Object.entries(otherVariables))),
  '## Exit codes',
  exitCodeTable(),
  exitCodesEnd,
  '## Errors',
  errorsIntro,
  table(
    ['code', 'exit', 'meaning', 'what to do'],
    errorRows().map((error) => [code(error.code), String(error.exit), error.meaning, error.action]),
  ),
  '## Findings',
  findingsIntro,
  table(
    ['code', 'severity', 'meaning'],
    Object.entries(findingWords).map(([name, { severity, meaning }]) => [code(name), severity, meaning]),
  ),
  '## Lines of --json',
  jsonIntro,
  'Facts of a job, as they happen:',
  table(['type', 'what', 'fields'], lineRows(factLines)),
  'Lines of `bulkx worker`:',
  table(['type', 'what', 'fields'], lineRows(workerLines)),
  'Other lines:',
  table(['type', 'what', 'fields'], lineRows(otherLines)),
  'The last line of every command, successful or not, is its `result`, with these fields, as far as they are known:',
  table(['field', 'meaning'], coded(Object.entries(commonResult))),
  'and those of the command:',
  table(
    ['command', 'fields'],
    Object.entries(resultFields).map(([name, fields]) => [
      code(name === 'version' ? '--version' : name),
      fieldText(fields),
    ]),
  ),
  '## Files on disk',
  ...places.flatMap(({ title, rows, words }) => [
    `### ${title}`,
    table(['file', 'what'], coded(rows)),
    words,
  ]),
]

export const referenceDocument = (): string => `${sections().join('\n\n')}\n`
