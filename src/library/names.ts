/** The names of the options: which of them the table of the command line reads, and which are the library's own. */
import type { OptionName } from '../options/options.js'
import type { ExportOptions } from './options.js'

/** Read by their row; here in camelCase. */
export const taken = [
  ...(['server', 'preset', 'proxy'] as const),
  ...(['auth', 'client-id', 'kid', 'alg', 'token-url', 'audience', 'scope', 'trust-origin'] as const),
  ...(['type', 'since', 'until', 'elements', 'type-filter', 'patient', 'include-associated-data'] as const),
  ...(['organize-output-by', 'allow-partial-manifests', 'output-format', 'param', 'lenient'] as const),
  ...(['method', 'list-style', 'operation'] as const),
  ...(['poll-min', 'poll-max', 'retry-after-max', 'deadline', 'patience', 'request-timeout'] as const),
  ...(['out', 'parallel', 'max-requests', 'max-rate', 'gzip', 'cleanup', 'fail-on', 'max-line'] as const),
  ...(['job-dir', 'queue', 'lease', 'again'] as const),
] as const satisfies readonly OptionName[]

export type TakenName = (typeof taken)[number]

/** Values where the command line has files, and what it takes as an argument. */
export const own = [
  ...(['target', 'headers', 'secretHeaders', 'ca', 'cert', 'certKey'] as const),
  ...(['token', 'privateKey', 'clientSecret', 'queuePassword', 'finished'] as const),
] as const satisfies readonly (keyof ExportOptions)[]
