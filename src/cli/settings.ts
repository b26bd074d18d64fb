/** What was asked for: each option's value and where it came from, the nearest source first. */
import { readValue } from './kinds.js'
import { environmentName, type OptionName, type OptionValue, row } from './options.js'

/** Values as text, before they are read; a flag without a value is `['true']`. */
export type Texts = Partial<Record<OptionName, readonly string[]>>

export type Environment = Readonly<Record<string, string | undefined>>

export type Origin = 'flag' | 'directory' | 'environment'

export interface Setting {
  value: unknown
  origin: Origin
  /** As the user knows it: `--poll-min`, `BULKX_POLL_MIN`, `the directory`. */
  source: string
  texts: readonly string[]
}

export interface Settings {
  get<N extends OptionName>(name: N): OptionValue<N> | undefined
  /** Undefined where the default holds. */
  setting(name: OptionName): Setting | undefined
  readonly names: readonly OptionName[]
}

const environmentTexts = (
  name: OptionName,
  env: Environment,
): { source: string; texts: string[] } | undefined => {
  const source = environmentName(name)
  const text = source === undefined ? undefined : env[source]
  // An empty variable is one that is not set.
  if (source === undefined || text === undefined || text === '') return undefined
  const { kind } = row(name)
  const texts =
    kind.form === 'many' && kind.split === 'line'
      ? text.split('\n').filter((line) => line.trim() !== '')
      : [text]
  return { source, texts }
}

export interface Sources {
  /** The options that the command knows; others are not looked at. */
  names: readonly OptionName[]
  flags: Texts
  env: Environment
  /** What a job directory says: nearer than the environment, for it belongs to this very job. */
  directory?: Texts
}

const nearest = (name: OptionName, { flags, env, directory = {} }: Sources): Setting | undefined => {
  const candidates: { origin: Origin; source: string; texts: readonly string[] | undefined }[] = [
    { origin: 'flag', source: `--${name}`, texts: flags[name] },
    { origin: 'directory', source: 'the directory', texts: directory[name] },
    { origin: 'environment', source: '', texts: undefined, ...environmentTexts(name, env) },
  ]
  for (const { origin, source, texts } of candidates) {
    if (texts === undefined) continue
    return { origin, source, texts, value: readValue(row(name).kind, source, texts) }
  }
  return undefined
}

/**
 * Reads every option from its nearest source: flag, directory, environment. Throws `BULKX_USAGE` for the first
 * value that is not right.
 */
export const resolveSettings = (sources: Sources): Settings => {
  const found = new Map<OptionName, Setting>()
  for (const name of sources.names) {
    const setting = nearest(name, sources)
    if (setting) found.set(name, setting)
  }
  return {
    // `readValue` gives what the row's kind says; the map only forgets which.
    get: <N extends OptionName>(name: N) => found.get(name)?.value as OptionValue<N> | undefined,
    setting: (name) => found.get(name),
    names: sources.names,
  }
}
