/** `--print-config`: each setting with its value and where it came from. */
import type { Io } from './io.js'
import { type OptionName, row } from './options.js'
import type { Settings } from './settings.js'

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

/** Every setting of a command; what is a secret itself is `***`. */
export const printedSettings = (settings: Settings, target: string | undefined, io: Io): PrintedSetting[] => [
  ...(target === undefined ? [] : [{ name: 'target', value: target, source: 'argument' }]),
  ...shownOptions(settings).map((name) => ({
    name,
    value: valueText(name, settings),
    source: settings.setting(name)?.source ?? 'default',
  })),
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
