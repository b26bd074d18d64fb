/** athenahealth, from its OpenAPI description, its page "FHIR Bulk Export" and notes of people who use it. */
import { operationOutcome } from '../outcome.js'
import { HOUR_MS, personality } from '../personality.js'

const BASE = '/fhir/r4'

export const athena = personality({
  name: 'athena',
  summary: 'athenahealth: groups of practices, scopes in .rs alone, signed file URLs',
  example: 'Group/a-1.C-195900 --type Patient',
  // CloudFront says so of every refusal.
  headers: (status): Record<string, string> => (status >= 400 ? { 'x-cache': 'Error from cloudfront' } : {}),
  basePath: BASE,
  levels: ['group'],
  groups: { 'a-1.C-195900': '123' },
  paths: { status: `${BASE}/bulk/status/{job}` },
  kickOff: { methods: ['get'] },
  parameters: ['_type', '_since', '_outputFormat'],
  progress: ({ fraction }) => `${Math.floor(fraction * 100)}%`,
  retryAfter: () => undefined,
  manifest: { deleted: false, expires: () => undefined },
  requiresAccessToken: false,
  files: { held: 'storage' },
  elsewhere: { used: true, credential: 'refused', signedMs: HOUR_MS },
  auth: {
    methods: ['client_secret_basic', 'private_key_jwt'],
    permissions: { rs: 'rs', read: 'r', r: 'r' },
    lifetimeMs: HOUR_MS,
  },
  access: { insufficient: { status: 401, empty: false } },
  outcomeWords: (outcome, { status, phase }) =>
    phase === 'kick-off' && status === 401 && outcome.issue.some(({ code }) => code === 'forbidden')
      ? {
          contentType: 'application/fhir+json',
          text: JSON.stringify(
            operationOutcome([
              { severity: 'error', code: 'login', diagnostics: 'Must have scopes allowing read+search' },
            ]),
          ),
        }
      : undefined,
})
