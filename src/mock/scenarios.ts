/** Every scenario that the mock can play, for `--scenario` and for tests. */
import { type Scenario, variantOf } from './scenario.js'
import { cancelScenarios } from './scenarios/cancel.js'
import { contentScenarios } from './scenarios/contents.js'
import { fileScenarios } from './scenarios/files.js'
import { kickOffScenarios } from './scenarios/kick-off.js'
import { manifestScenarios } from './scenarios/manifest.js'
import { pollingScenarios } from './scenarios/polling.js'
import { transferScenarios } from './scenarios/transfers.js'

export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [
    ...kickOffScenarios,
    ...pollingScenarios,
    ...manifestScenarios,
    ...fileScenarios,
    ...contentScenarios,
    ...transferScenarios,
    ...cancelScenarios,
  ].map((scenario) => [scenario.id, scenario]),
)

/** The scenario of an id, in any case, or its variant: `P-13`, `P-13:12.5`. */
export const scenarioNamed = (text: string): Scenario | undefined => {
  const [, id = text, variant] = /^([^:]*):(.*)$/s.exec(text) ?? []
  const scenario = scenarios.get(id.toUpperCase())
  return scenario === undefined || variant === undefined ? scenario : variantOf(scenario, variant)
}
