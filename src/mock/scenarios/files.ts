/** Files: how downloads break, lie, and expire. */
import type { Scenario } from '../scenario.js'
import { fileAccessScenarios } from './file-access.js'
import { fileBytesScenarios } from './file-bytes.js'

export const fileScenarios: readonly Scenario[] = [...fileAccessScenarios, ...fileBytesScenarios]
