/** The reference server: what every personality is where it does not say otherwise. */
import type { Personality } from '../personality.js'
import { referenceAccess, referenceAuth } from '../token-row.js'

const DAY_MS = 86_400_000

/** The Bulk Data Access IG, STU2 and STU3, without a dialect. */
export const reference: Personality = {
  name: 'reference',
  summary: 'the Bulk Data Access IG, STU2 and STU3, to the letter',
  example: 'Group/123 --type Patient',
  basePath: '/fhir',
  operation: '$export',
  levels: ['system', 'patient', 'group', 'type', 'instance'],
  groups: {},
  paths: {
    status: '/fhir/bulkstatus/{job}',
    file: '/fhir/bulkfiles/{job}/{name}',
    storage: '/bulk-export/{job}/{number}',
  },
  types: { exported: undefined, accompanying: [], anyCase: false },
  kickOff: {
    methods: ['get', 'post'],
    methodsAt: {},
    accept: 'required',
    prefer: 'required',
    status: 202,
    headers: (_job, { url }) => ({ 'content-location': url }),
    body: () => undefined,
  },
  refusals: { level: 404, accept: 400, prefer: 400, typeFilter: 400 },
  outcomeType: 'application/fhir+json',
  patientList: { required: false, most: Number.POSITIVE_INFINITY },
  since: { dates: false, missingMs: undefined },
  secondJob: undefined,
  parameters: [
    '_outputFormat',
    '_since',
    '_until',
    '_type',
    '_elements',
    '_typeFilter',
    'patient',
    'includeAssociatedData',
    'allowPartialManifests',
  ],
  listParameters: 'comma-or-repeat',
  outputFormats: ['application/fhir+ndjson', 'application/ndjson', 'ndjson'],
  progress: ({ fraction }) => `${Math.floor(fraction * 100)}% complete`,
  retryAfter: () => '1',
  earlyPoll: undefined,
  running: { status: 202, headers: () => ({}), body: () => undefined },
  manifest: {
    contentType: 'application/json',
    counts: true,
    deleted: true,
    expires: (at) => new Date(at).toUTCString(),
    reshape: (manifest) => manifest,
  },
  requiresAccessToken: undefined,
  files: {
    contentType: 'application/fhir+ndjson',
    gzip: false,
    ranges: true,
    lifetimeMs: DAY_MS,
    pageSize: 10_000,
    name: ({ section, type, number }) =>
      section === 'output' ? `${type}.${number}.ndjson` : `${type}.${section}.${number}.ndjson`,
    held: 'here',
  },
  elsewhere: { used: false, credential: 'refused', signedMs: 60_000 },
  delete: { running: 202, done: 202, again: 404, after: 404, outcome: false, afterText: undefined },
  auth: referenceAuth,
  access: referenceAccess,
  rules: () => [],
}
