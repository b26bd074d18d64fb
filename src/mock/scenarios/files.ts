/** Files: how downloads break, lie, and expire. */
import { faults } from '../faults.js'
import type { Scenario } from '../scenario.js'

export const fileScenarios: readonly Scenario[] = [
  {
    id: 'F-16',
    priority: 'B',
    server: 'a body shorter than its Content-Length',
    make: () => ({ faults: [faults.truncateLying({ file: 1, keepBytes: 300, times: 1 })] }),
  },
]
