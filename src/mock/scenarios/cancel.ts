/** Cancelling, cleaning up, and going on. */
import type { Scenario } from '../scenario.js'

export const cancelScenarios: readonly Scenario[] = [
  {
    id: 'C-03',
    priority: 'A',
    server: 'DELETE is answered by 405',
    make: () => ({ personality: { delete: { running: 405, done: 405 } } }),
  },
]
