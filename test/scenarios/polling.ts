/** Polling (P). */
import { expect } from 'vitest'
import type { Row, Waived } from './row.js'

export const pollingRows: readonly (Row | Waived)[] = [
  { id: 'P-01', client: 'waits by its own backoff', exit: 0 },
  { id: 'P-24', client: 'backs off and goes on', exit: 0, asks: { status: { min: 4 } } },
  {
    id: 'P-13',
    client: 'waits by its own backoff',
    exit: 0,
    asks: { status: { min: 3, max: 15 } },
    variants: {
      '12.5': { asks: { status: 2 }, check: ({ sleeps }) => expect(sleeps).toContain(12_500) },
      '120, 120': { asks: { status: 2 }, check: ({ sleeps }) => expect(sleeps).toContain(120_000) },
    },
  },
]
