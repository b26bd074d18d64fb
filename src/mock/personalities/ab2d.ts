/** CMS AB2D (claims for Part D sponsors), from its source code and its site. */
import { HOUR_MS, personality, retryAfterOf } from '../personality.js'

const BASE = '/api/v2/fhir'

export const ab2d = personality({
  name: 'ab2d',
  summary:
    'CMS AB2D: claims since the last export, 429 for early looks, six downloads a file, 403 for old tokens',
  example: 'Patient --type ExplanationOfBenefit',
  self: { publisher: 'Centers for Medicare & Medicaid Services', software: 'AB2D' },
  basePath: BASE,
  levels: ['patient'],
  paths: { status: `${BASE}/Job/{job}/$status`, file: `${BASE}/Job/{job}/file/{name}` },
  types: { exported: ['ExplanationOfBenefit'] },
  kickOff: { methods: ['get'] },
  since: { sinceLast: true },
  secondJob: {
    same: 'anything',
    as: 'running',
    status: 429,
    code: 'throttled',
    headers: (locations) => ({ 'content-location': locations.join(', ') }),
  },
  parameters: ['_type', '_since', '_until', '_outputFormat'],
  progress: ({ fraction }) => `${Math.floor(fraction * 100)}% complete`,
  retryAfter: (job) => retryAfterOf(5, job),
  earlyPoll: 429,
  manifest: {
    counts: false,
    deleted: false,
    extension: ({ sha256, sizeBytes }) => [
      { url: 'https://ab2d.cms.gov/checksum', valueString: `sha256:${sha256}` },
      { url: 'https://ab2d.cms.gov/file_length', valueDecimal: sizeBytes },
    ],
  },
  requiresAccessToken: true,
  files: {
    contentType: 'application/fhir+ndjson',
    gzip: true,
    lifetimeMs: 72 * HOUR_MS,
    name: ({ type, number }) => `Z0000_${String(number).padStart(4, '0')}_${type}.ndjson`,
    headers: ({ name }) => ({
      'content-disposition': `inline; swaggerDownload="attachment"; filename="${name}"`,
    }),
    fetches: 6,
  },
  // Okta's, where the tokens are had.
  elsewhere: { used: true },
  delete: { done: 400 },
  expired: { status: 404, code: 'not-found', file: 500 },
  auth: {
    tokenUrl: '/oauth2/aus2r7y3gdaFMKBol297/v1/token',
    tokenHost: 'elsewhere',
    methods: ['client_secret_basic'],
    scope: 'ignored',
    lifetimeMs: HOUR_MS,
  },
  access: { invalid: { status: 403, empty: true } },
})
