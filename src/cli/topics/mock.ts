/** What the mock can be and do, for the help: loaded only where somebody asks for it. */
import { faultRows } from '../../mock/faults.js'
import { phases } from '../../mock/handler.js'
import type { Scenario } from '../../mock/index.js'
import { personalities } from '../../mock/personalities.js'
import { scenarios } from '../../mock/scenarios.js'
import { entries, wrap } from '../wrap.js'

type Row = (typeof faultRows)[keyof typeof faultRows]

/** How a value is written: a word for its kind, or the words to choose from. */
const kindText = (row: Row, name: string): string => {
  const kind: unknown = Object.entries(row.parameters).find(([own]) => own === name)?.[1]
  return `<${Array.isArray(kind) ? kind.join('|') : String(kind)}>`
}

const optional = ({ parameters, required }: Row): string[] =>
  Object.keys(parameters).filter((name) => !required.includes(name))

const required = (row: Row): string[] => row.required.map((name) => `${name}=${kindText(row, name)}`)

/** What stands in brackets may be left out. */
const shortParameters = (row: Row): string =>
  [...required(row), ...optional(row).map((name) => `[${name}]`)].join(' ')

const allParameters = (row: Row): string =>
  [...required(row), ...optional(row).map((name) => `[${name}=${kindText(row, name)}]`)].join(' ')

/** What `bulkx mock --help` says beside its options. */
export const mockHelp = (width: number): string =>
  [
    'Personalities:',
    ...entries(
      Object.entries(personalities).map(([name, { summary }]) => [name, summary] as const),
      width,
    ),
    '',
    wrap('Faults, with their parameters (`bulkx help faults` explains them):', 0, width),
    ...entries(
      Object.entries(faultRows).map(([name, row]) => [name, shortParameters(row)] as const),
      width,
    ),
    '',
    wrap(
      `Scenarios: \`bulkx mock --scenario F-16\` plays one of ${scenarios.size} situations that were met on servers; \`bulkx help scenarios\` lists them.`,
      0,
      width,
    ),
  ].join('\n')

const faultsIntro = `What can go wrong at the mock: \`bulkx mock --fault '<name>:<parameter>=<value>,…'\`, more than once if you like. Each fault meets the first \`times\` requests (always: all of them), \`after\` so many that are left alone. Without \`times\` that is one request, and each for those that change what the server has, such as a manifest or the content of a file. \`file\` names one file of the manifest, from 1, and \`on\` the part of the export: ${phases.join(', ')}.`

export const faultsTopic = (width: number): string =>
  [
    wrap(faultsIntro, 0, width),
    ...Object.entries(faultRows).map(([name, row]) => {
      const parameters = allParameters(row)
      return [
        name,
        `  ${wrap(row.summary, 2, width)}`,
        ...(parameters === '' ? [] : [`  ${wrap(parameters, 2, width)}`]),
      ].join('\n')
    }),
  ].join('\n\n')

const scenariosIntro =
  'Situations that were met on servers, each under a name: `bulkx mock --scenario <id>` plays one, `<id>:<variant>` one of its variants. A: seen on a named server. B: reported, or very likely. C: hostile or rare. docs/scenarios.md says what bulkx makes of each.'

const parts: Readonly<Record<string, string>> = {
  K: 'Kick-off',
  P: 'Polling',
  M: 'Manifest',
  F: 'Files',
  C: 'Cancel, cleanup, resume',
}

/** A variant is played by its own name: `P-13:12.5`. */
const playedText = ({ id, server, variants = {} }: Scenario): string => {
  const names = Object.keys(variants).map((name) => `${id}:${name}`)
  return names.length === 0 ? server : `${server}; variants: ${names.join('; ')}`
}

export const scenariosTopic = (width: number): string => {
  const all = [...scenarios.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const sections = Object.entries(parts).flatMap(([letter, title]) => {
    const own = all.filter(({ id }) => id.startsWith(letter))
    const rows = own.map((scenario) => [`${scenario.id} ${scenario.priority}`, playedText(scenario)] as const)
    return own.length === 0 ? [] : [[`${title}:`, ...entries(rows, width)].join('\n')]
  })
  return [wrap(scenariosIntro, 0, width), ...sections].join('\n\n')
}
