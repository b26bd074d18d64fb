/** Presets for the claims of the Centers for Medicare & Medicaid Services. Data only. */
import type { Preset } from '../presets.js'

export const cmsPresets = {
  bcda: {
    title: 'CMS Beneficiary Claims Data API (BCDA)',
    summary:
      'exports Patient, Group/all and Group/runout; one job for the same request; files live 24 hours, finished jobs cannot be deleted',
    grade: 'source',
    options: { auth: 'client-secret-basic', cleanup: 'never', 'poll-min': '30s' },
    advice: {
      levels: { Patient: { methods: ['get'] }, 'Group/<id>': { methods: ['get'] } },
      parameters: ['type', 'since', 'type-filter', 'output-format'],
      // GetNewAndExistingBenes is for Group/all alone; all others ask for the existing ones, changes of theirs only.
      newMembersWhole: ['Group/all'],
      sinceMisses: { Patient: 'older claims of beneficiaries who are new (Group/all brings them)' },
      noDeletions: true,
    },
  },
  ab2d: {
    title: 'CMS AB2D',
    summary:
      'exports ExplanationOfBenefit of all patients; files can be fetched six times in 72 hours; known addresses of clients only',
    grade: 'source',
    doubt: 'the scope is from its examples',
    options: { auth: 'client-secret-basic', scope: 'clientCreds', cleanup: 'never' },
    advice: {
      levels: { Patient: { methods: ['get'] } },
      parameters: ['type', 'since', 'until', 'output-format'],
      withoutSince: {
        holds: 'only what is new since the last export that succeeded',
        everything: '2020-01-01T00:00:00Z',
      },
    },
  },
  dpc: {
    title: 'CMS Data at the Point of Care (DPC)',
    summary:
      'exports groups and all patients of an organisation; jobs cannot be deleted, and are gone after 24 hours; the client id is the client token',
    grade: 'source',
    doubt: 'the scope is from its examples',
    options: { auth: 'backend-services', scope: 'system/*.*', cleanup: 'never' },
    advice: {
      levels: { Patient: { methods: ['get'] }, 'Group/<id>': { methods: ['get'] } },
      parameters: ['type', 'since', 'output-format'],
    },
  },
} as const satisfies Readonly<Record<string, Preset>>
