/** `bulkx help environment`: the variables that stand for options, and the others. */
import { environmentName, groups, optionNames, row } from '../../options/options.js'
import { type Entry, entries, wrap } from '../wrap.js'

/** Variables that stand for no option. */
export const otherVariables: Readonly<Record<string, string>> = {
  BULKX_TOKEN: 'the bearer token itself',
  BULKX_CLIENT_SECRET: 'the client secret itself',
  BULKX_QUEUE_PASSWORD: 'the password of Redis itself',
  BULKX_CONFIG_DIR: 'where the profiles are kept',
  BULKX_STATE_DIR: 'where the list of your jobs is kept',
  HTTPS_PROXY: 'proxy for https URLs',
  HTTP_PROXY: 'proxy for http URLs',
  NO_PROXY: 'hosts that are asked without a proxy',
  NO_COLOR: 'no colour, unless --color says so',
  FORCE_COLOR: 'colour even without a terminal',
}

export const environmentIntro =
  'A flag wins over its variable, the variable over the profile, the profile over the preset, the preset over the default. An empty variable counts as not set. Booleans are 1, true, yes, 0, false, no. What to export is never taken from the environment.'

interface Section {
  title: string
  rows: readonly Entry[]
}

/** Under the headings of the options that they stand for. */
export const environmentSections = (): Section[] => [
  ...Object.entries(groups).flatMap(([group, title]) => {
    const own = optionNames.flatMap((name): Entry[] => {
      const variable = environmentName(name)
      const isHere = variable !== undefined && row(name).group === group
      return isHere ? [[variable, `--${name}: ${row(name).help}`]] : []
    })
    return own.length === 0 ? [] : [{ title, rows: own }]
  }),
  { title: 'Others', rows: Object.entries(otherVariables) },
]

export const environmentTopic = (width: number): string =>
  [
    wrap(environmentIntro, 0, width),
    ...environmentSections().map(({ title, rows }) => [`${title}:`, ...entries(rows, width)].join('\n')),
  ].join('\n\n')
