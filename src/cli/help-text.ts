/** The help of a command and of the program, made from the catalogue and the option table, as wide as the screen. */
import { groups, type OptionName } from '../options/options.js'
import { catalogue, commandGroups, rowFor } from './catalogue.js'
import { type CommandRow, sections } from './command-row.js'
import { exitStatusEntries } from './exit-status.js'
import { topics } from './topics.js'
import { columnOf, type Entry, entries, paragraph, wrap } from './wrap.js'

const helpEntry: Entry = ['-h, --help', 'this help']

/** `-o, --out <dir>` and what it does. */
const optionEntry = (row: CommandRow, name: OptionName): Entry => {
  const { short, value, help, byDefault } = rowFor(row, name)
  const flags = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
  return [flags, byDefault === undefined ? help : `${help} (default: ${byDefault})`]
}

interface Section {
  title: string
  rows: readonly Entry[]
}

/** Options under the headings of their groups, in the order of the table. */
const optionSections = (row: CommandRow): Section[] => {
  const grouped = Object.entries(groups).map(([group, title]) => ({
    title,
    rows: row.options
      .filter((name) => rowFor(row, name).group === group)
      .map((name) => optionEntry(row, name)),
  }))
  return [...grouped.filter(({ rows }) => rows.length > 0), { title: 'Options', rows: [helpEntry] }]
}

/** All sections with one column, so that the eye finds it again. */
const written = (all: readonly Section[], width: number): string[] => {
  const column = columnOf(
    all.flatMap(({ rows }) => rows.map(([term]) => term)),
    width,
  )
  return all.map(({ title, rows }) =>
    [wrap(`${title}:`, 0, width), ...entries(rows, width, column)].join('\n'),
  )
}

const argumentText = ({ args }: CommandRow): string => args.map(({ name }) => `${name} `).join('')

/** What stands between brackets is the name of an argument. */
const bare = (name: string): string => name.replace(/^[[<]|[\]>]$/g, '')

/** Examples are pasted: they are never broken. */
const examplesText = ({ examples }: CommandRow): string =>
  ['Examples:', ...examples.map((example) => `  ${example}`)].join('\n')

const exitText = (command: CommandRow, width: number): string =>
  [
    'Exit status:',
    ...entries(exitStatusEntries(command), width),
    paragraph('`bulkx help exit-codes` says what to do.', 2, width),
  ].join('\n')

/** Help of one command, `width` characters wide. */
export const commandHelp = async (name: string, row: CommandRow, width: number): Promise<string> => {
  const args = row.args.map((argument): Entry => [bare(argument.name), argument.help])
  const parts = [
    wrap(row.summary, 0, width),
    wrap(`Usage: bulkx ${name} ${argumentText(row)}[options]`, 2, width),
    ...written(
      [...(args.length > 0 ? [{ title: 'Arguments', rows: args }] : []), ...optionSections(row)],
      width,
    ),
    ...(row.moreHelp ? [await row.moreHelp(width)] : []),
    examplesText(row),
    exitText(row, width),
  ]
  return `${parts.join('\n\n')}\n`
}

/** Help of a word before the names of commands, such as `profile`. */
export const groupHelp = (group: string, width: number): string => {
  const own = Object.entries(catalogue).filter(([name]) => name.startsWith(`${group} `))
  const rows = own.map(([name, { summary }]): Entry => [name.slice(group.length + 1), summary])
  const parts = [
    wrap(commandGroups[group]?.summary ?? '', 0, width),
    wrap(`Usage: bulkx ${group} <command> [options]`, 2, width),
    ...written(
      [
        { title: 'Commands', rows },
        { title: 'Options', rows: [helpEntry] },
      ],
      width,
    ),
    wrap(`\`bulkx ${group} <command> --help\` explains one of them.`, 0, width),
  ]
  return `${parts.join('\n\n')}\n`
}

const helpCommand = { section: 'more', summary: 'Explain a command or a topic.' } as const

/** What can be typed after `bulkx`: commands, and the words that stand before others. */
export const firstWords: ReadonlyMap<string, { section: keyof typeof sections; summary: string }> = new Map(
  [
    ...Object.entries(catalogue).filter(([name]) => !name.includes(' ')),
    ...Object.entries(commandGroups),
    ['help', helpCommand] as const,
  ].map(([name, { section, summary }]) => [name, { section, summary }]),
)

const commandSections = (): Section[] =>
  Object.entries(sections).map(([section, { title, order: listed }]) => {
    const order: readonly string[] = listed
    const own = [...firstWords].filter(([, row]) => row.section === section)
    const place = ([name]: Entry): number => (order.includes(name) ? order.indexOf(name) : order.length)
    const rows = own.map(([name, { summary }]): Entry => [name, summary])
    return { title, rows: rows.sort((a, b) => place(a) - place(b)) }
  })

const title = (width: number): string =>
  wrap('FHIR Bulk Data export: kick off, wait, download, verify, resume.', 0, width)

const usage = 'Usage: bulkx <command> [options]'

const firstRun = (width: number): string =>
  `${wrap('Try it, without account, network or configuration:', 0, width)}\n  bulkx export --server mock: -o out`

/** What `bulkx` alone says. */
export const shortOverview = (width: number): string => {
  const more = wrap('`bulkx help` also lists topics; `bulkx <command> --help` explains a command.', 0, width)
  return `${[title(width), usage, ...written(commandSections(), width), firstRun(width), more].join('\n\n')}\n`
}

/** What `bulkx help` and `bulkx --help` say. */
export const overview = (width: number): string => {
  const topicRows = Object.entries(topics).map(([name, { summary }]): Entry => [name, summary])
  const all: Section[] = [
    ...commandSections(),
    { title: 'Topics, explained by `bulkx help <topic>`', rows: topicRows },
    { title: 'Options', rows: [helpEntry, ['-V, --version', 'print the version']] },
  ]
  const more = wrap('`bulkx <command> --help` explains a command, with examples.', 0, width)
  return `${[title(width), usage, ...written(all, width), firstRun(width), more].join('\n\n')}\n`
}
