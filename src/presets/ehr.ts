/** Presets for records of hospitals and practices in the United States. Data only. */
import type { Preset } from '../presets.js'

export const ehrPresets = {
  epic: {
    title: 'Epic',
    summary:
      'exports groups of 1,000 patients or fewer, each once in 24 hours for a client; jobs take hours to weeks, files live 14 days',
    grade: 'second-hand',
    doubt:
      'sites change the limits; that no scope is asked for, and --since is not taken, is from the code of a client',
    options: { auth: 'backend-services', scope: 'none', 'poll-min': '10m', 'poll-max': '30m' },
    advice: {
      levels: { 'Group/<id>': { methods: ['get'] } },
      parameters: ['type', 'type-filter', 'include-associated-data', 'output-format'],
      namedTypes: 'an export of everything can take weeks, and a group can be asked for once in 24 hours',
    },
  },
  athena: {
    title: 'athenahealth',
    summary:
      'exports the group of a practice, a-1.C-<practice>; meant for one-time or monthly loads; files by signed URLs',
    grade: 'second-hand',
    doubt: 'its page has scopes in .read, people who use it need .rs: give --scope if those are refused',
    options: {},
    advice: {
      levels: { 'Group/<id>': { methods: ['get'] } },
      parameters: ['type', 'since', 'output-format'],
      noDeletions: true,
      namedTypes: 'more than half of an export can be DocumentReference',
    },
  },
  veradigm: {
    title: 'Altera and Veradigm (Allscripts)',
    summary:
      'exports groups; refuses looks before Retry-After; reads key sets at night, so a new key works a day later',
    grade: 'documented',
    doubt:
      'that only RSA keys are taken is from the code of a client; the nightly reading of keys is second-hand',
    options: { auth: 'backend-services', alg: 'RS384' },
    advice: { levels: { 'Group/<id>': { methods: ['get'] } } },
  },
  nextech: {
    title: 'Nextech',
    summary:
      'exports everything, all patients or groups; tokens live 15 minutes, and 20 requests a second are taken',
    grade: 'second-hand',
    options: { auth: 'backend-services', 'max-requests': '15' },
    advice: {
      levels: {
        system: { methods: ['get'] },
        Patient: { methods: ['get'] },
        'Group/<id>': { methods: ['get'] },
      },
    },
  },
  modmed: {
    title: 'ModMed (Modernizing Medicine, EMA)',
    summary:
      'is kicked off by POST with a query and no body; takes ES384 and scopes in .rs; leaves out types beyond the scopes',
    grade: 'second-hand',
    doubt: 'which targets it exports is not known',
    options: { auth: 'backend-services', alg: 'ES384', method: 'post-query' },
    advice: {
      parameters: ['type', 'since', 'output-format'],
      namedTypes:
        'scopes follow from them, and types beyond the scopes are left out with a note in the error file',
    },
  },
  netsmart: {
    title: 'Netsmart CareConnect',
    summary:
      'exports groups; a scope must be asked for; X-Correlation-Id of its answers is what its support wants',
    grade: 'documented',
    doubt: 'progress, waits and the limit of jobs are second-hand',
    options: {},
    advice: {
      levels: { 'Group/<id>': { methods: ['get', 'post'] } },
      parameters: ['type', 'since', 'output-format'],
    },
  },
  soarian: {
    title: 'Oracle Health Soarian Clinicals',
    summary:
      'exports groups, Group/All_Patients among them, and all patients where the site allows it; wants Prefer on status and DELETE too',
    grade: 'documented',
    doubt: 'whether it refuses requests without Prefer is not written',
    options: { header: 'Prefer: respond-async' },
    advice: {
      levels: { Patient: { methods: ['get'] }, 'Group/<id>': { methods: ['get'] } },
      parameters: ['type', 'since', 'output-format'],
    },
  },
} as const satisfies Readonly<Record<string, Preset>>
