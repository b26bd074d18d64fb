/** What the preset of a run has to say. */
import type { Config } from '../config.js'
import type { Phase } from '../job/facts.js'
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
