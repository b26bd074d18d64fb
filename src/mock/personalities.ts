/** The rows that `--personality` and `mock:<name>` choose from. */
import { oneUpSte } from './personalities/1up-ste.js'
import { ab2d } from './personalities/ab2d.js'
import { aidbox } from './personalities/aidbox.js'
import { athena } from './personalities/athena.js'
import { azure } from './personalities/azure.js'
import { bcda } from './personalities/bcda.js'
import { davinci } from './personalities/davinci.js'
import { dpc } from './personalities/dpc.js'
import { epic } from './personalities/epic.js'
import { esus } from './personalities/esus.js'
import { firely } from './personalities/firely.js'
import { google } from './personalities/google.js'
import { greenway } from './personalities/greenway.js'
import { hapi } from './personalities/hapi.js'
import { interopio } from './personalities/interopio.js'
import { linuxforhealth } from './personalities/linuxforhealth.js'
import { medplum } from './personalities/medplum.js'
import { modmed } from './personalities/modmed.js'
import { netsmart } from './personalities/netsmart.js'
import { nextech } from './personalities/nextech.js'
import { openemr } from './personalities/openemr.js'
import { oracle } from './personalities/oracle.js'
import { smile } from './personalities/smile.js'
import { soarian } from './personalities/soarian.js'
import { stu4 } from './personalities/stu4.js'
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
  hapi,
  smile,
  azure,
  google,
  aidbox,
  medplum,
  openemr,
  linuxforhealth,
  firely,
  davinci,
  stu4,
} as const satisfies Record<string, Personality>
