/** Polling (P). */
import type { Row, Waived } from './row.js'

export const pollingRows: readonly (Row | Waived)[] = [
  { id: 'P-01', client: 'waits by its own backoff', exit: 0 },
  { id: 'P-24', client: 'backs off and goes on', exit: 0, asks: { status: { min: 4 } } },
]
