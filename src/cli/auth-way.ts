/** Which way of saying who we are: as `--auth` says, or guessed from what is given; the nearest source decides. */
import type { AuthMethod } from '../auth/method.js'
import { BulkxError } from '../errors.js'
import type { OptionName } from '../options/options.js'
import type { Environment, Origin, Setting, Settings } from './settings.js'

export type Way = AuthMethod['kind']

export interface ChosenWay {
  way: Way
  /** As `--print-config` says it: `--auth`, `guessed from --key`. */
  source: string
  /** Where what decided comes from; undefined when nothing is given. */
  origin?: Origin
}

/** What can be given belongs to a family; the two ways to send a secret are one. */
type Family = 'none' | 'bearer' | 'backend-services' | 'client-secret' | 'headers' | 'command'

const familyOf = (way: Way): Family =>
  way === 'client-secret-basic' || way === 'client-secret-post' ? 'client-secret' : way

const wayOf = (family: Family): Way => (family === 'client-secret' ? 'client-secret-basic' : family)

const families: readonly [OptionName, Family][] = [
  ['key', 'backend-services'],
  ['client-secret-file', 'client-secret'],
  ['token-file', 'bearer'],
  ['token-command', 'command'],
]

/** Secrets that stand in the environment themselves. */
export const secretVariables = { BULKX_CLIENT_SECRET: 'client-secret', BULKX_TOKEN: 'bearer' } as const

interface Evidence {
  family: Family
  source: string
  origin: Origin
}

const distance: Record<Origin, number> = { flag: 0, directory: 1, environment: 2, profile: 3, preset: 4 }

/** `--key`, `BULKX_KEY`, `key of profile epic`. */
const sourceOf = (name: OptionName, { source, origin }: Setting): string =>
  origin === 'flag' || origin === 'environment' ? source : `${name} of ${source}`

const evidenceOf = (settings: Settings, env: Environment): Evidence[] => {
  const options = families.flatMap(([name, family]): Evidence[] => {
    const setting = settings.setting(name)
    return setting ? [{ family, source: sourceOf(name, setting), origin: setting.origin }] : []
  })
  const variables = Object.entries(secretVariables).flatMap(([source, family]): Evidence[] =>
    env[source] ? [{ family, source, origin: 'environment' }] : [],
  )
  return [...options, ...variables]
}

const contradiction = (one: string, other: string): BulkxError =>
  new BulkxError('BULKX_USAGE', `${one} and ${other} are two ways to say who we are`, {
    hint: 'give one of them, or choose with `--auth`',
  })

const asked = (settings: Settings): (ChosenWay & { origin: Origin }) | undefined => {
  const setting = settings.setting('auth')
  const way = settings.get('auth')
  return setting && way ? { way, source: setting.source, origin: setting.origin } : undefined
}

/** Typed side by side, or kept in one profile, these cannot both be meant; the environment holds many things. */
const assertAgrees = (auth: ChosenWay & { origin: Origin }, settings: Settings, given: Evidence[]): void => {
  if (auth.origin !== 'flag' && auth.origin !== 'profile') return
  const own = given.filter(({ origin }) => origin === auth.origin)
  const said = auth.origin === 'profile' ? `auth ${auth.way} of ${auth.source}` : `${auth.source} ${auth.way}`
  const headers = settings.setting('header-file')
  if (auth.way === 'none' && headers?.origin === auth.origin) {
    throw contradiction(said, sourceOf('header-file', headers))
  }
  const other = own.find(
    ({ family, source }) => family !== familyOf(auth.way) && !(source in secretVariables),
  )
  if (other) throw contradiction(said, other.source)
}

const guess = (nearest: readonly Evidence[], auth: ChosenWay | undefined): ChosenWay | undefined => {
  const [first, ...others] = nearest
  if (!first) return undefined
  const other = others.find(({ family }) => family !== first.family)
  if (other) throw contradiction(first.source, other.source)
  // How the secret is sent may be said further away: in the profile, for one.
  const way = auth && familyOf(auth.way) === first.family ? auth.way : wayOf(first.family)
  return { way, source: `guessed from ${first.source}`, origin: first.origin }
}

/**
 * The way to say who we are. A source that is nearer decides alone: a token that is typed wins over the key of a
 * profile. Throws `BULKX_USAGE` naming both when one source gives two ways.
 */
export const chooseWay = (settings: Settings, env: Environment): ChosenWay => {
  const given = evidenceOf(settings, env)
  const auth = asked(settings)
  const least = Math.min(...given.map(({ origin }) => distance[origin]))
  if (auth && distance[auth.origin] <= least) {
    assertAgrees(auth, settings, given)
    return auth
  }
  // A file that names the token is meant to be replaced by the variable: both are one way.
  const guessed = guess(
    given.filter(({ origin }) => distance[origin] === least),
    auth,
  )
  if (guessed) return guessed
  const headers = settings.setting('header-file')
  return headers
    ? { way: 'headers', source: `guessed from ${headers.source}`, origin: headers.origin }
    : { way: 'none', source: 'default' }
}
