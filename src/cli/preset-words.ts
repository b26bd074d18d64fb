/** What the preset of a run has to say. */
import type { Config } from '../config.js'
import { BulkxError, type ErrorCode } from '../errors.js'
import { withoutQuery } from '../http/url.js'
import type { Phase } from '../job/facts.js'
import { isMock } from '../options/values.js'
import { type AdviceLine, adviceFor } from '../preset-advice.js'
import type { Settings } from './settings.js'

/** Once the server has taken the request, only what the export will hold is still worth saying. */
export const adviceOf = (
  { config, settings }: { config: Config; settings: Settings },
  phase: Phase,
): AdviceLine[] => {
  const { preset } = settings
  if (!preset) return []
  const { kickOff, network } = config
  const lines = adviceFor(preset.row, { kickOff, trustedOrigins: network.trustedOrigins })
  return lines
    .filter(({ about }) => phase === 'new' || about === 'content')
    .map((line) => ({ ...line, message: `preset ${preset.name}: ${line.message}` }))
}

/** Ends of a kick-off that settings may have to do with. */
const ofSettings: ReadonlySet<ErrorCode> = new Set([
  'BULKX_KICK_OFF_REFUSED',
  'BULKX_UNAUTHORIZED',
  'BULKX_TOKEN',
  'BULKX_DISCOVERY',
  'BULKX_SERVER_BUSY',
])

/** What the preset had to say of the target is the likeliest reason, and nearer than any general hint. */
const byAdvice = (error: BulkxError, run: { config: Config; settings: Settings }): BulkxError => {
  if (error.code !== 'BULKX_KICK_OFF_REFUSED') return error
  const about = adviceOf(run, 'new').filter(({ kind }) => kind === 'preset-level' || kind === 'preset-method')
  if (about.length === 0) return error
  const hint = about.map(({ message, hint }) => `${message}: ${hint}`).join('; ')
  return new BulkxError(error.code, error.message, { hint, cause: error.cause })
}

/**
 * The error of a kick-off that came to nothing, with the preset for a server that its URL gives away. Nothing is asked
 * for it, and nothing changes by itself.
 */
export const withPresetHint = async (
  error: unknown,
  { config, settings }: { config: Config; settings: Settings },
): Promise<unknown> => {
  if (!(error instanceof BulkxError) || !ofSettings.has(error.code)) return error
  if (settings.preset) return byAdvice(error, { config, settings })
  if (settings.setting('preset') || isMock(config.server)) return error
  const { vendorOf } = await import('../doctor/vendor.js')
  const vendor = vendorOf('', withoutQuery(config.fhirUrl))
  if (vendor?.preset === undefined) return error
  const suggestion = `this looks like ${vendor.name}: try --preset ${vendor.preset}`
  const hint = error.hint === undefined ? suggestion : `${error.hint}; ${suggestion}`
  return new BulkxError(error.code, error.message, { hint, cause: error.cause })
}
