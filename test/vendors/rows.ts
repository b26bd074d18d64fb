/**
 * What the vendors' own pages say, statement by statement, and where each is shown: by the test of this title, or, where
 * there is nothing to run, by this text of `docs/vendors.md`.
 */
import type { Vendor } from './visit.js'

export interface VendorRow {
  id: string
  /** What the page says, or what follows from it. */
  says: string
  by: 'test' | 'doc'
  /** The title of the test, or the text. */
  shown: string
}

type Shown = readonly [id: string, says: string, shown: string]

const inTests = (rows: readonly Shown[]): VendorRow[] =>
  rows.map(([id, says, shown]) => ({ id, says, by: 'test', shown }))

const inDocs = (rows: readonly Shown[]): VendorRow[] =>
  rows.map(([id, says, shown]) => ({ id, says, by: 'doc', shown }))

const interopio: readonly VendorRow[] = [
  ...inTests([
    [
      'S0-01',
      'the base URL is copied by hand, with or without a slash',
      'interopio: a base URL with a slash at its end is the same',
    ],
    [
      'S0-02',
      'the file of ids is uploaded out of band; its absence is said in full',
      'interopio: a missing file of ids fails the job, is said in full, and is not asked for ever',
    ],
    [
      'S0-04',
      'Location, Patient and Practitioner are exported each by itself',
      'interopio: %s is exported by itself',
    ],
    ['S0-05', 'the kick-off is a GET', 'interopio: %s is exported by itself'],
    ['S0-06', 'Prefer: respond-async, and nothing more', 'interopio: %s is exported by itself'],
    [
      'S0-07',
      '202 with Content-Location',
      'interopio exports single resource types by GET, and ignores parameters',
    ],
    [
      'S0-08',
      'in progress is 202 with Retry-After in seconds',
      'interopio asks for longer waits each time, and counts the ids that it has done',
    ],
    [
      'S0-09',
      'Retry-After grows with every poll',
      'interopio: each wait is the one that was asked for last, and no look is early',
    ],
    [
      'S0-10',
      'no status request before that',
      'interopio: each wait is the one that was asked for last, and no look is early',
    ],
    [
      'S0-11',
      'X-Progress is a number of ids',
      'interopio: the number of ids is shown as it is, and is no percentage',
    ],
    ['S0-12', 'complete is 200', 'interopio lists files of at most 100 resources, and little else'],
    [
      'S0-13',
      'Expires says until when files are there',
      'interopio: until when the files are there is remembered',
    ],
    [
      'S0-14',
      'output has URLs; nothing else is promised',
      'interopio: what its manifest does not say is survived and named',
    ],
    [
      'S0-15',
      'error has URLs of files with details',
      'interopio: ids that failed are a file of their own, and not the end of the job',
    ],
    [
      'S0-16',
      'both are NDJSON',
      'interopio: ids that failed are a file of their own, and not the end of the job',
    ],
    [
      'S0-17',
      'at most 100 resources a file, many files',
      'interopio: very many small files come whole, each under a name of its own',
    ],
    ['S0-18', 'each resource is read from Epic: slow', 'interopio: a job that reads for days is waited for'],
    [
      'S0-19',
      'errors are in another file',
      'interopio: ids that failed are a file of their own, and not the end of the job',
    ],
    [
      'S0-20',
      'what cannot proceed ends with 500 and an OperationOutcome',
      'interopio ends a job without its file of ids by 500 and an OperationOutcome',
    ],
    [
      'S0-21',
      'a missing file shows after the 202',
      'interopio: a missing file of ids fails the job, is said in full, and is not asked for ever',
    ],
    ['S0-22', 'DELETE is 202', 'interopio takes DELETE with 202, and then shows no status but %s'],
    [
      'S0-23',
      'the status of a cancelled job is an error',
      'interopio: cancelled is cancelled, whatever status says then (%s)',
    ],
    ['S0-24', 'no parameter is documented, none is sent', 'interopio: %s is exported by itself'],
    [
      'S0-25',
      'nothing is said of access to files',
      'interopio: files need no credential, and none is made up',
    ],
  ]),
  ...inDocs([
    ['S0-03', 'the site identifier is the gateway id', 'The site identifier in that path is the gateway ID'],
  ]),
]

