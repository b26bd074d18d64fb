/** Files (F). */
import type { Row, Waived } from './row.js'

export const fileRows: readonly (Row | Waived)[] = [
  {
    id: 'F-16',
    client: 'notices, and asks for the rest',
    over: 'tcp',
    exit: 0,
    asks: { file: 3 },
  },
]
