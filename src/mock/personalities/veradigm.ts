/** Altera and Veradigm (Allscripts), from "Bulk Data" of the developer portal and notes of people who use it. */
import { personality, retryAfterOf } from '../personality.js'

export const veradigm = personality({
  name: 'veradigm',
  summary: 'Altera and Veradigm: groups; 429 for whoever looks before Retry-After; RSA keys alone',
  example: 'Group/123 --type Patient',
  basePath: '/r4/fhir',
  levels: ['group'],
  paths: { status: '/r4/fhir/bulkstatus/{job}', file: '/r4/fhir/bulkfiles/{job}/{name}' },
  kickOff: { methods: ['get'] },
  parameters: ['_type', '_since', '_outputFormat'],
  retryAfter: (job) => retryAfterOf(60, job),
  earlyPoll: 429,
  manifest: { deleted: false },
  auth: {
    methods: ['private_key_jwt'],
    algorithms: ['RS384'],
    // What works is not listed.
    advertise: ({ token_endpoint_auth_signing_alg_values_supported: _unsaid, ...configuration }) => ({
      ...configuration,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      capabilities: ['client-confidential-symmetric', 'permission-v1', 'permission-v2'],
    }),
  },
})
