/** Option rows: an export past one machine. */
import { defaults } from '../../config.js'
import { address, duration, one, secretFile, text, writeDuration } from '../kinds.js'
import type { OptionRow } from '../options.js'
import { parseQueue } from '../values.js'

export const fleetRows = {
  'job-dir': {
    group: 'fleet',
    value: '<dir>',
    help: 'where the job itself stands when --out is an object store',
    byDefault: 'below the state directory',
    completes: 'directory',
    kind: text('a directory', './job'),
  },
  queue: {
    group: 'fleet',
    value: '<redis url>',
    help: 'let workers (`bulkx worker`) fetch the files, by a queue in this Redis: redis://host:6379, or rediss:// to another machine',
    kind: address(one('the URL of a Redis', 'redis://localhost:6379', parseQueue)),
  },
  'queue-password-file': {
    group: 'fleet',
    value: '<file>',
    help: 'password of Redis; or BULKX_QUEUE_PASSWORD in the environment',
    kind: secretFile('queue-password-file'),
  },
  lease: {
    group: 'fleet',
    value: '<duration>',
    help: 'a worker that is silent for so long loses its files to others',
    byDefault: writeDuration(defaults.leaseMs),
    kind: duration(writeDuration(defaults.leaseMs)),
  },
} as const satisfies Record<string, OptionRow>
