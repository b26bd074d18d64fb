/** Nextech, from notes on its developer pages: nothing of it is checked there. */
import { personality, retryAfterOf } from '../personality.js'
import { requestLimit } from '../request-limit.js'

const TOKEN_LIFETIME_MS = 900_000

export const nextech = personality({
  name: 'nextech',
  summary: 'Nextech: tokens of 15 minutes, 20 requests a second, files in Azure storage',
  example: 'Group/123 --type Patient',
  basePath: '/api/r4',
  levels: ['system', 'patient', 'group'],
  paths: { status: '/api/r4/bulkstatus/{job}', storage: '/bulk-export/{job}/{number}' },
  kickOff: { methods: ['get'], accept: 'ignored' },
  progress: () => undefined,
  retryAfter: (job) => retryAfterOf(120, job),
  manifest: { deleted: false, expires: () => undefined },
  requiresAccessToken: false,
  files: { held: 'storage' },
  elsewhere: { used: true, credential: 'refused', signedMs: 3_600_000 },
  auth: { methods: ['private_key_jwt'], lifetimeMs: TOKEN_LIFETIME_MS },
  rules: ({ clock }) => [requestLimit({ clock, requests: 20, withinMs: 1000 })],
})
