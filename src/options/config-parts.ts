/** From options that were read to the parts of a `Config`, and what holds where nothing was said. */
import {
  defaults,
  type FilesConfig,
  type NetworkConfig,
  type QueueConfig,
  type WaitingConfig,
} from '../config.js'
import { BulkxError } from '../errors.js'
import type { KickOffRequest, Target } from '../protocol/types.js'
import { given } from './given.js'
import type { OptionName, OptionValue } from './options.js'
import { assertPeriod } from './period.js'

/** Options of a run, wherever they come from: their nearest value, undefined where the default holds. */
export interface ReadOptions {
  get<N extends OptionName>(name: N): OptionValue<N> | undefined
}

/** `patient`: the list, read from wherever it stands. Throws `BULKX_USAGE` for a period that ends before it begins. */
export const kickOffFrom = (
  options: ReadOptions,
  target: Target,
  patient: string[] | undefined,
): KickOffRequest => {
  const since = options.get('since')
  const until = options.get('until')
  assertPeriod(since, until)
  return given({
    target,
    operation: options.get('operation') ?? '$export',
    type: options.get('type'),
    since,
    until,
    elements: options.get('elements'),
    typeFilter: options.get('type-filter'),
    patient,
    includeAssociatedData: options.get('include-associated-data'),
    organizeOutputBy: options.get('organize-output-by'),
    allowPartialManifests: options.get('allow-partial-manifests'),
    outputFormat: options.get('output-format'),
    extra: options.get('param'),
    method: options.get('method') ?? (patient ? 'post' : 'get'),
    listStyle: options.get('list-style') ?? 'comma',
    lenient: options.get('lenient') ?? false,
  })
}

type Connection = Pick<
  NetworkConfig,
  'headers' | 'trustedOrigins' | 'proxy' | 'requestTimeoutMs' | 'maxRequestsPerSecond'
>

/** How to reach the server. */
export const connectionFrom = (options: ReadOptions): Connection => ({
  headers: Object.fromEntries(options.get('header') ?? []),
  trustedOrigins: options.get('trust-origin') ?? [],
  proxy: options.get('proxy'),
  requestTimeoutMs: options.get('request-timeout') ?? defaults.requestTimeoutMs,
  maxRequestsPerSecond: options.get('max-requests'),
})

/** Throws `BULKX_USAGE` where the least is more than the most. */
export const waitingFrom = (options: ReadOptions): WaitingConfig => {
  const min = options.get('poll-min')
  const max = options.get('poll-max')
  if (min !== undefined && max !== undefined && min > max) {
    throw new BulkxError('BULKX_USAGE', '--poll-min is longer than --poll-max', {
      hint: 'give `--poll-max` the longer duration',
    })
  }
  const { waiting } = defaults
  return {
    // One bound alone moves the other's default along.
    pollMinMs: min ?? Math.min(waiting.pollMinMs, max ?? waiting.pollMinMs),
    pollMaxMs: max ?? Math.max(waiting.pollMaxMs, min ?? waiting.pollMaxMs),
    retryAfterMaxMs: options.get('retry-after-max'),
    deadlineMs: options.get('deadline') ?? waiting.deadlineMs,
    patienceMs: options.get('patience') ?? waiting.patienceMs,
  }
}

export const filesFrom = (options: ReadOptions): FilesConfig => {
  const { files } = defaults
  return {
    parallel: options.get('parallel') ?? files.parallel,
    maxBytesPerSecond: options.get('max-rate'),
    gzip: options.get('gzip') ?? files.gzip,
    cleanup: options.get('cleanup') ?? files.cleanup,
    failOn: options.get('fail-on') ?? files.failOn,
    maxLineBytes: options.get('max-line') ?? files.maxLineBytes,
  }
}

/** Undefined where no workers are wanted. */
export const queueFrom = (options: ReadOptions, password: string | undefined): QueueConfig | undefined => {
  const url = options.get('queue')
  return url === undefined ? undefined : { url, password, leaseMs: options.get('lease') ?? defaults.leaseMs }
}
