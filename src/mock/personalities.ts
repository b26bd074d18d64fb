/** The rows that `--personality` and `mock:<name>` choose from. */
import { oneUpSte } from './personalities/1up-ste.js'
import { esus } from './personalities/esus.js'
import { greenway } from './personalities/greenway.js'
import { interopio } from './personalities/interopio.js'
import { oracle } from './personalities/oracle.js'
import { type Personality, reference } from './personality.js'

export const personalities = {
  reference,
  interopio,
  greenway,
  oracle,
  esus,
  '1up-ste': oneUpSte,
} as const satisfies Record<string, Personality>
