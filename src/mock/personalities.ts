/** The rows that `--personality` and `mock:<name>` choose from. */
import { type Personality, reference } from './personality.js'

export const personalities = { reference } as const satisfies Record<string, Personality>
