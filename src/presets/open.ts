/** Presets for servers that anybody can run, for those of clouds, and for what guides ask of any server. Data only. */
import type { Preset } from '../presets.js'

/** hapi-fhir#4387. That `no-cache` gets a new job for the same request: its export provider. */
const missedInGroups = 'what is new of patients whose own Patient resource did not change'

export const openPresets = {
  hapi: {
    title: 'HAPI FHIR',
    summary:
      'exports everything, patients, groups and single patients; files go about two hours after the kick-off, while the job still says complete',
    grade: 'source',
    doubt:
      'that the same request again gets an old job, that its files go, and that _since of a group misses resources of patients who did not change, is from issues',
    options: { header: 'Cache-Control: no-cache' },
    advice: {
      levels: {
        system: { methods: ['get', 'post'] },
        Patient: { methods: ['get', 'post'] },
        'Group/<id>': { methods: ['get', 'post'] },
        'Patient/<id>': { methods: ['get', 'post'] },
      },
      sinceMisses: { 'Group/<id>': missedInGroups },
    },
  },
  smile: {
    title: 'Smile CDR',
    summary:
      'is HAPI FHIR in this; the polling location comes as Location; results are purged after some hours',
    grade: 'documented',
    doubt: 'its tutorial polls by POST, which is not done here; what is not in it is taken from HAPI FHIR',
    options: { header: 'Cache-Control: no-cache' },
    advice: { sinceMisses: { 'Group/<id>': missedInGroups } },
  },
  azure: {
    title: 'Microsoft FHIR server and Azure',
    summary:
      'writes to Azure storage, and lists URLs there that want rights of their own; refuses every parameter and preference that it does not know',
    grade: 'source',
    doubt: 'how its storage refuses depends on the account: HTTP 403, 404 or 409',
    options: { auth: 'command', method: 'get' },
    advice: {
      levels: {
        system: { methods: ['get'] },
        Patient: { methods: ['get'] },
        'Group/<id>': { methods: ['get'] },
      },
      parameters: ['type', 'type-filter', 'since', 'include-associated-data', 'output-format'],
      outOfReach: {
        what: 'files are in Azure storage, which takes no token of the FHIR server, so that most exports end 7 here',
        instead: 'let azcopy fetch them from there, with rights to the storage account',
      },
    },
  },
  google: {
    title: 'Google Cloud Healthcare API',
    summary:
      'writes to buckets of its own, and names the job by a resource name, not by a URL that can be polled',
    grade: 'documented',
    options: { auth: 'command', cleanup: 'never' },
    advice: {
      levels: { system: {}, Patient: {}, 'Group/<id>': { needs: ['organize-output-by'] } },
      parameters: ['type', 'since', 'organize-output-by', 'output-format'],
      outOfReach: {
        what: 'the job cannot be polled by its resource name, so that an export ends 4 here, and its files are gs:// URLs',
        instead: 'use `gcloud healthcare fhir-stores export gcs`, and `gcloud storage cp` for the files',
      },
    },
  },
  aidbox: {
    title: 'Aidbox',
    summary:
      'one export at a time for the whole server; files by signed URLs, compressed with --output-format application/fhir+ndjson+gzip',
    grade: 'documented',
    options: { method: 'get', 'list-style': 'comma' },
    advice: {
      levels: {
        system: { methods: ['get'] },
        Patient: { methods: ['get'] },
        'Group/<id>': { methods: ['get'] },
      },
      parameters: ['type', 'since', 'patient', 'output-format'],
      noDeletions: true,
    },
  },
  medplum: {
    title: 'Medplum',
    summary:
      'says nothing while it works, nor when it has failed: such a job looks busy for ever; links of files are made anew at each look',
    grade: 'source',
    options: { deadline: '2d' },
    advice: {
      levels: { system: { methods: ['get'] }, 'Group/<id>': { methods: ['get'] } },
      parameters: ['type', 'since'],
      // Its manifest has transactionTime, request, requiresAccessToken, output and error.
      noDeletions: true,
    },
  },
  openemr: {
    title: 'OpenEMR',
    summary:
      'works inside the kick-off, for two minutes at most, and reports what it had no time for as errors; files go an hour after the kick-off',
    grade: 'source',
    doubt: 'scopes have words of their own, such as system/*.$export: give --scope as its page lists them',
    options: { auth: 'backend-services', method: 'get' },
    advice: {
      levels: {
        system: { methods: ['get'] },
        Patient: { methods: ['get'] },
        'Group/<id>': { methods: ['get'] },
      },
      parameters: ['type', 'since', 'output-format'],
      namedTypes: 'scopes name each type, and one that is outside of them is refused',
    },
  },
  linuxforhealth: {
    title: 'LinuxForHealth (IBM) FHIR server',
    summary: 'writes to object storage; a job that was stopped may start again when its status is asked for',
    grade: 'documented',
    doubt: 'that jobs can run for ever is from issues; its samples have HTTP Basic: --header-file',
    options: {},
    advice: {
      levels: { system: {}, Patient: {}, 'Group/<id>': {} },
      parameters: ['type', 'type-filter', 'since', 'output-format'],
    },
  },
  firely: {
    title: 'Firely Server',
    summary:
      'jobs wait in a queue; files are had as application/fhir+ndjson alone; a cancelled job is HTTP 410',
    grade: 'documented',
    options: { method: 'get' },
    advice: {
      levels: {
        system: { methods: ['get'] },
        Patient: { methods: ['get'] },
        'Group/<id>': { methods: ['get'] },
      },
    },
  },
  davinci: {
    title: 'Da Vinci payer exchange (ATR, PDex)',
    summary:
      'exports groups by POST of $davinci-data-export; give --param exportType:canonical=… or exportType:string=…, for servers differ',
    grade: 'documented',
    doubt: 'no payer has public pages on it: it is as the guide, Payerbox and Smile CDR have it',
    options: { method: 'post', operation: '$davinci-data-export' },
    advice: {
      levels: { 'Group/<id>': { methods: ['post'] } },
      parameters: ['type', 'type-filter', 'since', 'until', 'patient'],
    },
  },
  stu4: {
    title: 'Bulk Data Access IG, STU4 (ballot)',
    summary: 'takes POST with a Parameters resource alone, and lists as repeated parameters',
    grade: 'documented',
    doubt: 'the ballot of 2026; it may still change',
    options: { method: 'post', 'list-style': 'repeat' },
    advice: {
      levels: {
        system: { methods: ['post'] },
        Patient: { methods: ['post'] },
        'Group/<id>': { methods: ['post'] },
      },
    },
  },
} as const satisfies Readonly<Record<string, Preset>>
