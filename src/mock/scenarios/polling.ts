/** Polling: how servers say that a job runs, has ended, or is gone. */
import type { Scenario } from '../scenario.js'
import { endScenarios } from './polling-ends.js'
import { statusErrorScenarios } from './polling-errors.js'
import { progressScenarios } from './polling-progress.js'
import { waitScenarios } from './polling-waits.js'

export const pollingScenarios: readonly Scenario[] = [
  ...progressScenarios,
  ...waitScenarios,
  ...statusErrorScenarios,
  ...endScenarios,
].sort((one, other) => one.id.localeCompare(other.id))
