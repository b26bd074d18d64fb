/** LinuxForHealth (IBM) FHIR server, from its guide "FHIR Bulk Operations", and from issues. */
import type { JobView } from '../jobs.js'
import { HOUR_MS, type ManifestJson, personality } from '../personality.js'

const BASE = '/fhir-server/api/v4'
const ZONE_MS = 5 * HOUR_MS

/** `2020/01/20 16:53:41.160 -0500`. */
const timeText = (at: number): string =>
  `${new Date(at - ZONE_MS).toISOString().replaceAll('-', '/').replace('T', ' ').replace('Z', '')} -0500`

const reshape = (
  { request, error, ...manifest }: ManifestJson,
  { transactionAt }: JobView,
): ManifestJson => ({
  ...manifest,
  transactionTime: timeText(transactionAt),
  request: String(request).split(`${BASE}/`).at(-1),
  ...((error as unknown[]).length > 0 ? { error } : {}),
})

export const linuxforhealth = personality({
  name: 'linuxforhealth',
  summary: 'LinuxForHealth FHIR: opaque job ids, times in a form of its own, files in object storage',
  example: 'Patient --type Patient',
  self: { publisher: 'LinuxForHealth', software: 'LinuxForHealth FHIR Server' },
  basePath: BASE,
  levels: ['system', 'patient', 'group'],
  paths: { status: `${BASE}/$bulkdata-status?job={job}%3D%3D`, storage: '/fhir-bulk/{job}/{number}' },
  kickOff: { accept: 'ignored' },
  parameters: ['_outputFormat', '_since', '_type', '_typeFilter'],
  outputFormats: ['application/fhir+ndjson', 'application/ndjson', 'ndjson', 'application/fhir+parquet'],
  progress: () => undefined,
  retryAfter: () => undefined,
  manifest: { deleted: false, expires: () => undefined, reshape },
  requiresAccessToken: false,
  files: { held: 'storage' },
  elsewhere: { used: true, credential: 'refused', signedMs: HOUR_MS },
  delete: { again: 200 },
})
