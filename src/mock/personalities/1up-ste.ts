/** 1upHealth, single-tenant environment, from its help page "Export Bulk Data". */
import type { JobView } from '../jobs.js'
import { HOUR_MS, personality } from '../personality.js'

const BASE = '/bulk-data/r4'
const BATCHES = 23

/** What the status endpoint says in any state, when so many batches are complete. */
const statusBody = (job: JobView, complete: number, status: string) => ({
  id: job.id,
  transactionTime: new Date(job.transactionAt).toISOString(),
  request: job.request.replace(/\?.*/s, ''),
  requiresAccessToken: true,
  status,
  resourceCount: job.resources,
  batches: { running: BATCHES - complete, complete, failed: 0, total: BATCHES },
  lastUpdated: new Date(job.now).toISOString(),
})

export const oneUpSte = personality({
  name: '1up-ste',
  summary: '1upHealth, single-tenant: client headers, batches in JSON, "file" for "url", no DELETE',
  example: 'system --type Patient',
  basePath: BASE,
  levels: ['system', 'group', 'instance'],
  paths: {
    status: `${BASE}/$export/job/{job}`,
    file: `${BASE}/$export/file/{type}_{job}-{number}.ndjson`,
  },
  types: { anyCase: true },
  kickOff: {
    methods: ['get'],
    accept: 'ignored',
    prefer: 'ignored',
    body: ({ id }, { url }) => ({ id, status: url, message: `The export job ${id} was started` }),
  },
  parameters: ['_type', '_since'],
  listParameters: 'comma-only',
  since: { dates: true },
  progress: () => undefined,
  retryAfter: () => undefined,
  running: {
    // The page does not say which of the two it is.
    status: ({ polls }) => (polls % 2 === 1 ? 200 : 202),
    body: (job) => statusBody(job, Math.floor(job.fraction * BATCHES), 'In Progress'),
  },
  manifest: {
    deleted: false,
    expires: () => undefined,
    reshape: ({ output }, job) => ({
      ...statusBody(job, BATCHES, 'Successful'),
      output: (output as { type: string; url: string }[]).map(({ type, url }) => ({ type, file: url })),
    }),
  },
  requiresAccessToken: true,
  files: { lifetimeMs: Number.POSITIVE_INFINITY, pageSize: 500 },
  delete: { running: 405, done: 405, again: 405 },
  auth: { lifetimeMs: 2 * HOUR_MS, methods: ['client_secret_basic', 'client_secret_post'] },
  access: { clientHeaders: { id: 'client_id', secret: 'client_secret' }, files: 'client-headers' },
})
