/** OpenEMR, from the source code of its export controller, and from its FHIR API page. */
import { operationOutcome } from '../outcome.js'
import { HOUR_MS, type ManifestJson, personality } from '../personality.js'

const BASE = '/apis/default/fhir'

/** No data is `null`; what went wrong stands in the manifest itself. */
const reshape = ({ output, error, ...manifest }: ManifestJson): ManifestJson => ({
  ...manifest,
  output: (output as unknown[]).length === 0 ? null : output,
  error: (error as unknown[]).map(() =>
    operationOutcome([
      { severity: 'error', code: 'incomplete', diagnostics: 'The export stopped at the end of its time' },
    ]),
  ),
})

export const openemr = personality({
  name: 'openemr',
  summary:
    'OpenEMR: the kick-off takes as long as the work, exact headers, files for an hour from the kick-off',
  example: 'Group/123 --type Patient',
  self: { publisher: 'OpenEMR', software: 'OpenEMR' },
  basePath: BASE,
  levels: ['system', 'patient', 'group'],
  paths: { status: `${BASE}/$bulkdata-status?job={job}`, file: `${BASE}/Binary/{job}-{number}` },
  kickOff: { methods: ['get'], accept: 'exact', prefer: 'exact' },
  refusals: { job: 400 },
  parameters: ['_outputFormat', '_since', '_type'],
  progress: () => undefined,
  retryAfter: () => undefined,
  manifest: { counts: false, deleted: false, expires: () => undefined, reshape },
  requiresAccessToken: true,
  files: { keptMs: HOUR_MS },
  auth: {
    methods: ['private_key_jwt'],
    permissions: { read: 'rs', rs: 'rs', $export: '', '$bulkdata-status': '' },
    lifetimeMs: 300_000,
  },
  access: { insufficient: { status: 400, empty: false } },
  rules: ({ jobs, clock }) => [
    // The work is done inside the kick-off, whose answer waits for it.
    async (call, next) => {
      const response = await next(call)
      const job = [...jobs.all()].at(-1)
      if (call.phase === 'kick-off' && response.status === 202 && job !== undefined)
        await clock.sleep(job.readyAt - clock.now())
      return response
    },
  ],
})
