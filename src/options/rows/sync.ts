/** Option rows: what `bulkx sync` does beside an export. The environment never sets these. */
import { choice, flag, integer, wait } from '../kinds.js'
import type { OptionRow } from '../options.js'

export const syncRows = {
  full: {
    group: 'sync',
    help: 'export everything again as a new base; what is not in it any more counts as deleted (do so every month where the server lists no deletions)',
    kind: flag,
  },
  keep: {
    group: 'sync',
    value: '<number>',
    help: 'exports that stay on disk, and those set aside since the oldest of them; all unless given',
    kind: integer(1, 1_000_000, '30'),
  },
  departed: {
    group: 'sync',
    value: '<what>',
    help: 'resources of patients who left the group: keep, or remove',
    byDefault: 'keep',
    kind: choice('keep', 'remove'),
  },
  'wait-for-lock': {
    group: 'sync',
    value: '<duration>',
    help: 'wait so long for another process that works in the data set, instead of ending 11 at once; 0s: do not wait',
    kind: wait('10m'),
  },
} as const satisfies Record<string, OptionRow>
