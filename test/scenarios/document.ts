/** docs/scenarios.md, from the tables: what is played, what a client makes of it, and which test proves it. */
import { type Priority, type Scenario, scenarios } from '../../src/mock/index.js'
import { type IdentityRow, identityRows } from './identity.js'
import type { Command, Row, Waived } from './row.js'
import { sections } from './sections.js'

/** The situations that are known from real servers, by letter: as many as there are numbers. */
export const known = { K: 38, P: 46, M: 41, F: 58, A: 18, C: 13 } as const

type Letter = keyof typeof known

const titles: Readonly<Record<Letter, string>> = {
  K: 'Kick-off',
  P: 'Polling',
  M: 'The manifest',
  F: 'Files',
  A: 'Signing in',
  C: 'Cancelling, cleaning up, going on',
}

export const letters = Object.keys(known) as Letter[]

const idsOf = (letter: Letter): string[] =>
  Array.from({ length: known[letter] }, (_, index) => `${letter}-${String(index + 1).padStart(2, '0')}`)

export const knownIds: readonly string[] = letters.flatMap(idsOf)

const rows: readonly (Row | Waived)[] = Object.values(sections).flat()

/** In the order of the tables, each as often as it is there. */
export const listedIds: readonly string[] = [...rows, ...identityRows].map(({ id }) => id)

export const openIds = (): string[] => knownIds.filter((id) => !listedIds.includes(id))

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

const line = (...cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`

const exitsOf = (command: Command & Partial<Pick<Row, 'then'>>): string =>
  [command, ...(command.then ?? [])].map(({ exit }) => exit).join(', then ')

/** Of the row itself, and of variants that come to something else. */
const allExits = (row: Row): string => {
  const others = Object.values(row.variants ?? {}).map((variant) => exitsOf({ ...row, ...variant }))
  return [...new Set([exitsOf(row), ...others])].join(' or ')
}

/** With its variants, by their names. */
const serverOf = (scenario: Scenario | undefined): string => {
  const variants = Object.keys(scenario?.variants ?? {})
  const also = variants.length === 0 ? '' : `; also: ${variants.join('; ')}`
  return `${scenario?.server ?? '–'}${also}`
}

const playedLine = (row: Row): string => {
  const scenario = scenarios.get(row.id)
  return line(
    row.id,
    scenario?.priority ?? '–',
    serverOf(scenario),
    row.client,
    allExits(row),
    `scenarios.test.ts, \`${row.id}\``,
  )
}

const priorityOf = (id: string): Priority | '–' => scenarios.get(id)?.priority ?? '–'

const identityLine = ({ id, priority, server, client, exits, proofs }: IdentityRow): string =>
  line(
    id,
    priority,
    server,
    client,
    exits.length === 0 ? '–' : exits.join(' or '),
    proofs.map(({ file, title }) => `${file.replace('test/', '')}: ${title}`).join('; '),
  )

const lineOf = (id: string): string => {
  const identity = identityRows.find((row) => row.id === id)
  if (identity) return identityLine(identity)
  const row = rows.find((one) => one.id === id)
  if (row === undefined) return line(id, priorityOf(id), 'open', '', '', '')
  return 'waived' in row
    ? line(id, priorityOf(id), row.server, `not played: ${row.waived}`, '–', '–')
    : playedLine(row)
}

const section = (letter: Letter): string =>
  [
    `## ${titles[letter]} (${letter})`,
    '',
    '| id | pr | the server | bulkx | exit | proved by |',
    '|---|---|---|---|---|---|',
    ...idsOf(letter).map(lineOf),
  ].join('\n')

const intro = `# Scenarios

What real servers were seen to do, ${knownIds.length} situations under a name each: what the server sends, what \`bulkx\` makes of
it, how it ends, and the test that proves it. A: seen on a named server. B: reported, or very likely. C: hostile or rare.

\`\`\`sh
bulkx mock --scenario F-16                   # a server that does so; \`bulkx help scenarios\` lists what can be played
npx vitest run test/scenarios -t 'F-16'      # the whole command line against it, in a clone
\`\`\`

In every scenario no credential may be seen by another origin or over plain http, nothing is written outside the output
directory, and after exit 0 or 10 what the server lists is on disk, byte for byte. Exit codes are those of the command,
*then* of the commands after it, *or* of variants that end otherwise. Tests are below \`test/\`, those of a scenario in
\`test/scenarios/\`.

This page is made from \`src/mock/scenarios\` and \`test/scenarios\`, and compared with them by a test; \`npm run docs\`
writes it anew.
`

export const scenarioDocument = (): string => `${[intro.trimEnd(), ...letters.map(section)].join('\n\n')}\n`
