/** Every option, declared once: flags, environment names, help and `--print-config` are read off this table. */
import type { Kind, ValueOf } from './kinds.js'
import { connectionRows } from './rows/connection.js'
import { fleetRows } from './rows/fleet.js'
import { identityRows } from './rows/identity.js'
import { mockRows } from './rows/mock.js'
import { questionRows } from './rows/question.js'
import { runningRows } from './rows/running.js'
import { syncRows } from './rows/sync.js'
import { talkRows } from './rows/talk.js'

/** In the order of the help. */
export const groups = {
  server: 'Server',
  question: 'What to export',
  identity: 'Identity',
  waiting: 'Waiting',
  files: 'Files',
  fleet: 'Past one machine',
  sync: 'Data set',
  mock: 'Mock server',
  command: 'This command',
  talk: 'Talk',
} as const satisfies Record<string, string>

export type Group = keyof typeof groups

/** Groups whose options the environment may set: never what to export, lest a forgotten variable narrow it. */
const environmentGroups: ReadonlySet<Group> = new Set([
  'server',
  'identity',
  'waiting',
  'files',
  'fleet',
  'talk',
])

/** Names that a shell may complete a value from. Values of a choice, and files, are known by the kind of a value. */
export type Completes =
  | 'directory'
  | 'fault'
  | 'file'
  | 'option'
  | 'personality'
  | 'preset'
  | 'profile'
  | 'scenario'
  | 'server'
  | 'since'
  | 'shell'
  | 'target'
  | 'type'

export interface OptionRow {
  readonly group: Group
  readonly kind: Kind
  readonly help: string
  readonly short?: string
  /** Stands for the value in the help: `<url>`. */
  readonly value?: string
  /** What holds when nobody says otherwise, as one would type it. */
  readonly byDefault?: string
  readonly completes?: Completes
}

export const options = {
  ...connectionRows,
  ...identityRows,
  ...questionRows,
  ...runningRows,
  ...fleetRows,
  ...syncRows,
  ...mockRows,
  ...talkRows,
}

export type OptionName = keyof typeof options
export type OptionValue<N extends OptionName> = ValueOf<(typeof options)[N]['kind']>

export const optionNames = Object.keys(options) as OptionName[]

/** The row without its exact type. */
export const row = (name: OptionName): OptionRow => options[name]

/** Names of all options in these groups, in the order of the groups. */
export const inGroups = (...wanted: Group[]): OptionName[] =>
  wanted.flatMap((group) => optionNames.filter((name) => row(name).group === group))

/** `BULKX_POLL_MIN`; undefined for options that the environment cannot set. */
export const environmentName = (name: OptionName): string | undefined =>
  environmentGroups.has(row(name).group) ? `BULKX_${name.toUpperCase().replaceAll('-', '_')}` : undefined
