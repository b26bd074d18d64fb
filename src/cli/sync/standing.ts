/** Where a data set stands while nobody works on it: what the next `bulkx sync` would end with, as far as the disk says. */
import { BulkxError } from '../../errors.js'
import { type Dataset, exportPath, openDataset } from '../../sync/dataset.js'
import { wholeOldFiles } from '../../sync/old-files.js'
import { firstOf, type Round, readRound } from '../../sync/round.js'
import { asRoundError, unmoved } from '../../sync/round-advice.js'
import type { Io } from '../io.js'
import { shortPath } from '../show.js'
import { isCommitted } from './round.js'

export interface Standing {
  dataset: Dataset
  /** The one that is under way, if one is. */
  round?: Round
}

/** Throws `BULKX_CONFIG` for a description or a plan that is none, `BULKX_STORAGE` where they cannot be read. */
export const standingOf = async (directory: string): Promise<Standing> => {
  const dataset = await openDataset(directory)
  const round = await readRound(directory)
  return round === undefined || isCommitted(round, dataset) ? { dataset } : { dataset, round }
}

const ofRound = (round: Round, error: BulkxError): BulkxError =>
  new BulkxError(error.code, `Round ${firstOf(round).number}: ${error.message}`, {
    hint: error.hint,
    items: error.items,
    cause: error.cause,
  })

/** Its exports are done: what has kept them from the snapshot, or that nobody has merged them yet. */
const unmerged = ({ blocked }: Round): BulkxError =>
  blocked === undefined
    ? new BulkxError('BULKX_STILL_RUNNING', 'what is exported is not merged yet', {
        hint: `${unmoved}; the same sync command goes on`,
      })
    : new BulkxError(blocked.code, blocked.message, { hint: blocked.hint })

/** `failure`: how the newest export ends, which is the number `newest`. */
export const standingError = async (
  { dataset, round }: Standing,
  { failure, newest }: { failure: unknown; newest: string },
  io: Io,
): Promise<unknown> => {
  if (failure !== undefined && !(failure instanceof BulkxError)) return failure
  if (round === undefined) return failure ?? damageOf(dataset)
  const isOfRound = round.exports.some(({ number }) => exportPath(dataset.directory, number) === newest)
  const own = isOfRound ? asRoundError(failure, shortPath(newest, io.cwd)) : undefined
  return ofRound(round, own instanceof BulkxError ? own : unmerged(round))
}

/** A next round would be merged into a snapshot that is not whole any more. */
const damageOf = (dataset: Dataset): Promise<unknown> =>
  wholeOldFiles(dataset).then(
    () => undefined,
    (error: unknown) => error,
  )
