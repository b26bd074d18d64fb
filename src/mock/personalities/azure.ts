/** Microsoft FHIR server and Azure, from the source code, the page "Export your FHIR data", and issues. */
import type { Middleware } from '../handler.js'
import { personality } from '../personality.js'
import { storageRefusal } from '../storage.js'

/** Azure storage knows neither the tokens of the FHIR server nor anonymous readers. */
const storage: Middleware = async (call, next) =>
  call.elsewhere && call.phase === 'file'
    ? storageRefusal(
        409,
        'PublicAccessNotPermitted',
        'Public access is not permitted on this storage account.',
      ).response()
    : next(call)

export const azure = personality({
  name: 'azure',
  summary:
    'Microsoft FHIR server: exact headers, _till for _until, files in storage that wants rights of its own',
  example: 'Patient --type Patient',
  self: { publisher: 'Microsoft', software: 'Microsoft FHIR Server' },
  basePath: '',
  levels: ['system', 'patient', 'group'],
  paths: { status: '/_operations/export/{job}', file: '/export-{job}/{name}' },
  kickOff: { methods: ['get'], accept: 'exact', prefer: 'or-handling' },
  outputFormats: ['application/fhir+ndjson'],
  parameters: [
    '_outputFormat',
    '_since',
    '_till',
    '_type',
    '_typeFilter',
    '_container',
    '_format',
    '_maxCount',
    '_isParallel',
    '_anonymizationConfig',
    '_anonymizationConfigCollectionReference',
    '_anonymizationConfigEtag',
    'includeAssociatedData',
  ],
  missingParameter: (given) =>
    given.includes('_typeFilter') && !given.includes('_type')
      ? '_typeFilter needs _type beside it'
      : undefined,
  progress: () => undefined,
  retryAfter: () => undefined,
  manifest: {
    deleted: false,
    expires: () => undefined,
    reshape: (manifest) => ({ ...manifest, issues: [] }),
  },
  requiresAccessToken: false,
  files: {
    pageSize: 100_000,
    name: ({ type, number }) => `${type}-${number}.ndjson`,
    held: 'elsewhere',
  },
  elsewhere: { used: true, credential: 'ignored' },
  rules: () => [storage],
})
