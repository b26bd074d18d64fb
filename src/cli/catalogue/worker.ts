/** `bulkx worker`, as the help knows it. */
import { inGroups } from '../../options/options.js'
import type { CommandRow } from '../command-row.js'

export const workerCommands: Readonly<Record<string, CommandRow>> = {
  worker: {
    section: 'more',
    summary: 'Fetch files for exports that other machines coordinate.',
    args: [],
    options: [
      'queue',
      'queue-password-file',
      ...inGroups('server', 'identity'),
      'patience',
      'request-timeout',
      'out',
      'parallel',
      'max-requests',
      'max-rate',
      'max-line',
      'json',
      'quiet',
      'verbose',
      'color',
    ],
    reworded: {
      queue: { help: 'the Redis that `bulkx export --queue` names' },
      out: {
        value: '<place>',
        help: 'where this worker may write: a directory, or the URL of an object store, and what is below',
        byDefault: '.',
      },
      parallel: { help: 'downloads at once of this worker' },
      'max-requests': { help: 'requests a second, all workers together; the smallest that anybody asks for' },
      'max-rate': { help: 'bytes a second of this worker' },
    },
    examples: [
      'bulkx worker --queue redis://localhost:6379 --server https://ehr.example/fhir --token-file token',
      'bulkx worker --queue rediss://redis.example:6380 --profile clinic --out /mnt/exports --parallel 20',
      'bulkx worker --queue rediss://redis.example:6380 --profile clinic --out s3://bucket/exports',
    ],
    exitCodes: [2, 3, 8, 9, 130],
    rewordedCodes: {
      3: 'the server, or Redis, refuses this worker',
      8: 'a local problem',
      9: 'there is no Redis',
      130: 'ended by Ctrl-C',
      143: 'ended by SIGTERM, after the files that were under way',
    },
    load: async () => (await import('../commands/worker.js')).run,
  },
}
