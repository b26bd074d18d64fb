/** The Bulk Data IG as balloted for STU4, without a dialect: what it does that STU3 does not. */
import { type ManifestJson, personality } from '../personality.js'

const DEFINITIONS = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition'

const definitionOf = (request: string): string => {
  if (request.includes('/Group/')) return `${DEFINITIONS}/group-export|4.0.0`
  return `${DEFINITIONS}/${request.includes('/Patient/$') ? 'patient-export' : 'export'}|4.0.0`
}

const withoutType = (list: unknown): unknown[] =>
  (list as { type: string }[]).map(({ type: _type, ...entry }) => entry)

const reshape = ({ request, error, deleted, ...manifest }: ManifestJson): ManifestJson => ({
  manifestType: definitionOf(String(request)),
  ...manifest,
  deleted: withoutType(deleted),
  outcome: withoutType(error),
  extension: [{ url: 'http://bulkx.example/StructureDefinition/is-pretended', valueBoolean: true }],
})

export const stu4 = personality({
  name: 'stu4',
  summary:
    'the Bulk Data IG as balloted for STU4: POST alone, outcome for error, manifests that come in parts',
  example: 'Group/123 --type Patient --method post --list-style repeat',
  levels: ['system', 'patient', 'group'],
  kickOff: { methods: ['post'], separateStatus: true },
  parameters: [
    '_outputFormat',
    '_since',
    '_until',
    '_type',
    '_elements',
    '_typeFilter',
    'patient',
    'includeAssociatedData',
    'organizeOutputBy',
    'allowPartialManifests',
  ],
  datatypes: { includeAssociatedData: ['valueCoding'] },
  listParameters: 'repeat-only',
  manifest: { sizes: true, partialPages: 4, reshape },
})
