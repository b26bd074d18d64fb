/** Every scenario that the mock can play, for `--scenario` and for tests. */
import type { Scenario } from './scenario.js'
import { cancelScenarios } from './scenarios/cancel.js'
import { fileScenarios } from './scenarios/files.js'
import { kickOffScenarios } from './scenarios/kick-off.js'
import { manifestScenarios } from './scenarios/manifest.js'
import { pollingScenarios } from './scenarios/polling.js'

export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [...kickOffScenarios, ...pollingScenarios, ...manifestScenarios, ...fileScenarios, ...cancelScenarios].map(
    (scenario) => [scenario.id, scenario],
  ),
)
