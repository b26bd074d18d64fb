/** Greenway Health (Intergy, Prime Suite), from its developer page "FHIR Bulk Access". */
import { operationOutcome } from '../outcome.js'
import { DAY_MS, personality } from '../personality.js'

export const greenway = personality({
  name: 'greenway',
  summary: 'Greenway Health: groups, of the last 24 hours unless _since is given, files at another host',
  example: 'Group/123 --type Patient',
  basePath: '/fhir/R4/tenant-1',
  levels: ['group'],
  paths: { status: '/fhir/R4/tenant-1/bulkstatus/{job}', file: '/serverpath2/{job}/{name}' },
  kickOff: {
    methods: ['get'],
    body: () =>
      operationOutcome([
        { severity: 'information', code: 'informational', diagnostics: 'The export was accepted' },
      ]),
  },
  outcomeType: 'application/json',
  parameters: ['_since', '_type'],
  listParameters: 'comma-only',
  since: { dates: true, missingMs: DAY_MS },
  progress: ({ fraction }) => (fraction < 0.5 ? 'Collecting resources' : 'Writing files'),
  retryAfter: () => undefined,
  manifest: {
    counts: false,
    deleted: false,
    expires: () => undefined,
    // The page's own example says Patient/$export of a Group operation.
    reshape: (manifest) => ({
      ...manifest,
      request: String(manifest.request).replace(/\/Group\/[^/]+\//, '/Patient/'),
      extension: { 'http://myserver.example.org/extra-property': true },
    }),
  },
  requiresAccessToken: true,
  files: {
    name: ({ section, type, number }) =>
      section === 'error' ? `err_file_${number}.ndjson` : `${type.toLowerCase()}_file_${number}.ndjson`,
    held: 'elsewhere',
  },
  elsewhere: { used: true, credential: 'required' },
  delete: { outcome: true },
  auth: {
    tokenHost: 'elsewhere',
    methods: ['private_key_jwt'],
    algorithms: ['ES384'],
    excessScope: 'refuse',
  },
})
