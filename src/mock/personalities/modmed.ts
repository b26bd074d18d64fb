/** ModMed (Modernizing Medicine, EMA), from notes on its developer pages: nothing of it is checked there. */
import { operationOutcome } from '../outcome.js'
import { personality, retryAfterOf } from '../personality.js'

const BASE = '/firm/ema/fhir/v2'

export const modmed = personality({
  name: 'modmed',
  summary: 'ModMed: POST with a query, "Status: In Progress", scopes in .rs alone, tokens of 30 minutes',
  example: 'Group/123 --type Patient',
  basePath: BASE,
  paths: { status: `${BASE}/fhir-services/$export-status/{job}` },
  kickOff: { methods: ['post-query'] },
  parameters: ['_outputFormat', '_since', '_type'],
  outcomeWords: (outcome, { status, phase }) =>
    phase === 'kick-off' &&
    status === 400 &&
    outcome.issue.some(({ diagnostics }) => /_outputFormat/.test(diagnostics))
      ? {
          contentType: 'application/fhir+json',
          text: JSON.stringify(
            operationOutcome([{ severity: 'error', code: 'invalid', diagnostics: 'Invalid Tenant' }]),
          ),
        }
      : undefined,
  progress: () => undefined,
  retryAfter: (job) => retryAfterOf(120, job),
  running: { headers: () => ({ status: 'In Progress' }) },
  manifest: {
    expires: () => undefined,
    reshape: (manifest, { expiresAt }) => ({
      ...manifest,
      expirationTime: new Date(expiresAt).toISOString(),
    }),
  },
  requiresAccessToken: false,
  files: { pageSize: 1000, held: 'storage' },
  elsewhere: { used: true, credential: 'refused', signedMs: 3_600_000 },
  auth: {
    methods: ['private_key_jwt'],
    algorithms: ['ES384'],
    permissions: { rs: 'rs' },
    lifetimeMs: 1_800_000,
  },
  access: {
    missing: { status: 401, empty: true },
    invalid: { status: 401, empty: true },
    outsideScope: 'skip',
  },
})
