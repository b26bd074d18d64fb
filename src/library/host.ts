/** What a run needs of the process it lives in, with what this process has. */
import type { AuthNotice } from '../auth/method.js'
import type { Clock } from '../clock.js'
import type { Exchange } from '../http/exchange.js'
import { isObject } from '../json.js'
import type { Host } from '../open-job.js'
import { systemClock } from '../system-clock.js'
import { thisProcess } from '../system-process.js'
import { assertNames, shown, usage } from './given-values.js'
import { libraryWords } from './words.js'

/** Something worth a person's attention that stops nothing; each is given once. */
export interface Notice {
  /** Stable, in kebab-case: `clock-skew`, `missing-scopes`, `preset-level`, … */
  kind: string
  message: string
  hint?: string
}

/** How a run lives in the program around it. */
export interface RunOptions {
  /** Stops the run, which then rejects with the signal's reason. The job goes on at the server, and so does the next run. */
  signal?: AbortSignal
  /** What is worth a look: scopes that were not granted, a clock that is wrong, what a preset has to say. */
  onNotice?: (notice: Notice) => void
  /** Something that a person should know and that is no fact of the job. */
  onNote?: (text: string) => void
  /** Each request as one line, without credentials and queries. */
  trace?: (line: string) => void
  /** Where an object store's endpoint, region and account are named: `process.env`, for one. Nothing else is read there. */
  env?: Readonly<Record<string, string | undefined>>
  /** Instead of TCP. What is around it stays: redirects, pauses, credentials. */
  exchange?: Exchange
  /** Default: the time of this computer. */
  clock?: Clock
  /** 0 to 1, for jitter; default `Math.random`. */
  random?: () => number
}

const functions = ['onNotice', 'onNote', 'trace', 'exchange', 'random', 'onFact', 'steer'] as const
const ofRun = ['signal', 'env', 'onNotice', 'onNote', 'trace', 'exchange', 'clock', 'random'] as const

/**
 * Throws `BULKX_USAGE` for an option of a run that there is not, or is not what it must be. `isOpen`: of a job that was
 * opened before, for which all but these was said then.
 */
export const assertRun = (run: object, further: readonly string[] = [], isOpen = false): void => {
  if (!isObject(run))
    throw usage(`The options of the run are ${shown(run)}`, 'give an object: { signal, onFact }')
  const early = isOpen ? ofRun.find((name) => run[name] !== undefined) : undefined
  if (early !== undefined)
    throw usage(
      `The job is open already, and ${early} comes too late`,
      `give it before: hostFor({ ${early} })`,
    )
  assertNames('option of a run', run, [...(isOpen ? [] : ofRun), ...further])
  for (const name of functions)
    if (run[name] !== undefined && typeof run[name] !== 'function')
      throw usage(`${name} ${shown(run[name])} is no function`, `give a function, or leave \`${name}\` out`)
  if (run.signal !== undefined && !(run.signal instanceof AbortSignal))
    throw usage(`signal ${shown(run.signal)} is no AbortSignal`, 'give the `signal` of an AbortController')
}

/** A `Host` for `openJob`: the process that this is, and what `run` says otherwise. */
export const hostFor = (run: RunOptions = {}): Host => {
  assertRun(run)
  const { signal, env, onNotice, onNote, trace, exchange } = run
  const notice = ({ kind, message, hint }: AuthNotice): void =>
    onNotice?.({ kind, message: libraryWords(message), hint: hint && libraryWords(hint) })
  return {
    clock: run.clock ?? systemClock,
    random: run.random ?? Math.random,
    self: thisProcess(),
    signal,
    env,
    onNotice: notice,
    onNote: onNote && ((text) => onNote(libraryWords(text))),
    trace,
    exchange,
  }
}
