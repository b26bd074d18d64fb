/** What is known of servers by name: settings that suit them, and what their users have to be told. Data only. */
import type { OptionName } from './options/options.js'
import { cmsPresets } from './presets/cms.js'
import { ehrPresets } from './presets/ehr.js'
import { openPresets } from './presets/open.js'

/** How sure the knowledge is. */
export const grades = {
  documented: "the vendor's own documentation",
  source: "the server's or a client's source code",
  reported: 'public issues of people who use it',
  'second-hand': 'notes of other projects, not checked at the vendor',
  inferred: 'our own conclusion, written nowhere',
} as const satisfies Record<string, string>

export type Grade = keyof typeof grades

/** Where an export can start, as the command line writes it. */
export type Level = 'system' | 'Patient' | 'Group/<id>' | '<Type>' | 'Patient/<id>'

export interface LevelRule {
  /** How this level is kicked off, where it is not the usual way. */
  methods?: readonly ('get' | 'post' | 'post-query')[]
  /** Options without which the server refuses this level. */
  needs?: readonly OptionName[]
  /** The types that are known to be exported, where the level is a type. */
  types?: readonly string[]
}

export interface Advice {
  /** The levels that exist; anything where the row does not say. */
  levels?: Readonly<Partial<Record<Level, LevelRule>>>
  /** Parameters that the server is known to take; anything where the row does not say. */
  parameters?: readonly OptionName[]
  /** What an export without `--since` holds, where that is not everything, and the instant that asks for everything. */
  withoutSince?: { holds: string; everything: string }
  /** What an export with `--since` misses at a level, beside what did not change: there it is no true one. */
  sinceMisses?: Readonly<Partial<Record<Level, string>>>
  /** Groups, as the command line writes them, of whose new members `--since` brings everything, not only what changed. */
  newMembersWhole?: readonly string[]
  /** What was deleted is listed nowhere, whatever the manifest has. */
  noDeletions?: true
  /** Patients in one export. */
  patients?: { largest: number; advised: number }
  /** Types that are refused alone, and what must be asked beside them. */
  companions?: { types: readonly string[]; beside: string }
  /** Why `--type` should be given. */
  namedTypes?: string
  /** Where files are, when `--trust-origin` may be needed for them. */
  files?: string
  /** What cannot be had from here, and how else it can. */
  outOfReach?: { what: string; instead: string }
}

export interface Preset {
  /** The product, as its vendor calls it. */
  title: string
  /** What it is known for, in a line or two. */
  summary: string
  grade: Grade
  /** What is less sure than the rest. */
  doubt?: string
  /** What the preset sets, as one would type it; nearer sources win. */
  options: Readonly<Partial<Record<OptionName, string>>>
  /** Said as warnings; it changes no request. */
  advice: Advice
}

export const presets: Readonly<Record<string, Preset>> = {
  interopio: {
    title: 'InteropiO Epic R4 Gateway',
    summary:
      'exports a resource type by the ids of a CSV file that is uploaded first; Retry-After grows; files of 100 resources',
    grade: 'documented',
    options: {},
    advice: {
      levels: { '<Type>': { types: ['Location', 'Patient', 'Practitioner'] }, Patient: {} },
      parameters: [],
    },
  },
  greenway: {
    title: 'Greenway Health',
    summary: 'exports groups, and without --since only the last 24 hours; files may be on another host',
    grade: 'documented',
    doubt: 'that the page is of this vendor, and ES384, are second-hand',
    options: { auth: 'backend-services', alg: 'ES384' },
    advice: {
      levels: { 'Group/<id>': {} },
      parameters: ['since', 'type'],
      withoutSince: {
        holds: 'only what was created or updated in the last 24 hours',
        everything: '1900-01-01',
      },
      noDeletions: true,
      files: 'on another host than the FHIR server',
    },
  },
  oracle: {
    title: 'Oracle Health Millennium (Cerner)',
    summary:
      'exports groups and lists of patients, 20,000 at most; one job at a time; scopes have no wildcard; files live 30 days',
    grade: 'documented',
    options: { 'list-style': 'comma', parallel: '4' },
    advice: {
      levels: { 'Group/<id>': { methods: ['get'] }, Patient: { methods: ['post'], needs: ['patient'] } },
      parameters: ['type', 'type-filter', 'since', 'patient', 'include-associated-data'],
      patients: { largest: 20_000, advised: 10_000 },
      companions: {
        types: ['Location', 'Organization', 'Practitioner', 'Provenance', 'RelatedPerson'],
        beside: 'a clinical type such as Patient or Encounter',
      },
      namedTypes: 'its scopes have no wildcard, and its vendor recommends to limit the types',
    },
  },
  esus: {
    title: 'Esus Health',
    summary: 'exports the whole organisation or all patients, with a ready-made bearer token',
    grade: 'documented',
    options: { auth: 'bearer' },
    advice: { levels: { system: {}, Patient: {} }, parameters: ['type', 'since'] },
  },
  '1up-ste': {
    title: '1upHealth, single-tenant environment',
    summary:
      'static client headers are the credential, for files too; jobs and files do not expire, and cannot be deleted',
    grade: 'documented',
    options: { auth: 'headers', cleanup: 'never' },
    advice: {
      levels: { system: {}, 'Group/<id>': {}, 'Patient/<id>': {} },
      parameters: ['type', 'since'],
      namedTypes: 'its vendor warns of exports of everything',
    },
  },
  ...ehrPresets,
  ...cmsPresets,
  ...openPresets,
}
