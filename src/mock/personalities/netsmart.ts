/** Netsmart CareConnect, from its pages "Bulk Data" and "$export-poll-status", and from notes on them. */
import { personality, retryAfterOf } from '../personality.js'

const BASE = '/fhir/certified/v1'

export const netsmart = personality({
  name: 'netsmart',
  summary:
    'Netsmart: groups by GET or POST, status at $export-poll-status?_id=, files at Binary/…/$export-download',
  example: 'Group/123 --type Patient',
  headers: (status) => ({ 'x-correlation-id': `0000-${status}` }),
  basePath: BASE,
  levels: ['group'],
  paths: {
    status: `${BASE}/$export-poll-status?_id={job}`,
    file: `${BASE}/Binary/{job}-{number}/$export-download`,
  },
  kickOff: { methods: ['get', 'post'] },
  refusals: { level: 403 },
  parameters: ['_type', '_since', '_outputFormat'],
  secondJob: { same: 'anything', as: 'running', status: 429, code: 'throttled', headers: () => ({}) },
  progress: ({ fraction }) => `Running (${Math.floor(fraction * 100)}% complete)`,
  retryAfter: (job) => retryAfterOf(120, job),
  manifest: { deleted: false, expires: () => undefined },
  requiresAccessToken: true,
})
