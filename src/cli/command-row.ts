/** A command as a row: its words, its options, and where it lives. */

import type { OptionName, OptionRow } from '../options/options.js'
import type { Run } from './invocation.js'

export interface CommandRow {
  readonly summary: string
  /** Positional arguments as the usage line shows them. */
  readonly args: readonly { name: string; help: string }[]
  readonly options: readonly OptionName[]
  /** Options that mean something slightly different here. */
  readonly reworded?: Partial<
    Record<OptionName, Partial<Pick<OptionRow, 'help' | 'group' | 'byDefault' | 'value'>>>
  >
  readonly examples: readonly string[]
  readonly exitCodes: readonly number[]
  /** Codes that mean something slightly different here, in a few words. */
  readonly rewordedCodes?: Readonly<Record<number, string>>
  /** Further help, from tables that are loaded only for it. */
  readonly moreHelp?: () => Promise<string>
  readonly load: () => Promise<Run>
}