const greenway: readonly VendorRow[] = [
  ...inTests([
    [
      'S1-01',
      'Backend Services Authorization',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-02',
      'GET Group/[id]/$export, no other level',
      'greenway exports groups and nothing else, and says so as application/json',
    ],
    [
      'S1-03',
      '_since is a date',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-04',
      'without _since, only the past 24 hours',
      'greenway: without --since the last 24 hours come, and that is said before',
    ],
    [
      'S1-05',
      '_type is one list with commas',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-06',
      'without _type, what the scope allows',
      'greenway: types that were asked for and did not come are named',
    ],
    [
      'S1-07',
      '202 with an absolute Content-Location',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-08',
      '202 may have an OperationOutcome',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-09',
      'an unsupported parameter is an error with an OperationOutcome',
      'greenway: what it does not know is refused in its own words',
    ],
    [
      'S1-10',
      'status by GET of the polling location',
      'greenway: progress is shown in its words, and waits are our own',
    ],
    [
      'S1-11',
      'X-Progress is text, and there is no Retry-After',
      'greenway: progress is shown in its words, and waits are our own',
    ],
    [
      'S1-12',
      'status errors are application/json',
      'greenway: an OperationOutcome is known by its body, whatever its media type',
    ],
    [
      'S1-13',
      'the manifest is application/json',
      'greenway: a request that nobody made and an extension of its own are kept, and mean nothing',
    ],
    [
      'S1-14',
      'transactionTime is an instant',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-15',
      'request is not the one that was made',
      'greenway: a request that nobody made and an extension of its own are kept, and mean nothing',
    ],
    [
      'S1-16',
      'requiresAccessToken is true',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-17',
      'several files are one type',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-18',
      'files are on another host, over plain http',
      'greenway: files over plain http never see the token',
    ],
    ['S1-19', 'error entries are OperationOutcomes', 'greenway: errors in a file are fetched and reported'],
    [
      'S1-20',
      'extension is an object',
      'greenway: a request that nobody made and an extension of its own are kept, and mean nothing',
    ],
    [
      'S1-21',
      'no count, no deleted, no Expires',
      'greenway lists files of another host, an object as extension, and a request that nobody made',
    ],
    [
      'S1-22',
      'DELETE is 202, perhaps with an OperationOutcome',
      'greenway: cancelled with an OperationOutcome, refused with one: both are shown',
    ],
    [
      'S1-23',
      'DELETE may be refused with an OperationOutcome',
      'greenway: cancelled with an OperationOutcome, refused with one: both are shown',
    ],
    [
      'S1-24',
      'one or more files a type',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    [
      'S1-25',
      'files are application/fhir+ndjson',
      'greenway: a group is exported with a signed assertion, files of a host that is trusted',
    ],
    ['S1-26', 'file errors promise no body', 'greenway: a file error of %s is survived'],
    [
      'S1-27',
      'resourceType may be the last key',
      'greenway: resources with their keys in any order, and not quite FHIR, are taken as they are',
    ],
    [
      'S1-28',
      'its own samples are not valid FHIR',
      'greenway: resources with their keys in any order, and not quite FHIR, are taken as they are',
    ],
    [
      'S1-29',
      'no word about DELETE after the download',
      'greenway: the job is deleted when all is on disk, and not before',
    ],
  ]),
]

const oracle: readonly VendorRow[] = [
  ...inTests([
    [
      'S2-01',
      'Group export is a GET',
      'oracle: the token goes to the file, and not on to where the file leads',
    ],
    ['S2-02', 'Patient export is a POST with patients', 'oracle: patients are posted, one parameter each'],
    [
      'S2-03',
      'an export of all patients is not supported',
      'oracle: all patients are refused, and it is said what is missing',
    ],
    [
      'S2-04',
      'at most 20,000 patients',
      'oracle: 20,000 patients fit into one export, more do not, and fewer are better',
    ],
    [
      'S2-05',
      '10,000 or fewer are recommended',
      'oracle: 20,000 patients fit into one export, more do not, and fewer are better',
    ],
    [
      'S2-07',
      'the status URL is in Content-Location',
      'oracle: status and DELETE go where the kick-off said, below the base',
    ],
    [
      'S2-08',
      'status at /bulk-export/jobs/{Job_ID}',
      'oracle: status and DELETE go where the kick-off said, below the base',
    ],
    [
      'S2-09',
      'DELETE at the same path',
      'oracle: status and DELETE go where the kick-off said, below the base',
    ],
    [
      'S2-10',
      'files at /bulk-export/files/{File_ID}, without names',
      'oracle: files without names are named by type and number',
    ],
    [
      'S2-11',
      '_type returns the types that are specified',
      'oracle exports its clinical types, and five others only beside them',
    ],
    [
      'S2-13',
      '_typeFilter refines',
      'oracle: types, filters and times are asked for as typed, lists by comma',
    ],
    ['S2-14', '_since limits', 'oracle: types, filters and times are asked for as typed, lists by comma'],
    [
      'S2-15',
      'polling backs off; what the server asks for wins',
      'oracle: ten minutes between two looks are kept, and shorter waits are our own where nothing is said',
    ],
    ['S2-16', 'content expires after 30 days', 'oracle: weeks later the files are still there'],
    [
      'S2-17',
      'DELETE cleans up once files are retrieved',
      'oracle: what was exported is deleted when it is on disk, and not when a file is missing',
    ],
    ['S2-18', '17 clinical types', 'oracle exports its clinical types, and five others only beside them'],
    [
      'S2-19',
      'five further types, but only with a clinical one',
      'oracle: what it does not export is said in its words, and no list of ours stands before it',
    ],
    [
      'S2-21',
      '$export stands unencoded in the URL',
      'oracle: the token goes to the file, and not on to where the file leads',
    ],
    [
      'S2-24',
      'the file endpoint hands out a URL',
      'oracle leads from files without names to signed storage URLs',
    ],
  ]),
  ...inDocs([
    ['S2-06', 'groups of up to 20,000 patients, 10,000 recommended', 'The same limits hold for groups'],
    ['S2-12', '_type is recommended', 'Name the types with `--type`'],
    ['S2-20', 'USCDI v1 is the default content', 'Without types an export holds what USCDI v1 asks for'],
    ['S2-22', 'two sandbox groups', '11ec-d16a-c763b73e-98e8-a31715e6a2bf'],
    ['S2-23', 'examples are non-normative', 'Its examples are not normative'],
  ]),
]

const esus: readonly VendorRow[] = [
  ...inTests([
    ['S3-01', 'system level by GET', 'esus: one token for kick-off, status, files and DELETE'],
    ['S3-02', 'Patient level by GET, no Group', 'esus: all patients, and no filter that nobody asked for'],
    ['S3-03', 'Accept is in one example only', 'esus exports everything or all patients by GET'],
    [
      'S3-04',
      'Prefer: respond-async in each kick-off',
      'esus: one token for kick-off, status, files and DELETE',
    ],
    ['S3-05', 'a ready-made bearer token', 'esus: one token for kick-off, status, files and DELETE'],
    [
      'S3-06',
      'the status URL is outside of the FHIR base',
      'esus: status and files outside of the FHIR base are the same server',
    ],
    ['S3-07', '_type is one list with commas', 'esus: types are one list, an instant stays readable'],
    ['S3-08', '_since is an instant', 'esus: types are one list, an instant stays readable'],
    ['S3-09', 'status needs Authorization only', 'esus wants its token for everything, and deletes with 204'],
    [
      'S3-10',
      'progress is in a JSON body',
      'esus tells its progress as a fraction in JSON, and in no header',
    ],
    [
      'S3-11',
      'progress is a fraction',
      'esus: a fraction is shown as a percentage, beside the words of the server',
    ],
    [
      'S3-12',
      'the message has a count',
      'esus: a fraction is shown as a percentage, beside the words of the server',
    ],
    ['S3-13', 'the manifest has its five keys', 'esus lists one counted file a type, below the job'],
    ['S3-14', 'files have a count', 'esus: a count that is wrong is a finding'],
    ['S3-15', 'error is an empty array', 'esus lists one counted file a type, below the job'],
    [
      'S3-16',
      'one file a type, named by it',
      'esus: two jobs with the same names of files do not meet on disk',
    ],
    ['S3-17', 'the token goes to files', 'esus: one token for kick-off, status, files and DELETE'],
    ['S3-18', 'one resource a line', 'esus: all patients, and no filter that nobody asked for'],
    ['S3-19', 'DELETE is 204', 'esus: 204 is a success, for a running job and for a finished one'],
    ['S3-20', 'the job is deleted when done', 'esus: one token for kick-off, status, files and DELETE'],
    [
      'S3-21',
      'DELETE is for running jobs, too',
      'esus: 204 is a success, for a running job and for a finished one',
    ],
    ['S3-22', 'AuditEvent can be exported', 'esus: types that are not clinical are asked for, too'],
    ['S3-23', 'incremental by _since', 'esus: the next export is of what came since the last'],
    [
      'S3-24',
      'no expiry is documented',
      'esus: nothing is said of an end that the server does not name, and nothing in a resource is touched',
    ],
    [
      'S3-25',
      'meta is as the server has it',
      'esus: nothing is said of an end that the server does not name, and nothing in a resource is touched',
    ],
    ['S3-27', 'without filters everything comes', 'esus: all patients, and no filter that nobody asked for'],
    [
      'S3-28',
      'request is without its parameters',
      'esus: a request without its parameters in the manifest means nothing',
    ],
    ['S3-29', 'the same bearer in all four phases', 'esus: one token for kick-off, status, files and DELETE'],
  ]),
  ...inDocs([['S3-26', 'the organisation is that of the token', 'The token says whose data it is']]),
]

const oneUpSte: readonly VendorRow[] = [
  ...inTests([
    ['S4-02', 'a patient, a group, or a client id', '1up-ste: %s can be exported'],
    [
      'S4-05',
      'start date and types',
      '1up-ste: a type in small letters is sent as typed, and known when it comes',
    ],
    ['S4-06', 'a token ends after two hours', '1up-ste: a token ends before a long job does, and is renewed'],
    ['S4-07', 'a new token reconnects', '1up-ste: a token ends before a long job does, and is renewed'],
    ['S4-08', 'client headers do not expire', '1up-ste: the client headers go with every request, files too'],
    ['S4-09', '_type=patient', '1up-ste: a type in small letters is sent as typed, and known when it comes'],
    [
      'S4-11',
      'without parameters, everything of the identity',
      '1up-ste: an export of everything is warned of by the preset, and done',
    ],
    ['S4-12', 'GET, then 202', '1up-ste names job and status URL in the body of its 202, too'],
    [
      'S4-13',
      'job and status URL are in the 202 body',
      '1up-ste: the status URL is found in the header, and without it in the body',
    ],
    [
      'S4-14',
      'Content-Location has the status URL',
      '1up-ste: the status URL is found in the header, and without it in the body',
    ],
    ['S4-15', 'resourceCount', '1up-ste tells of its batches in bodies of 200 and of 202'],
    [
      'S4-16',
      'batches: running, complete, failed, total',
      '1up-ste: a body in progress is no manifest, whether it comes as 200 or as 202',
    ],
    [
      'S4-17',
      'a body in progress has no output',
      '1up-ste: a body in progress is no manifest, whether it comes as 200 or as 202',
    ],
    [
      'S4-18',
      'status is "Successful"',
      '1up-ste lists "file" instead of "url", several files a type, and no errors',
    ],
    ['S4-19', 'failed batches are only in batches.failed', '1up-ste: batches that failed are a finding'],
    [
      'S4-20',
      '"file" instead of "url"',
      '1up-ste: "file" is as good as "url", files without errors are good, several files are one type',
    ],
    [
      'S4-21',
      'no error key',
      '1up-ste: "file" is as good as "url", files without errors are good, several files are one type',
    ],
    ['S4-22', 'plain http, and $ inside of the path', '1up-ste: files over plain http see no client headers'],
    [
      'S4-23',
      'request is without parameters',
      '1up-ste: "file" is as good as "url", files without errors are good, several files are one type',
    ],
    ['S4-24', 'status and files do not expire', '1up-ste: nothing ends, and nothing is deleted'],
    [
      'S4-25',
      'one type a file',
      '1up-ste lists "file" instead of "url", several files a type, and no errors',
    ],
    [
      'S4-26',
      'several files a type',
      '1up-ste: "file" is as good as "url", files without errors are good, several files are one type',
    ],
    [
      'S4-27',
      'files need the client headers',
      '1up-ste takes client headers everywhere, and tokens but for files',
    ],
    ['S4-28', '200 is the file', '1up-ste: the client headers go with every request, files too'],
    ['S4-29', 'lastUpdated in the body', '1up-ste tells of its batches in bodies of 200 and of 202'],
    ['S4-30', 'no DELETE is documented', '1up-ste: a DELETE that is refused changes nothing'],
    [
      'S4-31',
      'id is that of the job',
      '1up-ste: "file" is as good as "url", files without errors are good, several files are one type',
    ],
    [
      'S4-32',
      'transactionTime is there before the end',
      '1up-ste: a body in progress is no manifest, whether it comes as 200 or as 202',
    ],
    [
      'S4-33',
      'requiresAccessToken does not say which credential',
      '1up-ste: the client headers go with every request, files too',
    ],
    [
      'S4-34',
      'no interval is documented',
      '1up-ste: a body in progress is no manifest, whether it comes as 200 or as 202',
    ],
    [
      'S4-35',
      'large exports without parameters are slow',
      '1up-ste: an export of everything is warned of by the preset, and done',
    ],
    ['S4-36', 'the job starts by itself', '1up-ste names job and status URL in the body of its 202, too'],
    ['S4-37', 'two ways of signing in', '1up-ste takes client headers everywhere, and tokens but for files'],
  ]),
  ...inDocs([
    ['S4-01', 'single-tenant and multi-tenant differ', 'This is the single-tenant environment (STE)'],
    ['S4-03', 'a group must be created first', 'A group must have been created before'],
    ['S4-04', 'shared resources are not exported', 'Resources in a shared environment are left out'],
    ['S4-10', 'a test export first', 'begin with a small export'],
  ]),
]

/** The vendors whose pages were read sentence by sentence. */
export const vendorRows = {
  interopio,
  greenway,
  oracle,
  esus,
  '1up-ste': oneUpSte,
} satisfies Readonly<Partial<Record<Vendor, readonly VendorRow[]>>>
