/** CMS Data at the Point of Care, from its source code. */
import { rangeFaults } from '../faults/ranges.js'
import { DAY_MS, personality } from '../personality.js'

const BASE = '/api/v1'
const { lyingRange } = rangeFaults

export const dpc = personality({
  name: 'dpc',
  summary: 'CMS DPC: checksums, no DELETE, ranges that are wrong, 410 without a body after a day',
  example: 'Group/123 --type Patient,ExplanationOfBenefit',
  self: { publisher: 'Centers for Medicare and Medicaid Services', software: 'Data @ Point of Care API' },
  basePath: BASE,
  levels: ['patient', 'group'],
  paths: { status: `${BASE}/Jobs/{job}`, file: `${BASE}/Data/{job}-{number}.{type}.ndjson` },
  types: { exported: ['ExplanationOfBenefit', 'Patient', 'Coverage'] },
  kickOff: { methods: ['get'], prefer: 'exact' },
  refusals: { emptyGroup: 406 },
  outcomeWords: (_outcome, { status, phase }) =>
    phase === 'status' && status === 404
      ? { contentType: 'text/plain', text: 'Could not find job' }
      : undefined,
  parameters: ['_type', '_since', '_outputFormat'],
  progress: ({ phase, fraction }) =>
    phase === 'accepted' ? 'QUEUED: 0.00%' : `RUNNING: ${(fraction * 100).toFixed(2)}%`,
  retryAfter: () => undefined,
  manifest: {
    deleted: false,
    extension: ({ sha256, sizeBytes }) => [
      { url: 'https://dpc.cms.gov/checksum', valueString: `sha256:${sha256}` },
      { url: 'https://dpc.cms.gov/file_length', valueDecimal: sizeBytes },
    ],
    reshape: (manifest, { acceptedAt, now }) => ({
      ...manifest,
      extension: [
        { url: 'https://dpc.cms.gov/submit_time', valueDateTime: new Date(acceptedAt).toISOString() },
        { url: 'https://dpc.cms.gov/complete_time', valueDateTime: new Date(now).toISOString() },
      ],
    }),
  },
  requiresAccessToken: true,
  files: {
    lifetimeMs: DAY_MS,
    headers: ({ content: { tag } }, { acceptedAt }) => ({ etag: tag, 'last-modified': String(acceptedAt) }),
  },
  delete: { running: 405, done: 405, again: 405 },
  expired: { status: 410, code: undefined, file: 410 },
  auth: {
    tokenUrl: `${BASE}/Token/auth`,
    methods: ['private_key_jwt'],
    permissions: { '*': 'rs' },
  },
  rules: () => [
    lyingRange({ range: 'end' }).around,
    lyingRange({ range: 'total' }).around,
    lyingRange({ range: '1MB' }).around,
  ],
})
