/** The manifest (M). */
import { expect } from 'vitest'
import type { Row, Waived } from './row.js'

export const manifestRows: readonly (Row | Waived)[] = [
  {
    id: 'M-01',
    client: 'reads it as true: the token goes to the files',
    exit: 0,
    check: ({ asked }) => {
      for (const { headers } of asked('file')) expect(headers.authorization).toBeDefined()
    },
  },
]
