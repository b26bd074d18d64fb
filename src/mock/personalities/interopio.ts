/** InteropiO Epic R4 Gateway, from its help page "Bulk Export in the Epic R4 Gateway". */
import { personality, retryAfterOf } from '../personality.js'

const FIRST_WAIT_S = 10
const MOST_DOUBLINGS = 10

export const interopio = personality({
  name: 'interopio',
  summary: 'InteropiO Epic R4 Gateway: single resource types, in files of 100 resources',
  example: 'Practitioner',
  basePath: '/gateway/fhir/r4',
  levels: ['type'],
  paths: { status: '/gateway/fhir/r4/bulkstatus/{job}', file: '/gateway/bulkfiles/{job}/{name}' },
  types: { exported: ['Location', 'Patient', 'Practitioner'] },
  kickOff: { methods: ['get'], accept: 'ignored' },
  // None is documented: what becomes of one that is sent all the same is not written anywhere.
  parameters: [],
  strangeParameters: 'ignored',
  // Ids, as a number and nothing else: it is no percentage.
  progress: ({ fraction, resources }) => String(Math.floor(fraction * resources)),
  retryAfter: (job) => retryAfterOf(FIRST_WAIT_S * 2 ** Math.min(job.polls - 1, MOST_DOUBLINGS), job),
  manifest: {
    counts: false,
    deleted: false,
    // Its page speaks of `output` and `error`, and of URLs in them.
    reshape: ({ output, error }) => ({ output, error }),
  },
  files: { pageSize: 100 },
  auth: { advertise: () => undefined },
})
