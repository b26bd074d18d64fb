/** `--print-config`: each setting with its value and where it came from. */
import { deriveScopes } from '../auth/scopes.js'
import type { Config } from '../config.js'
import { type OptionName, row } from '../options/options.js'
import { isMock } from '../options/values.js'
import { type ChosenWay, chooseWay, secretVariables } from './auth-way.js'
import type { Io } from './io.js'
import type { ChosenProfile, Settings } from './settings.js'
import { targetName } from './show.js'
import type { FoundSince } from './since-last.js'

export interface PrintedSetting {
  name: string
  value: string | undefined
  source: string
}

const profileSource: Record<ChosenProfile['by'], string> = {
  flag: '--profile',
  directory: 'the directory',
  environment: 'BULKX_PROFILE',
  use: 'bulkx profile use',
}

/** A proxy may hold a password. */
export const withoutPassword = (text: string): string =>
  text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1***@')

const valueText = (name: OptionName, settings: Settings): string | undefined => {
  const setting = settings.setting(name)
  if (!setting) return row(name).kind.form === 'flag' ? 'false' : row(name).byDefault
  if (row(name).kind.form === 'flag') return String(setting.value)
  const given = row(name).kind.form === 'many' ? setting.texts.join(',') : (setting.texts.at(-1) ?? '')
  return withoutPassword(given)
}

const shownOptions = (settings: Settings): OptionName[] =>
  settings.names.filter((name) => name !== 'print-config' && name !== 'dry-run')

/** What is found out or made up for token requests, where nobody says. */
const tokenRequestRows = ({ kickOff, network }: Config): Partial<Record<OptionName, PrintedSetting>> => {
  const { auth } = network
  if (!('clientId' in auth)) return {}
  const fromTypes = { name: 'scope', value: deriveScopes(kickOff.type ?? []), source: 'from --type' }
  const discovered = { name: 'token-url', value: undefined, source: 'asked of the server' }
  return { scope: fromTypes, 'token-url': discovered }
}

/** What follows from other settings, where nobody says otherwise. */
const derived = (
  config: Config,
  settings: Settings,
  way: ChosenWay,
): Partial<Record<OptionName, PrintedSetting>> => ({
  out: { name: 'out', value: config.store ?? config.directory, source: 'server and target' },
  ...(config.kickOff.patient
    ? { method: { name: 'method', value: config.kickOff.method, source: '--patient' } }
    : {}),
  auth: { name: 'auth', value: way.way, source: way.source },
  ...(settings.profile
    ? {
        profile: {
          name: 'profile',
          value: settings.profile.name,
          source: profileSource[settings.profile.by],
        },
      }
    : {}),
  ...tokenRequestRows(config),
})

const secretRows = (way: ChosenWay, io: Io): PrintedSetting[] =>
  Object.keys(secretVariables).flatMap((variable) => {
    if (!io.env[variable]) return []
    const name = variable.replace('BULKX_', '').toLowerCase().replaceAll('_', '-')
    const isUsed = way.way.startsWith(secretVariables[variable as keyof typeof secretVariables])
    return [{ name, value: '***', source: isUsed ? variable : `${variable}, not used` }]
  })

/** Every setting of a command; what is a secret itself is `***`. */
export const printedSettings = (
  settings: Settings,
  config: Config,
  io: Io,
  found?: FoundSince,
): PrintedSetting[] => {
  const chosen = chooseWay(settings, io.env)
  // Settings for real servers are not for a mock inside this process.
  const isOpen = isMock(config.server) && config.network.auth.kind === 'none'
  const way: ChosenWay = isOpen ? { way: 'none', source: config.server } : chosen
  const following = derived(config, settings, way)
  const printed = (name: OptionName): PrintedSetting => {
    if (name === 'since' && found) return { name, value: found.since, source: found.source }
    const source = settings.setting(name)?.source
    const follows =
      source === undefined || (name === 'auth' && way.source !== source) ? following[name] : undefined
    return follows ?? { name, value: valueText(name, settings), source: source ?? 'default' }
  }
  return [
    { name: 'target', value: targetName(config.kickOff.target), source: 'argument' },
    ...shownOptions(settings).map(printed),
    ...secretRows(way, io),
  ]
}

export const printedLines = (settings: readonly PrintedSetting[]): string[] => {
  const nameWidth = Math.max(...settings.map(({ name }) => name.length))
  const shown = settings.map(({ value }) => value ?? '-')
  const valueWidth = Math.min(50, Math.max(...shown.map((value) => value.length)))
  return settings.map(
    ({ name, source }, index) =>
      `${name.padEnd(nameWidth)}  ${(shown[index] ?? '').padEnd(valueWidth)}  ${source}`,
  )
}
