/** What was asked for: each option's value and where it came from, the nearest source first. */
import { readValue } from '../options/kinds.js'
import { environmentName, type OptionName, type OptionValue, row } from '../options/options.js'
import { isMock, isSameBase } from '../options/values.js'
import { type ChosenPreset, choosePreset } from './preset-choice.js'

/** Values as text, before they are read; a flag without a value is `['true']`. */
export type Texts = Partial<Record<OptionName, readonly string[]>>

export type Environment = Readonly<Record<string, string | undefined>>

export type Origin = 'flag' | 'directory' | 'environment' | 'profile' | 'preset'

export interface Setting {
  value: unknown
  origin: Origin
  /** As the user knows it: `--poll-min`, `BULKX_POLL_MIN`, `the directory`, `profile epic`, `preset oracle`. */
  source: string
  texts: readonly string[]
}

/** A profile, and who chose it: `use` is `bulkx profile use`, some time ago. */
export interface ChosenProfile {
  name: string
  by: 'flag' | 'directory' | 'environment' | 'use'
  texts: Texts
}

export interface Settings {
  get<N extends OptionName>(name: N): OptionValue<N> | undefined
  /** Undefined where the default holds. */
  setting(name: OptionName): Setting | undefined
  readonly names: readonly OptionName[]
  /** The profile that was looked at. */
  readonly profile?: ChosenProfile
  readonly preset?: ChosenPreset
  /** A profile that was not looked at, because it is for another server than the one named. */
  readonly passedOver?: ChosenProfile
  /** The same, as if there were no profile. */
  withoutProfile(): Settings
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
  profile?: ChosenProfile
}

/** With the preset that they name between them. */
type AllSources = Omit<Sources, 'names'> & { preset?: ChosenPreset }

interface Candidate {
  origin: Origin
  source: string
  texts: readonly string[] | undefined
}

const candidates = (
  name: OptionName,
  { flags, env, directory = {}, profile, preset }: AllSources,
): Candidate[] => [
  { origin: 'flag', source: `--${name}`, texts: flags[name] },
  { origin: 'directory', source: 'the directory', texts: directory[name] },
  { origin: 'environment', source: '', texts: undefined, ...environmentTexts(name, env) },
  { origin: 'profile', source: `profile ${profile?.name}`, texts: profile?.texts[name] },
  { origin: 'preset', source: `preset ${preset?.name}`, texts: preset?.texts[name] },
]

const nearest = (name: OptionName, sources: AllSources): Setting | undefined => {
  for (const { origin, source, texts } of candidates(name, sources)) {
    if (texts === undefined) continue
    return { origin, source, texts, value: readValue(row(name).kind, source, texts) }
  }
  return undefined
}

/**
 * A profile that nobody typed speaks for its own server only: the key and the secret of one are nothing to show to
 * another.
 */
const applies = (profile: ChosenProfile, sources: Sources): boolean => {
  const own = profile.texts.server?.at(-1)
  if (own === undefined || profile.by === 'flag') return true
  const named = nearest('server', { ...sources, profile: undefined })?.value
  return named === undefined || isSameBase(String(named), own)
}

/** The jobs of a pretend server take seconds: nobody waits minutes between two looks at them. */
const withoutWaits = (preset: ChosenPreset): ChosenPreset => {
  const texts = Object.entries(preset.texts).filter(([name]) => row(name as OptionName).group !== 'waiting')
  return { ...preset, texts: Object.fromEntries(texts) }
}

/** What a directory names may be gone since; what a person names must be there. */
const presetOf = (sources: Sources): ChosenPreset | undefined => {
  if (!sources.names.includes('preset')) return undefined
  const named = nearest('preset', sources)
  const preset = named && choosePreset(String(named.value), named)
  const server = nearest('server', sources)?.value
  return preset && typeof server === 'string' && isMock(server) ? withoutWaits(preset) : preset
}

/**
 * Reads every option from its nearest source: flag, directory, environment, profile, preset. Throws `BULKX_USAGE` for
 * the first value that is not right.
 */
export const resolveSettings = (sources: Sources): Settings => {
  const profile = sources.profile && applies(sources.profile, sources) ? sources.profile : undefined
  const preset = presetOf({ ...sources, profile })
  const found = new Map<OptionName, Setting>()
  for (const name of sources.names) {
    const setting = nearest(name, { ...sources, profile, preset })
    if (setting) found.set(name, setting)
  }
  return {
    // `readValue` gives what the row's kind says; the map only forgets which.
    get: <N extends OptionName>(name: N) => found.get(name)?.value as OptionValue<N> | undefined,
    setting: (name) => found.get(name),
    names: sources.names,
    profile,
    preset,
    passedOver: profile ? undefined : sources.profile,
    withoutProfile: () => {
      const settings = resolveSettings({ ...sources, profile: undefined })
      return { ...settings, passedOver: sources.profile }
    },
  }
}
