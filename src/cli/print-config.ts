/** `--print-config`: each setting with its value and where it came from. */
import type { Config } from '../config.js'
import type { Io } from './io.js'
import { type OptionName, row } from './options.js'
import type { Settings } from './settings.js'
import { targetName } from './show.js'

export interface PrintedSetting {
  name: string
  value: string | undefined
  source: string
}

/** A proxy may hold a password. */
const withoutPassword = (text: string): string => text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1***@')

const valueText = (name: OptionName, settings: Settings): string | undefined => {
  const setting = settings.setting(name)
  if (!setting) return row(name).kind.form === 'flag' ? 'false' : row(name).byDefault
  if (row(name).kind.form === 'flag') return String(setting.value)
  const given = row(name).kind.form === 'many' ? setting.texts.join(',') : (setting.texts.at(-1) ?? '')
  return withoutPassword(given)
}

const shownOptions = (settings: Settings): OptionName[] =>
  settings.names.filter((name) => name !== 'print-config' && name !== 'dry-run')

/** What follows from other settings, where nobody says otherwise. */
const derived = ({ directory, kickOff, network }: Config): Partial<Record<OptionName, PrintedSetting>> => ({
  out: { name: 'out', value: directory, source: 'server and target' },
  ...(kickOff.patient ? { method: { name: 'method', value: kickOff.method, source: '--patient' } } : {}),
  auth: {
    name: 'auth',
    value: network.auth.kind,
    source: network.auth.kind === 'bearer' ? 'the token' : 'default',
  },
})

/** Every setting of a command; what is a secret itself is `***`. */
export const printedSettings = (settings: Settings, config: Config, io: Io): PrintedSetting[] => [
  { name: 'target', value: targetName(config.kickOff.target), source: 'argument' },
  ...shownOptions(settings).map((name) => {
    const source = settings.setting(name)?.source
    const value = valueText(name, settings)
    return (
      (source === undefined ? derived(config)[name] : undefined) ?? {
        name,
        value,
        source: source ?? 'default',
      }
    )
  }),
  ...(io.env.BULKX_TOKEN ? [{ name: 'token', value: '***', source: 'BULKX_TOKEN' }] : []),
]

export const printedLines = (settings: readonly PrintedSetting[]): string[] => {
  const nameWidth = Math.max(...settings.map(({ name }) => name.length))
  const shown = settings.map(({ value }) => value ?? '-')
  const valueWidth = Math.min(50, Math.max(...shown.map((value) => value.length)))
  return settings.map(
    ({ name, source }, index) =>
      `${name.padEnd(nameWidth)}  ${(shown[index] ?? '').padEnd(valueWidth)}  ${source}`,
  )
}
