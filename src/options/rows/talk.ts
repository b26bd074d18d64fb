/** Option rows: how bulkx talks, and the switches of single commands. */
import { choice, flag, list } from '../kinds.js'
import type { OptionRow } from '../options.js'
import { parseOptionName } from '../values.js'

export const talkRows = {
  once: { group: 'command', help: 'one look at the server, then return', kind: flag },
  offline: { group: 'command', help: 'do not ask the server', kind: flag },
  prune: {
    group: 'command',
    help: 'take jobs off the list whose directories are gone for certain, or hold nothing but a refused kick-off, and say which',
    kind: flag,
  },
  unset: {
    group: 'command',
    value: '<options>',
    help: 'options that the profile shall not hold any longer',
    completes: 'option',
    kind: list('an option name', 'kid,alg', parseOptionName),
  },
  none: { group: 'command', help: 'use no profile', kind: flag },
  show: { group: 'command', help: 'print the token itself', kind: flag },
  json: { group: 'talk', help: 'NDJSON on stdout, the result as its last line', kind: flag },
  quiet: { group: 'talk', short: 'q', help: 'only errors', kind: flag },
  verbose: { group: 'talk', short: 'v', help: 'one line for each request', kind: flag },
  'no-progress': { group: 'talk', help: 'plain lines, even on a terminal', kind: flag },
  color: {
    group: 'talk',
    value: '<when>',
    help: 'auto, always, or never',
    byDefault: 'auto',
    kind: choice('auto', 'always', 'never'),
  },
  'print-config': { group: 'talk', help: 'print each setting with its source, and stop', kind: flag },
  'dry-run': { group: 'talk', help: 'print the kick-off request, and stop', kind: flag },
} as const satisfies Record<string, OptionRow>
