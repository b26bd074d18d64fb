/** Whether what changed can be asked of this server at all, as its preset knows it. */
import { noTrueSince } from '../../preset-advice.js'
import type { Dataset } from '../../sync/dataset.js'
import type { Warning } from '../reporter/index.js'
import type { Sync } from './context.js'

/** Why a round that could ask for changes asks for everything; undefined where it need not. */
export const noSince = (
  { transactionTime }: Dataset,
  { settings: { preset }, config }: Pick<Sync, 'settings' | 'config'>,
): Warning | undefined => {
  const reason = preset && transactionTime !== undefined ? noTrueSince(preset.row, config.kickOff) : undefined
  if (reason === undefined) return undefined
  return {
    kind: 'preset-since',
    message: `preset ${preset?.name}: ${reason}, so everything is exported in each round`,
    hint: 'where your server does better, leave the preset out: --preset none',
  }
}
