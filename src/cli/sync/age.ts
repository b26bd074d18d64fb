/** How old the data are: what somebody wants to know first who reads at night that a run has failed. */
import { BulkxError } from '../../errors.js'
import { currentName, type Dataset } from '../../sync/dataset.js'
import { duration, harmless } from '../text.js'
import { datasetOf, type Sync } from './context.js'

const ageText = ({ transactionTime }: Dataset, code: BulkxError['code'], { shown, io }: Sync): string => {
  if (transactionTime === undefined) return 'there is no snapshot yet'
  const ageMs = io.clock.now() - Date.parse(transactionTime)
  const age = ageMs > 0 ? `, ${duration(ageMs)} ago` : ''
  const stands = code === 'BULKX_FILES_FAILED' ? 'has stood still since' : 'is of'
  return `${shown.replace(/\/$/, '')}/${currentName} ${stands} ${harmless(transactionTime)}${age}`
}

/** The same error, whose hint says of which instant `current` is. */
export const withAge = async (error: unknown, sync: Sync): Promise<unknown> => {
  if (!(error instanceof BulkxError)) return error
  const dataset = await datasetOf(sync).catch(() => undefined)
  if (dataset === undefined) return error
  const { code, message, items, cause } = error
  const age = ageText(dataset, code, sync)
  const hint = error.hint === undefined ? age : `${error.hint}; ${age}`
  return new BulkxError(code, message, { hint, items, cause })
}
