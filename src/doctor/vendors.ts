/** Servers by what they say of themselves, and what their users have to know. Data only. */
import type { Grade } from '../presets.js'

export interface Vendor {
  name: string
  /** How sure it is. */
  grade: Grade
  /** The preset for it. */
  preset?: string
  /** In what the CapabilityStatement says of itself. */
  self?: RegExp
  /** In the base URL. */
  url?: RegExp
  /** What its users have to know. */
  means: string
  /** Ours. */
  isOwn?: true
}

/** The first that fits; rows from the vendors' own pages and from other clients' code. */
export const vendors: readonly Vendor[] = [
  {
    name: "bulkx's own mock",
    grade: 'source',
    self: /^bulkx mock server/m,
    means: 'a server to rehearse on',
    isOwn: true,
  },
  {
    name: 'Epic',
    grade: 'second-hand',
    preset: 'epic',
    self: /\bepic\b(?!.*\bgateway\b)/i,
    url: /\/interconnect-/i,
    means: 'groups only, one export a group in 24 hours; it takes no scope (--scope none), and no --since',
  },
  {
    name: 'Oracle Health Soarian Clinicals',
    grade: 'documented',
    preset: 'soarian',
    self: /\bsoarian\b/i,
    means:
      'it wants the header Prefer on status and DELETE too; the same request again is refused while it runs',
  },
  {
    name: 'Oracle Health (Cerner)',
    grade: 'documented',
    preset: 'oracle',
    self: /\bcerner\b|oracle health/i,
    url: /\.cerner\.com\b/i,
    means: 'name each type, its scopes have no wildcard; one job at a time; Patient wants --patient',
  },
  {
    name: 'athenahealth',
    grade: 'second-hand',
    preset: 'athena',
    self: /athena/i,
    url: /athenahealth\.com\b/i,
    means: 'scopes end in .rs; exports of a practice are Group/a-1.C-<practice>',
  },
  {
    name: 'Altera or Veradigm',
    grade: 'documented',
    preset: 'veradigm',
    self: /\b(altera|veradigm|allscripts)\b/i,
    means: 'it reads key sets at night: a new key works a day later; Veradigm takes RSA keys only',
  },
  {
    name: 'eClinicalWorks',
    grade: 'second-hand',
    self: /eclinicalworks|\becw\b/i,
    means: 'at most 250 requests a minute: --max-requests 4',
  },
  {
    name: 'NextGen',
    grade: 'documented',
    self: /\bnextgen\b/i,
    url: /meditouchehr\.com/i,
    means: 'groups only; scopes end in .rs',
  },
  {
    name: 'ModMed',
    grade: 'second-hand',
    preset: 'modmed',
    self: /\bmodmed\b|modernizing medicine/i,
    means: 'it wants --method post-query, an ES384 key and scopes in .rs',
  },
  {
    name: 'Greenway',
    grade: 'documented',
    preset: 'greenway',
    self: /\bgreenway\b/i,
    means: 'without --since it exports the last 24 hours; ES384 keys',
  },
  {
    name: 'Netsmart',
    grade: 'documented',
    preset: 'netsmart',
    self: /\bnetsmart\b/i,
    url: /\.netsmartcloud\.com\b/i,
    means: 'groups only; a scope is required',
  },
  {
    name: 'Nextech',
    grade: 'second-hand',
    preset: 'nextech',
    self: /\bnextech\b/i,
    means: 'tokens live 15 minutes; at most 20 requests a second',
  },
  {
    name: 'CMS BCDA',
    grade: 'source',
    preset: 'bcda',
    self: /\bBCDA\b|beneficiary claims data/i,
    url: /bcda\.cms\.gov/i,
    means: '--auth client-secret-basic; Patient, Group/all and Group/runout; no --elements',
  },
  {
    name: 'CMS AB2D',
    grade: 'source',
    preset: 'ab2d',
    self: /\bAB2D\b/i,
    url: /ab2d\.cms\.gov/i,
    means: 'without --since it exports what is new since the last export; a file can be fetched six times',
  },
  {
    name: 'CMS DPC',
    grade: 'source',
    preset: 'dpc',
    self: /data (at|@) (the )?point of care/i,
    url: /dpc\.cms\.gov/i,
    means: 'jobs cannot be deleted: --cleanup never',
  },
  {
    name: 'Smile CDR',
    grade: 'documented',
    preset: 'smile',
    self: /smile\s?cdr|smile digital/i,
    means: 'results are purged after some hours',
  },
  {
    name: 'HAPI FHIR',
    grade: 'reported',
    preset: 'hapi',
    self: /\bhapi\b/i,
    means: 'the same request again may return an old job; files go after two hours',
  },
  {
    name: 'Microsoft FHIR server',
    grade: 'source',
    preset: 'azure',
    self: /microsoft|azure/i,
    url: /\.azurehealthcareapis\.com/i,
    means:
      'tokens come from Entra ID (--token-command); files are in Azure storage and want its own credential',
  },
  {
    name: 'Google Cloud Healthcare',
    grade: 'documented',
    preset: 'google',
    self: /google/i,
    url: /healthcare\.googleapis\.com/i,
    means: 'exports go to its own buckets (gs://), which bulkx does not read',
  },
  {
    name: 'AWS',
    grade: 'documented',
    self: /\b(healthlake|fhir works|amazon)\b/i,
    url: /\.amazonaws\.com/i,
    means: 'HealthLake exports to S3 and signs requests its own way, which bulkx does not do',
  },
  {
    name: 'Medplum',
    grade: 'source',
    preset: 'medplum',
    self: /\bmedplum\b/i,
    means: 'the links of files are made anew with each look at the job',
  },
  {
    name: 'Aidbox',
    grade: 'source',
    preset: 'aidbox',
    self: /\baidbox\b/i,
    means: 'one export at a time for the whole server',
  },
  {
    name: 'OpenEMR',
    grade: 'source',
    preset: 'openemr',
    self: /\bopenemr\b/i,
    means: 'the kick-off takes minutes; files go an hour after it',
  },
  {
    name: 'Firely',
    grade: 'documented',
    preset: 'firely',
    self: /\bfirely\b|\bvonk\b/i,
    means: 'exports queue up',
  },
  {
    name: 'LinuxForHealth',
    grade: 'documented',
    preset: 'linuxforhealth',
    self: /linuxforhealth|\bibm fhir\b/i,
    means: 'files are in object storage of their own',
  },
  {
    name: '1upHealth',
    grade: 'documented',
    preset: '1up-ste',
    self: /\b1up/i,
    url: /1up\.?health/i,
    means: 'client headers are the credential: --header-file; jobs cannot be deleted',
  },
  {
    name: 'Esus Health',
    grade: 'documented',
    preset: 'esus',
    self: /\besus\b/i,
    url: /\besus\.health\b/i,
    means: 'the whole organisation or all patients; a ready-made bearer token (--token-file)',
  },
  {
    name: 'InteropiO Epic gateway',
    grade: 'documented',
    preset: 'interopio',
    self: /interopio/i,
    url: /interopio/i,
    means: 'exports a type by the ids of a CSV file that is uploaded first; jobs take days',
  },
]
