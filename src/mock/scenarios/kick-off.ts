/** Kick-off: what servers answer, and fail to answer. */
import { faults } from '../faults.js'
import type { Scenario } from '../scenario.js'

export const kickOffScenarios: readonly Scenario[] = [
  {
    id: 'K-01',
    priority: 'A',
    server: '202 with Content-Location and an empty body',
    make: () => ({}),
  },
  {
    id: 'K-33',
    priority: 'A',
    server: '200 with a Bundle, the answer of another pattern',
    make: () => ({
      faults: [
        faults.answer({
          on: 'kick-off',
          times: Number.POSITIVE_INFINITY,
          contentType: 'application/fhir+json',
          body: '{"resourceType":"Bundle","type":"searchset"}',
        }),
      ],
    }),
  },
]
