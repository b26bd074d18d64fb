/** Esus Health, from its page "Bulk Export". */
import { personality } from '../personality.js'

export const esus = personality({
  name: 'esus',
  summary: 'Esus Health: everything or all patients, progress as JSON, one counted file a type',
  example: 'Patient --type Patient',
  levels: ['system', 'patient'],
  paths: { status: '/bulk-export/{job}', file: '/bulk-export/{job}/{name}' },
  kickOff: { methods: ['get'], accept: 'ignored' },
  parameters: ['_type', '_since'],
  listParameters: 'comma-only',
  progress: () => undefined,
  retryAfter: () => undefined,
  running: {
    body: ({ fraction, resources }) => ({
      status: 'in-progress',
      message: `Export in progress (${Math.floor(fraction * resources)} / ${resources} resources processed)`,
      progress: Math.floor(fraction * 100) / 100,
    }),
  },
  manifest: {
    deleted: false,
    expires: () => undefined,
    reshape: (manifest) => ({ ...manifest, request: String(manifest.request).replace(/\?.*/s, '') }),
  },
  requiresAccessToken: true,
  files: {
    pageSize: Number.MAX_SAFE_INTEGER,
    name: ({ section, type }) => `${section === 'output' ? type : section}.ndjson`,
  },
  delete: { running: 204, done: 204 },
  // Its page has a ready-made token, and no way to get one.
  auth: { methods: [], advertise: () => undefined },
})
