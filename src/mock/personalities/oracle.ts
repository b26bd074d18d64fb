/** Oracle Health Millennium (Cerner), from "Bulk Export REST Endpoints" and the pages of its operations. */
import { DAY_MS, personality, retryAfterOf } from '../personality.js'

const BASE = '/r4/ec2458f2-1e24-41c8-b71b-0e701af7583d'

export const oracle = personality({
  name: 'oracle',
  summary:
    'Oracle Health Millennium: groups and lists of patients, one job at a time, files behind redirects',
  example: 'Group/123 --type Patient',
  basePath: BASE,
  levels: ['group', 'patient'],
  groups: { '11ec-d16a-b40370f8-9d31-577f11a339c5': '123' },
  paths: {
    status: `${BASE}/bulk-export/jobs/{job}`,
    file: `${BASE}/bulk-export/files/{job}-{number}`,
    storage: '/bulk-export-prod/{job}/{number}',
  },
  types: {
    exported:
      `AllergyIntolerance CarePlan CareTeam Condition Coverage Device DiagnosticReport DocumentReference
      Encounter Goal Immunization MedicationDispense MedicationRequest Observation Patient Procedure
      ServiceRequest`.split(/\s+/),
    accompanying: ['Location', 'Organization', 'Practitioner', 'Provenance', 'RelatedPerson'],
  },
  kickOff: { methods: ['get'], methodsAt: { patient: ['post'] }, accept: 'json' },
  refusals: { accept: 406, typeFilter: 422 },
  patientList: { required: true, most: 20_000 },
  secondJob: { same: 'anything', as: 'running', status: 429, code: 'throttled', headers: () => ({}) },
  parameters: ['_outputFormat', '_since', '_type', '_typeFilter', 'patient', 'includeAssociatedData'],
  listParameters: 'comma-only',
  progress: () => 'in-progress',
  retryAfter: (job) => retryAfterOf(600, job),
  manifest: { counts: false, deleted: false },
  requiresAccessToken: true,
  files: { lifetimeMs: 30 * DAY_MS, held: 'behind-redirect' },
  elsewhere: { used: true, credential: 'refused', signedMs: 60_000 },
  auth: { methods: ['private_key_jwt', 'client_secret_basic'], wildcard: false, excessScope: 'refuse' },
})
