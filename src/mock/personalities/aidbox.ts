/** Aidbox, from its page "$export". */
import { HOUR_MS, personality } from '../personality.js'

export const aidbox = personality({
  name: 'aidbox',
  summary: 'Aidbox: one export at a time, a relative polling location, signed files, .gz without a coding',
  example: 'Patient --type Patient',
  self: { publisher: 'Health Samurai', software: 'Aidbox' },
  levels: ['system', 'patient', 'group'],
  paths: { status: '/fhir/$export-status/{job}', storage: '/exports/{job}/{number}' },
  kickOff: { methods: ['get'], headers: (_job, { path }) => ({ 'content-location': path }) },
  parameters: ['_outputFormat', '_type', '_since', 'patient'],
  patientList: { inQuery: true },
  outputFormats: ['application/fhir+ndjson', 'application/fhir+ndjson+gzip'],
  secondJob: { same: 'anything', as: 'running', status: 429, code: 'throttled', headers: () => ({}) },
  progress: () => undefined,
  retryAfter: () => undefined,
  manifest: {
    deleted: false,
    expires: () => undefined,
    reshape: ({ request, ...manifest }) => ({
      status: 'completed',
      ...manifest,
      request: String(request).replace(/^https?:\/\/[^/]*/i, '[base]'),
    }),
  },
  requiresAccessToken: false,
  files: { held: 'storage', storedGzip: ['application/fhir+ndjson+gzip'] },
  elsewhere: { used: true, credential: 'refused', signedMs: HOUR_MS },
})
