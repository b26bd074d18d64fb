/** Polling: how servers say that a job runs, has ended, or is gone. */
import { faults } from '../faults.js'
import type { Scenario } from '../scenario.js'

export const pollingScenarios: readonly Scenario[] = [
  {
    id: 'P-01',
    priority: 'A',
    server: '202 with neither headers nor body',
    make: () => ({ personality: { progress: () => undefined, retryAfter: () => undefined } }),
  },
  {
    id: 'P-24',
    priority: 'A',
    server: '503, 502 and 504 from proxies',
    make: () => ({
      faults: [
        faults.busy({ on: 'status' }),
        faults.html({ on: 'status', status: 502 }),
        faults.answer({ status: 504 }),
      ],
    }),
  },
  {
    id: 'P-13',
    priority: 'B',
    server: 'a Retry-After that is no sensible number',
    make: () => ({ personality: { retryAfter: () => '-5' } }),
    variants: Object.fromEntries(
      ['abc', '', '1e9', '12.5', '120, 120'].map((retryAfter) => [
        retryAfter,
        () => ({ personality: { retryAfter: () => retryAfter } }),
      ]),
    ),
  },
]
