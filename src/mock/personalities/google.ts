/** Google Cloud Healthcare API, from the reference of its method `bulk-export-group` and those beside it. */
import type { JobView } from '../jobs.js'
import { type ManifestJson, personality } from '../personality.js'

const DATASET = '/v1beta1/projects/p/locations/us-central1/datasets/d'

/** Files lie in the bucket of the store. */
const reshape = (manifest: ManifestJson, { id }: JobView): ManifestJson => ({
  ...manifest,
  output: (manifest.output as { type?: string }[]).map(({ type }) => ({
    type,
    url: `gs://bucket/export/${id}_${type ?? 'Patient'}.ndjson`,
  })),
})

export const google = personality({
  name: 'google',
  summary: 'Google Healthcare API: the job is named by a resource name, and its files lie in gs:// buckets',
  example: 'Patient --type Patient',
  self: { publisher: 'Google', software: 'Cloud Healthcare API' },
  basePath: `${DATASET}/fhirStores/f/fhir`,
  levels: ['system', 'patient', 'group'],
  paths: { status: `${DATASET}/operations/{job}` },
  kickOff: {
    methods: ['get'],
    headers: (_job, { path }) => ({ 'content-location': path.replace('/v1beta1/', '') }),
  },
  parameters: ['_outputFormat', '_since', '_type', 'organizeOutputBy'],
  missingParameter: (given, level) =>
    level === 'group' && !given.includes('organizeOutputBy')
      ? 'organizeOutputBy is required for a group'
      : undefined,
  progress: () => 'in progress',
  retryAfter: () => undefined,
  manifest: { counts: false, deleted: false, expires: () => undefined, reshape },
  requiresAccessToken: false,
})
