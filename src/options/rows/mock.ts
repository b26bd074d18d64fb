/** Option rows of `bulkx mock`. */
import { duration, file, flag, integer, one, positiveNumber, repeatable, text } from '../kinds.js'
import type { OptionRow } from '../options.js'

export const mockRows = {
  port: {
    group: 'mock',
    value: '<number>',
    help: 'port to listen on; 0 for a free one',
    byDefault: '8080',
    kind: integer(0, 65_535, '8080'),
  },
  host: {
    group: 'mock',
    value: '<address>',
    help: 'address to listen on',
    byDefault: '127.0.0.1',
    kind: text('an address', '127.0.0.1'),
  },
  personality: {
    group: 'mock',
    value: '<name>',
    help: 'the server to be like',
    byDefault: 'reference',
    completes: 'personality',
    kind: text('a personality', 'reference'),
  },
  patients: {
    group: 'mock',
    value: '<number>',
    help: 'synthetic patients, 10 or more',
    byDefault: '100',
    kind: integer(10, 10_000_000, '100'),
  },
  seed: {
    group: 'mock',
    value: '<number>',
    help: 'the same seed makes the same patients',
    byDefault: '1',
    kind: integer(0, 2 ** 32 - 1, '1'),
  },
  data: {
    group: 'mock',
    value: '<dir>',
    help: 'serve the NDJSON files of this directory instead',
    completes: 'directory',
    kind: text('a directory', './data'),
  },
  evolve: {
    group: 'mock',
    help: 'after each export some resources are created, changed and deleted, and members of group 123 come and go',
    kind: flag,
  },
  'job-seconds': {
    group: 'mock',
    value: '<seconds>',
    help: 'how long a job takes',
    byDefault: '2',
    kind: one('a number of seconds', '2', (given) => (given === '0' ? 0 : positiveNumber('2').parse(given))),
  },
  'page-size': {
    group: 'mock',
    value: '<number>',
    help: 'resources in a file, at most',
    byDefault: '10000',
    kind: integer(1, 100_000_000, '10000'),
  },
  jwks: {
    group: 'mock',
    value: '<file>',
    help: 'public keys of a client, who must then sign in',
    kind: file,
  },
  'token-lifetime': {
    group: 'mock',
    value: '<duration>',
    help: 'how long access tokens are good',
    byDefault: '5m',
    kind: duration('5m'),
  },
  scenario: {
    group: 'mock',
    value: '<id>',
    help: 'play what was met on a real server, by its id in docs/scenarios.md',
    completes: 'scenario',
    kind: text('a scenario', 'F-16'),
  },
  fault: {
    group: 'mock',
    value: '<fault>',
    help: 'something to go wrong; repeatable',
    completes: 'fault',
    kind: repeatable('a fault', 'truncate:keepBytes=300,times=1', (given) => given),
  },
} as const satisfies Record<string, OptionRow>
