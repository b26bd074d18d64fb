/** Who is told what happens: people on stderr, programs on stdout. */
import type { Progress } from '../../fetch/progress.js'
import type { JobEvent } from '../../job/facts.js'
import type { Conclusion } from '../../job/outcome.js'
import type { JobState } from '../../job/state.js'
import { createPaint } from '../color.js'
import { type Paint, plainPaint } from '../explain.js'
import type { Io } from '../io.js'
import type { Settings } from '../settings.js'
import { harmless } from '../text.js'
import { jsonReporter, type Marks } from './json.js'
import { plainReporter } from './plain.js'

/** What the first line of a run says. */
export interface RunStart {
  command: string
  /** As the user named it. */
  server: string
  target: string
  /** As a person would type it. */
  directory: string
  /** Profile and preset, and what of the question they decide. */
  profile?: string
}

/** Something that stops nothing, and should be looked at. */
export interface Warning {
  /** Stable, in kebab-case. */
  kind: string
  message: string
  hint?: string
}

export interface Reporter {
  begin(start: RunStart): void
  /** Once the job is open: gauges that may be sampled from now on. */
  watch?(progress: Progress): void
  event(event: JobEvent, state: JobState): void | Promise<void>
  /** Something a person should know that is no fact of the job. */
  note(text: string): void
  warn(warning: Warning): void
  /** The summary; the error, if there is one, is explained by `main`. */
  end(conclusion: Conclusion, state: JobState): void
  /** Gives the terminal back. Called once, also after an error. */
  close(): void
}

/** Lines for stderr. */
export interface Talk {
  line(text: string): void
  warning(text: string): void
  paint: Paint
}

export const createTalk = (io: Pick<Io, 'stderr'>, paint: Paint): Talk => ({
  line: (text) => io.stderr.write(`${text}\n`),
  warning: (text) => io.stderr.write(`${paint.warning('warning:')} ${text}\n`),
  paint,
})

/** What the first line of a run says. */
export const startText = ({ command, target, server, profile, directory }: RunStart): string =>
  `${command}: ${target} from ${server}${profile === undefined ? '' : ` (${profile})`} into ${directory}`

export const sayWarning = (talk: Talk, { message, hint }: Omit<Warning, 'kind'>): void => {
  talk.warning(harmless(message))
  if (hint !== undefined) talk.line(`${talk.paint.hint('hint:')} ${harmless(hint)}`)
}

const silent: Talk = { line: () => {}, warning: () => {}, paint: plainPaint }

/** The talk that `--quiet` and `--color` leave. */
export const talkFor = async (settings: Settings, io: Io): Promise<Talk> =>
  settings.get('quiet') ? silent : createTalk(io, await createPaint(settings.get('color') ?? 'auto', io))

/** Says a warning to people, and with `--json` to programs too. */
export const warner = (
  talk: Talk,
  settings: Settings,
  io: Pick<Io, 'stdout' | 'clock'>,
): ((warning: Warning) => void) => {
  const json = settings.get('json') ? jsonReporter(io) : undefined
  return (warning) => {
    sayWarning(talk, warning)
    json?.warn(warning)
  }
}

const both = (first: Reporter, second: Reporter): Reporter => ({
  begin: (start) => {
    first.begin(start)
    second.begin(start)
  },
  watch: (progress) => {
    first.watch?.(progress)
    second.watch?.(progress)
  },
  event: async (event, state) => {
    await first.event(event, state)
    await second.event(event, state)
  },
  note: (text) => {
    first.note(text)
    second.note(text)
  },
  warn: (warning) => {
    first.warn(warning)
    second.warn(warning)
  },
  end: (conclusion, state) => {
    first.end(conclusion, state)
    second.end(conclusion, state)
  },
  close: () => {
    first.close()
    second.close()
  },
})

/** A service that runs builds says so by `CI`; some let it be `false`. */
const isBuild = ({ CI }: Io['env']): boolean => CI !== undefined && !/^(?:|0|false|no)$/i.test(CI)

/** Spinner and bars need a terminal that can move its cursor, and that somebody looks at. */
export const wantsMotion = (settings: Settings, io: Io): boolean =>
  io.stderr.terminal !== undefined &&
  io.env.TERM !== 'dumb' &&
  !settings.get('quiet') &&
  !settings.get('no-progress') &&
  // Facts on the same screen would tear them.
  !(settings.get('json') && io.stdout.isTTY) &&
  !isBuild(io.env)

/** The reporters that the options ask for, as one. `marks`: further fields of the lines of `--json`. */
export const createReporter = async (settings: Settings, io: Io, marks?: Marks): Promise<Reporter> => {
  const talk = await talkFor(settings, io)
  const people = wantsMotion(settings, io)
    ? (await import('./fancy.js')).fancyReporter(talk, io)
    : plainReporter(talk, io.clock, () => io.stderr.columns ?? Number.POSITIVE_INFINITY)
  return settings.get('json') ? both(people, jsonReporter(io, marks)) : people
}
