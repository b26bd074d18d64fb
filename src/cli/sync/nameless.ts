/** Resources without a type and an id: no snapshot can hold them, and none is committed without them unless somebody says so. */
import { BulkxError } from '../../errors.js'
import { readJob } from '../../job/directory.js'
import { exportPath } from '../../sync/dataset.js'
import type { Merged } from '../../sync/merge.js'
import { shortPath } from '../show.js'
import { count } from '../text.js'
import type { Sync } from './context.js'

/** Lines that were found to be bad when they were stored: who has accepted the findings has accepted that they are left out. */
const acceptedLines = async ({ exports }: Merged, { config }: Sync): Promise<number> => {
  let lines = 0
  for (const { number } of exports) {
    const state = await readJob(exportPath(config.directory, number))
    for (const { section, stored } of state?.files.values() ?? [])
      if (section === 'output') lines += stored?.badLines ?? 0
  }
  return lines
}

/** The error `BULKX_FINDINGS` when the snapshot lacks lines that nobody has heard of yet; `--fail-on never` takes it as it is. */
export const namelessError = async (merged: Merged, sync: Sync): Promise<BulkxError | undefined> => {
  if (merged.counts.skipped === 0 || sync.config.files.failOn === 'never') return undefined
  const nameless = merged.counts.skipped - (await acceptedLines(merged, sync))
  if (nameless <= 0) return undefined
  const places = merged.exports.map(({ number }) =>
    shortPath(exportPath(sync.config.directory, number), sync.io.cwd),
  )
  return new BulkxError(
    'BULKX_FINDINGS',
    `${count(nameless, 'resource')} of ${places.join(', ')} ${nameless === 1 ? 'has' : 'have'} no type and id, and no place in a snapshot`,
    {
      hint: 'the data set stays as it is; ask who runs the server; the same sync command with --fail-on never leaves them out, --again gives this export up and begins the round anew',
    },
  )
}
