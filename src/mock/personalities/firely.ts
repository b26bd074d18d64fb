/** Firely Server, from its page "Bulk Data Export". */
import type { Middleware } from '../handler.js'
import { operationOutcome, outcomeResponse } from '../outcome.js'
import { personality } from '../personality.js'

/** Files are NDJSON, and must be asked for as that. */
const ndjsonAlone: Middleware = async (call, next) =>
  call.phase === 'file' && call.request.headers.get('accept') !== 'application/fhir+ndjson'
    ? outcomeResponse(406, 'not-supported', 'The Accept header has to be application/fhir+ndjson')
    : next(call)

export const firely = personality({
  name: 'firely',
  summary:
    'Firely Server: jobs are queued, a cancelled one is 410, files want Accept: application/fhir+ndjson',
  example: 'Patient --type Patient',
  self: { publisher: 'Firely', software: 'Firely Server' },
  basePath: '',
  levels: ['system', 'patient', 'group'],
  paths: {
    status: '/$exportstatus?_jobId={job}',
    file: '/$exportfilerequest/?_jobId={job}&_filename={name}',
  },
  kickOff: {
    methods: ['get'],
    body: () =>
      operationOutcome([
        { severity: 'information', code: 'informational', diagnostics: 'The export task is queued' },
      ]),
  },
  progress: ({ fraction }) => (fraction < 0.3 ? 'Queued' : 'Active'),
  retryAfter: () => undefined,
  manifest: { counts: false, deleted: false, expires: () => undefined },
  requiresAccessToken: true,
  delete: { after: 410 },
  rules: () => [ndjsonAlone],
})
