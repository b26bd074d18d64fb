/** Cancelling, cleaning up, going on (C). */
import type { Row, Waived } from './row.js'

export const cancelRows: readonly (Row | Waived)[] = [
  { id: 'C-03', client: 'says so in a note', exit: 0, says: ['did not delete the job: HTTP 405'] },
]
