/** One scenario as the client meets it: which command is run, how it ends, what the server saw, what is on disk. */
import type { Mock, Phase, RecordedRequest } from '../../src/mock/index.js'

/** How often the server was asked, at least and at most; a number is both. */
export type Times = number | { min?: number; max?: number }

export interface Command {
  /**
   * Default: `export Group/123 --type Patient,Observation`. `--server` and `--out` are added where they belong, unless
   * `--out` is there. A function where the server's URLs are needed.
   */
  argv?: readonly string[] | ((mock: Mock) => readonly string[])
  /** How much later than the one before it runs, milliseconds. */
  laterMs?: number
  /** What happens to the directory before it runs. */
  before?(directory: string): Promise<void>
  /** Another process, which runs while this one waits for its first status answer. */
  meanwhile?: Command
  exit: number
  /** Texts that stderr must contain, and must not. */
  says?: readonly string[]
  saysNot?: readonly string[]
  /** `Type.0001.ndjson` and the like below the directory, without `manifest.json` and `log.ndjson`. */
  tree?: readonly string[]
  /** Codes of findings in `manifest.json`, in their order. Default: none where it exits 0. */
  findings?: readonly string[]
  /** Requests during this command. */
  asks?: Partial<Record<Phase, Times>>
  /** A signal comes as soon as stderr says this. */
  interruptAt?: string
  /** The computer sleeps, once, as soon as stderr says this: so many milliseconds go by at once. */
  sleepsAt?: { text: string; ms: number }
}

/** How a row is played, and what must come of it. */
export interface Play extends Command {
  /** Over TCP on loopback where the fault is one of the wire; otherwise in process at https://ehr.example. */
  over?: 'tcp' | 'process'
  /** Ways to ask that are not the default one: origins that are trusted, for example. */
  trusted?: 'elsewhere'
  /**
   * Codes of the system that the first requests end with, before anything reaches the server; an empty one lets its
   * request pass.
   */
  unreachable?: readonly string[]
  /** A client that asks for tokens which end, instead of a token that was given. */
  identity?: 'client'
  /** Whether what is on disk is, byte for byte, what the server has. `altered`: a fault has changed it on purpose. */
  content?: 'same' | 'altered'
  /** Further commands, each after the one before. */
  then?: readonly Command[]
  /** What else must be true at the end. */
  check?(seen: Seen): void | Promise<void>
}

export interface Row extends Play {
  id: string
  /** What a good client does, in a line. */
  client: string
  /** Where a variant of the scenario comes to something else; each variant is played in any case. */
  variants?: Readonly<Record<string, Partial<Play>>>
}

/** A scenario that is not played, and why. */
export interface Waived {
  id: string
  server: string
  waived: string
}

export interface Seen {
  mock: Mock
  requests: readonly RecordedRequest[]
  asked(phase: Phase): RecordedRequest[]
  /** Absolute. */
  directory: string
  /** Everything that stderr said, of all commands. */
  err: string
  /** How long each wait was to be, milliseconds. */
  sleeps: readonly number[]
  read(name: string): Promise<string>
}
