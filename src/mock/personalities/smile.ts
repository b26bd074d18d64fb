/** Smile CDR, from its tutorial "Provider Access: polling an export"; beyond that it is HAPI FHIR. */
import { personality } from '../personality.js'
import { hapi } from './hapi.js'

const BASE = '/fhir_request'

export const smile = personality(
  {
    name: 'smile',
    summary: 'Smile CDR: as HAPI FHIR, with the polling location in a header called Location',
    example: 'Group/123 --type Patient',
    self: { publisher: 'Smile CDR', software: 'Smile CDR' },
    basePath: BASE,
    paths: { status: `${BASE}/$export-poll-status?_jobId={job}`, file: `${BASE}/Binary/{job}-{number}` },
    kickOff: { headers: (_job, { url }) => ({ location: url }) },
  },
  hapi,
)
