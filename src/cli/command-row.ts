/** A command as a row: its words, its options, and where it lives. */

import type { Completes, OptionName, OptionRow } from '../options/options.js'
import type { Run } from './invocation.js'

/** Where a command stands in the overview; those that are not named come last. */
export const sections = {
  first: { title: 'First steps', order: ['export', 'doctor', 'mock'] },
  jobs: { title: 'Jobs', order: ['kickoff', 'resume', 'status', 'cancel', 'jobs', 'verify', 'report'] },
  data: { title: 'Data sets', order: ['sync'] },
  setup: { title: 'Setting up', order: ['profile', 'auth', 'completion'] },
  more: { title: 'More', order: ['worker', 'help'] },
} as const satisfies Record<string, { title: string; order: readonly string[] }>

export type CommandSection = keyof typeof sections

/** A positional argument. */
export interface ArgumentRow {
  /** As the usage line shows it. */
  readonly name: string
  readonly help: string
  /** What a shell may complete it from. */
  readonly completes?: Completes
}

export interface CommandRow {
  readonly section: CommandSection
  readonly summary: string
  readonly args: readonly ArgumentRow[]
  readonly options: readonly OptionName[]
  /** Options that mean something slightly different here. */
  readonly reworded?: Partial<
    Record<OptionName, Partial<Pick<OptionRow, 'help' | 'group' | 'byDefault' | 'value'>>>
  >
  readonly examples: readonly string[]
  /** Without 1, which every command has; 130 stands for all signals: `endingsOf`. */
  readonly exitCodes: readonly number[]
  /** Codes that mean something slightly different here, in a few words. */
  readonly rewordedCodes?: Readonly<Record<number, string>>
  /** Further help, from tables that are loaded only for it. */
  readonly moreHelp?: (width: number) => Promise<string>
  readonly load: () => Promise<Run>
}
