/** Medplum, from the source code of its bulk data routes. */
import { HOUR_MS, personality } from '../personality.js'

const BASE = '/fhir/R4'

export const medplum = personality({
  name: 'medplum',
  summary: 'Medplum: 202 without a word, also for a job that has failed; links of files made at each look',
  example: 'Group/123 --type Patient',
  self: { publisher: 'Medplum', software: 'Medplum' },
  basePath: BASE,
  levels: ['system', 'group'],
  paths: { status: `${BASE}/bulkdata/export/{job}`, storage: '/storage/{job}/{number}' },
  kickOff: { methods: ['get'], accept: 'ignored', prefer: 'ignored' },
  parameters: ['_type', '_since'],
  progress: () => undefined,
  retryAfter: () => undefined,
  failures: 'unnoticed',
  manifest: { counts: false, expires: () => undefined },
  requiresAccessToken: false,
  files: { held: 'storage' },
  elsewhere: { used: true, credential: 'refused', signedMs: HOUR_MS },
  delete: { again: 202 },
  auth: { methods: ['client_secret_basic', 'private_key_jwt'] },
})
