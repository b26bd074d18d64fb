/** What a command is given, and what it ends with. */
import type { Io } from './io.js'
import type { Settings, Texts } from './settings.js'

export interface Invocation {
  readonly command: string
  readonly args: readonly string[]
  readonly flags: Texts
  /** Flags over environment; a job directory comes between where there is one. */
  readonly settings: Settings
}

/** How a command ended. It has said what there is to say, except for the error and the `result`. */
export interface Ending {
  /** Anything thrown; `main` explains it. Without one the exit code is 0. */
  error?: unknown
  /** The command's own fields of the `result`, on failure as far as they are known. */
  result?: Readonly<Record<string, unknown>>
}

/** A command. It may throw instead of returning an ending with an error. */
export type Run = (invocation: Invocation, io: Io) => Promise<Ending>
