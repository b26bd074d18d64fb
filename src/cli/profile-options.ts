/** Which options a profile may hold: help shows them without any profile being read. */
import { inGroups, type OptionName } from '../options/options.js'

const leftOut: ReadonlySet<OptionName> = new Set(['profile', 'again', 'full'])

/** Everything about a server, an export and its files; how bulkx talks is another matter. */
export const profileOptions: readonly OptionName[] = inGroups(
  'server',
  'question',
  'identity',
  'waiting',
  'files',
  'sync',
).filter((name) => !leftOut.has(name))

const known: ReadonlySet<string> = new Set(profileOptions)

export const isProfileOption = (name: string): name is OptionName => known.has(name)
