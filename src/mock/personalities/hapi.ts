/** HAPI FHIR, from the source code of its export provider, and from issues of people who use it. */
import { contentFaults } from '../faults/contents.js'
import { HOUR_MS, type ManifestJson, personality, retryAfterOf } from '../personality.js'

const BASE = '/fhir'

/** Of an export without files, only the rest is there. */
const reshape = ({ request, output, error, ...manifest }: ManifestJson): ManifestJson => {
  const lists = { output: output as unknown[], error: error as unknown[] }
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0)
  const msg = 'Export complete, but no data to generate report for job instance'
  return {
    ...manifest,
    request: String(request).replace(/^https?:\/\/[^/]*/i, ''),
    ...Object.fromEntries(filled),
    ...(filled.length === 0 ? { msg } : {}),
  }
}

export const hapi = personality({
  name: 'hapi',
  summary: 'HAPI FHIR: sentences as progress, files as Binary, in an envelope unless NDJSON is asked for',
  example: 'Patient --type Patient',
  self: { publisher: 'Not provided', software: 'HAPI FHIR Server' },
  basePath: BASE,
  levels: ['system', 'patient', 'group', 'instance'],
  paths: { status: `${BASE}/$export-poll-status?_jobId={job}`, file: `${BASE}/Binary/{job}-{number}` },
  kickOff: { accept: 'ignored' },
  outputFormats: ['application/fhir+ndjson'],
  parameters: ['_outputFormat', '_type', '_since', '_until', '_typeFilter', 'patient', '_mdm'],
  since: { groupLooksAt: 'changed-patients' },
  // The same request again is answered with the job that there is, unless it wants nothing cached.
  secondJob: {
    same: 'request',
    as: 'kept',
    status: 202,
    code: undefined,
    cacheControl: 'obeyed',
    headers: () => ({}),
  },
  progress: ({ acceptedAt }) =>
    `Build in progress - Status set to IN_PROGRESS at ${new Date(acceptedAt).toISOString()}`,
  retryAfter: (job) => retryAfterOf(120, job),
  manifest: { counts: false, deleted: false, expires: () => undefined, reshape },
  requiresAccessToken: true,
  // The job stays complete when its files are gone.
  files: { pageSize: 1000, lifetimeMs: Number.POSITIVE_INFINITY, keptMs: 2 * HOUR_MS },
  delete: { running: 202, done: 404, outcome: true },
  rules: () => [contentFaults.envelope({ when: 'not-asked' }).around],
})
