/** Situations that were met on real servers, each under its name: what the mock is made of to play it. */
import type { MockOptions } from './app.js'
import type { Fault } from './edit.js'
import { type Differences, type Personality, personality, reference } from './personality.js'

/** `A`: seen on a named server. `B`: reported, or very likely. `C`: hostile or rare. */
export type Priority = 'A' | 'B' | 'C'

export interface ScenarioServer {
  /** How it differs from the personality that is played. */
  personality?: Differences
  faults?: readonly Fault[]
  /** What else `createMock` is given. */
  options?: Pick<
    MockOptions,
    'data' | 'jobMs' | 'pageSize' | 'manifestEntries' | 'tokenLifetimeMs' | 'files' | 'elsewhere'
  >
}

export interface Scenario {
  /** A letter for the part of the export, and a number: `F-16`. */
  id: string
  priority: Priority
  /** What the server sends, in a line. */
  server: string
  /** Made anew each time, for faults count. */
  make(): ScenarioServer
  /** Other servers that send as good as the same, by what tells them from it: `P-13:12.5`. */
  variants?: Readonly<Record<string, () => ScenarioServer>>
}

/** The scenario in one of its variants; undefined when it has none of this name. */
export const variantOf = (scenario: Scenario, name: string): Scenario | undefined => {
  const { variants = {}, ...common } = scenario
  const make = Object.hasOwn(variants, name) ? variants[name] : undefined
  return make && { ...common, make }
}

/** What `createMock` is given to play a scenario, in the words of a personality. */
export const playing = (
  scenario: Scenario,
  base: Personality = reference,
): Pick<MockOptions, 'personality' | 'faults'> & NonNullable<ScenarioServer['options']> => {
  const { personality: differences, faults = [], options = {} } = scenario.make()
  return { ...options, personality: differences ? personality(differences, base) : base, faults }
}
