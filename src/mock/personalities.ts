/** The rows that `--personality` and `mock:<name>` choose from. */
import { oneUpSte } from './personalities/1up-ste.js'
import { ab2d } from './personalities/ab2d.js'
import { athena } from './personalities/athena.js'
import { bcda } from './personalities/bcda.js'
import { dpc } from './personalities/dpc.js'
import { epic } from './personalities/epic.js'
import { esus } from './personalities/esus.js'
import { greenway } from './personalities/greenway.js'
import { interopio } from './personalities/interopio.js'
import { modmed } from './personalities/modmed.js'
import { netsmart } from './personalities/netsmart.js'
import { nextech } from './personalities/nextech.js'
import { oracle } from './personalities/oracle.js'
import { soarian } from './personalities/soarian.js'
import { veradigm } from './personalities/veradigm.js'
import { type Personality, reference } from './personality.js'

export const personalities = {
  reference,
  interopio,
  greenway,
  oracle,
  esus,
  '1up-ste': oneUpSte,
  epic,
  athena,
  veradigm,
  nextech,
  modmed,
  netsmart,
  soarian,
  bcda,
  ab2d,
  dpc,
} as const satisfies Record<string, Personality>
