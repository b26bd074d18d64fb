/** Option rows: how a run waits, and what it does with the files. */
import { defaults } from '../../config.js'
import {
  choice,
  duration,
  flag,
  integer,
  positiveNumber,
  size,
  text,
  writeDuration,
  writeSize,
} from '../kinds.js'
import type { OptionRow } from '../options.js'

const { waiting, files } = defaults

export const runningRows = {
  'poll-min': {
    group: 'waiting',
    value: '<duration>',
    help: 'least time between two looks, unless the server says',
    byDefault: writeDuration(waiting.pollMinMs),
    kind: duration('1s'),
  },
  'poll-max': {
    group: 'waiting',
    value: '<duration>',
    help: 'most time between two looks, unless the server says',
    byDefault: writeDuration(waiting.pollMaxMs),
    kind: duration('5m'),
  },
  'retry-after-max': {
    group: 'waiting',
    value: '<duration>',
    help: 'never wait longer than this, even if the server asks for it',
    kind: duration('1h'),
  },
  deadline: {
    group: 'waiting',
    value: '<duration>',
    help: 'give up this long after the kick-off',
    byDefault: writeDuration(waiting.deadlineMs),
    kind: duration('30d'),
  },
  patience: {
    group: 'waiting',
    value: '<duration>',
    help: 'give up after failing this long without a break',
    byDefault: writeDuration(waiting.patienceMs),
    kind: duration('30m'),
  },
  'request-timeout': {
    group: 'waiting',
    value: '<duration>',
    help: 'for an answer to begin, and between two pieces of it',
    byDefault: writeDuration(defaults.requestTimeoutMs),
    kind: duration('1m'),
  },
  out: {
    group: 'files',
    short: 'o',
    value: '<dir>',
    help: 'output directory, or s3://bucket/prefix, gs://bucket/prefix, az://container/prefix',
    byDefault: './<host>-<target>',
    completes: 'directory',
    kind: text('a directory', './out'),
  },
  parallel: {
    group: 'files',
    value: '<number>',
    help: 'downloads at once',
    byDefault: String(files.parallel),
    kind: integer(1, 100, '5'),
  },
  'max-requests': {
    group: 'files',
    value: '<number>',
    help: 'requests a second',
    kind: positiveNumber('10'),
  },
  'max-rate': { group: 'files', value: '<size>', help: 'bytes a second', kind: size('10MB') },
  gzip: { group: 'files', help: 'store files compressed, as .ndjson.gz', kind: flag },
  cleanup: {
    group: 'files',
    value: '<when>',
    help: 'delete the job on the server: on-success, when every file is whole, findings or not; or never',
    byDefault: files.cleanup,
    kind: choice('on-success', 'never'),
  },
  'fail-on': {
    group: 'files',
    value: '<severity>',
    help: 'findings that end 10: error, warning, or never',
    byDefault: files.failOn,
    kind: {
      ...choice('error', 'warning', 'never'),
      meant: (given) =>
        /^info/i.test(given) ? { value: 'warning', why: 'what is for information fails nothing' } : undefined,
    },
  },
  'max-line': {
    group: 'files',
    value: '<size>',
    help: 'longest line that is accepted',
    byDefault: writeSize(files.maxLineBytes),
    kind: size('256MiB'),
  },
  again: { group: 'files', help: 'move what is in the directory aside, and start anew', kind: flag },
} as const satisfies Record<string, OptionRow>
