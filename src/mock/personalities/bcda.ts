/** CMS Beneficiary Claims Data API, from its source code. */
import { DAY_MS, personality } from '../personality.js'

const BASE = '/api/v2'

/** As Go prints a time. */
const goTime = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC')

export const bcda = personality({
  name: 'bcda',
  summary: 'CMS BCDA: Patient, Group/all, Group/runout; Basic, "expires_in" as text; Expires as Go has it',
  example: 'Group/all --type Patient,ExplanationOfBenefit',
  self: { publisher: 'Centers for Medicare & Medicaid Services', software: 'Beneficiary Claims Data API' },
  headers: () => ({ connection: 'close' }),
  basePath: BASE,
  levels: ['patient', 'group'],
  groups: { all: 'all', runout: '123' },
  paths: { status: `${BASE}/jobs/{job}`, file: '/data/{job}/{name}' },
  types: { exported: ['ExplanationOfBenefit', 'Patient', 'Coverage'], repeated: false },
  kickOff: { methods: ['get'] },
  // Its router knows no Group but to export it.
  refusals: { group: 400, groupRead: 404 },
  // Who is newly attributed comes with all claims; who ran out does not.
  since: { newMembers: (group) => (group === 'all' ? 'history' : 'changes') },
  outcomeWords: (_outcome, { status, phase }) =>
    phase === 'file' && status === 404
      ? { contentType: 'text/plain; charset=utf-8', text: '404 page not found\n' }
      : undefined,
  secondJob: {
    same: 'request',
    as: 'running',
    status: 429,
    code: undefined,
    headers: () => ({ 'retry-after': '0' }),
  },
  parameters: ['_type', '_since', '_typeFilter', '_outputFormat'],
  typeFilters: { most: 1 },
  progress: ({ phase, fraction }) =>
    phase === 'accepted' ? 'Pending' : `In Progress (${Math.floor(fraction * 100)}%)`,
  retryAfter: () => undefined,
  manifest: {
    counts: false,
    deleted: false,
    expires: goTime,
    reshape: (manifest, { id }) => ({ ...manifest, JobID: Number.parseInt(id.slice(0, 8), 16) }),
  },
  requiresAccessToken: true,
  files: { gzip: true, lifetimeMs: DAY_MS, blank: 'blank.ndjson' },
  delete: { done: 410 },
  auth: {
    methods: ['client_secret_basic'],
    scope: 'ignored',
    expiresIn: 'string',
    lifetimeMs: 1_200_000,
    errors: 'text',
  },
})
