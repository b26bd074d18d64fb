/** The manifest: how servers list what there is. */
import type { Scenario } from '../scenario.js'
import { manifestFieldScenarios } from './manifest-fields.js'
import { manifestLinkScenarios } from './manifest-links.js'
import { manifestMessageScenarios } from './manifest-messages.js'

export const manifestScenarios: readonly Scenario[] = [
  ...manifestFieldScenarios,
  ...manifestMessageScenarios,
  ...manifestLinkScenarios,
]
