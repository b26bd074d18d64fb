/** What a manifest lists beside its data: the server's messages, and what was deleted. */
import { syntheticData } from '../data/synthetic.js'
import { editContent, editManifest } from '../edit.js'
import type { OutcomeIssue } from '../outcome.js'
import type { ManifestJson } from '../personality.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

const issue = (severity: OutcomeIssue['severity'], diagnostics: string): OutcomeIssue => ({
  severity,
  code: 'processing',
  diagnostics,
})

/** A server that reports these issues in a file of its own. */
const reporting =
  (issues: readonly OutcomeIssue[], reshape?: (manifest: ManifestJson) => unknown) => (): ScenarioServer => ({
    personality: reshape ? { manifest: { reshape } } : {},
    options: { data: { ...syntheticData({ seed: 1, patients: 10 }), reports: () => issues } },
  })

const failures = [
  issue('error', 'Observation/obs-17 could not be read: "Größe" überschritten'),
  issue('error', 'Observation/obs-18 could not be read'),
  issue('warning', 'the group has members that are deceased'),
]

const outcome = {
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'exception', diagnostics: 'Condition could not be exported' }],
}

const plainResources = [
  { resourceType: 'Patient', id: 'pat-901' },
  { resourceType: 'Reference', reference: 'Observation/obs-902' },
]

export const manifestMessageScenarios: readonly Scenario[] = [
  {
    id: 'M-08',
    priority: 'A',
    server: 'an OperationOutcome in the list of errors itself',
    make: () => ({
      personality: { manifest: { reshape: (manifest) => ({ ...manifest, error: [outcome] }) } },
    }),
  },
  {
    id: 'M-09',
    priority: 'A',
    server: 'outcome in place of error',
    make: reporting(failures, ({ error, ...manifest }) => ({ ...manifest, outcome: error })),
    variants: { both: reporting(failures, (manifest) => ({ ...manifest, outcome: manifest.error })) },
  },
  {
    id: 'M-10',
    priority: 'A',
    server: 'an error file with warnings and information alone',
    make: reporting([issue('warning', 'Practitioner was left out'), issue('information', 'took 3 s')]),
  },
  {
    id: 'M-11',
    priority: 'A',
    server: 'an error file with errors, and data that is good',
    make: reporting(failures),
  },
  {
    id: 'M-35',
    priority: 'A',
    server: 'a type that was not asked for, and none of one that was',
    make: () => ({
      personality: {
        manifest: {
          reshape: (manifest) => ({
            ...manifest,
            output: (manifest.output as { type: string }[]).map((entry) =>
              entry.type === 'Observation' ? { ...entry, type: 'Provenance' } : entry,
            ),
          }),
        },
      },
    }),
  },
  {
    id: 'M-36',
    priority: 'B',
    server: 'a file of Bundles that say what was deleted',
    make: () => ({}),
  },
  {
    id: 'M-37',
    priority: 'B',
    server: 'a list of deleted with plain resources and references',
    make: () => ({
      faults: [
        editManifest('uncountedDeletions', {}, (manifest) => {
          manifest.deleted = (manifest.deleted as { count?: number }[]).map(
            ({ count: _count, ...entry }) => entry,
          )
        }),
        editContent('plainDeletions', {}, (content, { file }) =>
          file?.name.includes('deleted')
            ? Buffer.from(plainResources.map((resource) => `${JSON.stringify(resource)}\n`).join(''))
            : content,
        ),
      ],
    }),
  },
]
