/** Oracle Health Soarian Clinicals, from its pages of the bulk data operations. */
import { personality } from '../personality.js'

export const soarian = personality({
  name: 'soarian',
  summary: 'Oracle Soarian: Prefer on every request, 409 for the same request again, "true" as text',
  example: 'Group/All_Patients --type Patient',
  basePath: '/fhir/r4',
  levels: ['patient', 'group'],
  groups: { All_Patients: 'all' },
  paths: { status: '/bulk-api/request/{job}', file: '/bulk-api/download/{job}/{name}' },
  kickOff: { methods: ['get'] },
  polling: { accept: 'required', prefer: 'required' },
  refusals: { level: 501, accept: 406, prefer: 406 },
  // Line feeds and tabs stand in the text as the page prints them: as a backslash and a letter.
  outcomeWords: (outcome) => ({
    contentType: 'application/fhir+json',
    text: JSON.stringify(outcome, null, '\t').replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
  }),
  secondJob: { same: 'request', as: 'running', status: 409, code: 'conflict', headers: () => ({}) },
  parameters: ['_type', '_since', '_outputFormat'],
  progress: ({ fraction }) => `${(fraction * 100).toFixed(1)}% complete`,
  retryAfter: () => undefined,
  manifest: {
    deleted: false,
    expires: () => undefined,
    reshape: (manifest) => ({
      ...manifest,
      request: String(manifest.request).replace('/fhir/r4/', '/bulk-api/request/'),
      requiresAccessToken: String(manifest.requiresAccessToken),
    }),
  },
  requiresAccessToken: true,
  files: {
    name: ({ section, type, number }) => {
      const guid = `${String(number).padStart(8, '0')}-5f0e-4c7a-9d4b-2f6f0c1d7e5a`
      return `${guid}_${section === 'output' ? type : `${type}_${section}`}.ndjson`
    },
  },
  delete: { outcome: true },
  expired: { status: 404, code: 'deleted', file: 404 },
})
