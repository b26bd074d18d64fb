/** Kick-off (K). */
import type { Row, Waived } from './row.js'

export const kickOffRows: readonly (Row | Waived)[] = [
  { id: 'K-01', client: 'starts polling', exit: 0, asks: { 'kick-off': 1, delete: 1 } },
  {
    id: 'K-33',
    client: 'says that this is no bulk export',
    exit: 4,
    says: ['not that of a bulk export'],
    asks: { 'kick-off': 1, status: 0 },
  },
]
