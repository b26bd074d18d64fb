/** Every line that --json writes, with its fields; the last line is in json-results.ts. */
import type { JobEvent } from '../../job/facts.js'
import type { WorkerEvent } from '../../queue/worker-event.js'

/** Field to what it says. */
export type Fields = Readonly<Record<string, string>>

export interface LineWords {
  summary: string
  fields: Fields
}

const nextPoll: Fields = {
  retryAfterMs: 'what the server asked to wait, milliseconds',
  cut: 'true where --retry-after-max cut that',
  nextPollAt: 'when it is asked next',
}

/** The facts of a job. */
export const factLines = {
  'job-created': {
    summary: 'a job begins',
    fields: {
      exportId: 'its id for its whole life, also in log.ndjson',
      server: 'as it was named',
      fhirUrl: 'the FHIR base URL',
      target: 'what is exported; absent where somebody else kicked it off',
      profile: 'the profile in use, if any',
      preset: 'the preset in use, if any',
    },
  },
  'job-resumed': {
    summary: 'another process goes on with it',
    fields: { kept: 'files and bytes of what is there of files that are not whole' },
  },
  'kick-off-requested': {
    summary: 'the request is about to be sent',
    fields: { method: 'GET or POST', url: 'without its query' },
  },
  'scopes-granted': {
    summary: 'the access token has fewer scopes than were asked for; only then',
    fields: {
      asked: 'scopes that were asked for',
      granted: 'those that the server granted',
      types: 'types that were asked for and certainly not granted',
    },
  },
  'kick-off-unsent': {
    summary: 'it certainly did not reach the server',
    fields: { reason: 'why', againAfterMs: 'when another attempt follows, milliseconds' },
  },
  'kick-off-refused': {
    summary: 'the server did not take it',
    fields: {
      status: 'HTTP status',
      message: "the server's words",
      againAfterMs: 'when another attempt follows, milliseconds',
    },
  },
  'kick-off-unlocated': {
    summary: 'it was accepted, and the address of the job leads nowhere',
    fields: { reference: 'as the server wrote it', status: 'HTTP status' },
  },
  'kick-off-accepted': {
    summary: 'the job runs at the server',
    fields: {
      pollingLocation: 'its status URL, without the query',
      raised: 'true where plain http was raised to https',
      attached: 'true where it was kicked off by something else',
      issues: 'severity, code and text of what the server said to it',
    },
  },
  'status-in-progress': {
    summary: 'the server works',
    fields: {
      progress: 'its words',
      unchangedMs: 'for how long they have been the same, where that is long',
      ...nextPoll,
    },
  },
  'status-transient': {
    summary: 'asked in vain; it is asked again',
    fields: { status: 'HTTP status, if there was one', reason: 'why', ...nextPoll },
  },
  'status-doubted': {
    summary: 'an answer that ends most jobs is looked at again',
    fields: { status: 'HTTP status', reason: 'why', nextPollAt: 'when it is asked next' },
  },
  'manifest-received': {
    summary: 'a manifest, or a page of one, as counts',
    fields: {
      page: 'its URL, without the query',
      partial: 'true where the job goes on',
      transactionTime: 'as the server wrote it',
      requiresAccessToken: 'whether files want the credential, as the server says',
      output: 'files that it lists as data',
      deleted: 'files that list what was deleted',
      outcome: "files with the server's messages",
      types: 'number of data files by type; at most 200 types, the others together as "others"',
      more: 'true where another page follows',
      expiresAt: 'until when the server keeps the files',
    },
  },
  'manifest-unavailable': {
    summary: 'asked for a page, or for fresh URLs, in vain',
    fields: { page: 'its URL, without the query', reason: 'why' },
  },
  'file-completed': {
    summary: 'a file is on disk, whole, under its name',
    fields: {
      name: 'its name in the directory',
      resources: 'resources in it',
      lines: 'lines in it',
      badLines: 'lines that are no JSON object',
      bytes: 'size of its content',
      storedBytes: 'size on disk, where it is compressed',
      sha256: 'of its content',
      attempts: 'how often it was asked for',
      again: 'what was wrong before, where it was fetched once more',
      durationMs: 'how long that took',
    },
  },
  'file-failed': {
    summary: 'a file could not be had whole',
    fields: {
      name: 'its name in the directory',
      code: 'a stable word for the reason',
      message: 'the reason',
      hint: 'what to do',
      status: 'HTTP status, if there was one',
    },
  },
  'file-lost': {
    summary: 'a file that was whole is not there any more; it is fetched again',
    fields: { name: 'its name in the directory' },
  },
  'export-failed': {
    summary: 'the job failed on the server',
    fields: {
      code: 'BULKX_EXPORT_FAILED or BULKX_BAD_ANSWER',
      status: 'HTTP status',
      message: "the server's words",
    },
  },
  'export-gone': {
    summary: 'the server does not know the job any more',
    fields: { status: 'HTTP status', message: "the server's words" },
  },
  'manifest-written': {
    summary: 'manifest.json is there: all is on disk',
    fields: { findings: 'how many findings it lists' },
  },
  'findings-accepted': {
    summary: 'they are accepted by --fail-on',
    fields: { failOn: 'the value that accepted them' },
  },
  'delete-answered': {
    summary: 'the server was asked to delete the job',
    fields: { status: 'HTTP status', message: "the server's words" },
  },
  'job-cancelled': { summary: 'the job is cancelled', fields: { status: 'HTTP status' } },
} as const satisfies Record<JobEvent['type'], LineWords>

/** Lines that are no facts of a job. */
export const otherLines = {
  warning: {
    summary: 'worth a look: scopes that were not granted, a clock that is wrong',
    fields: { code: 'a stable word', message: 'what it is', hint: 'what to do' },
  },
  listening: { summary: 'of `bulkx mock`: it can be asked', fields: { fhirUrl: 'its FHIR base URL' } },
} as const satisfies Record<string, LineWords>

const ofExport: Fields = { exportId: 'of which export' }

/** What a worker tells. */
export const workerLines = {
  'export-taken-up': {
    summary: 'it fetches files for this export from now on',
    fields: { ...ofExport, place: 'where they go' },
  },
  'export-refused': {
    summary: 'it fetches none for it',
    fields: { ...ofExport, reason: 'why' },
  },
  'export-over': {
    summary: 'there is nothing more to fetch for it',
    fields: { ...ofExport, files: 'files that it has stored', bytes: 'their size' },
  },
  'file-stored': {
    summary: 'a file is stored',
    fields: { ...ofExport, name: 'its name', bytes: 'its size' },
  },
  'file-failed': {
    summary: 'a file could not be had whole',
    fields: { ...ofExport, name: 'its name', message: 'why' },
  },
  'file-given-back': {
    summary: 'a file is left to other workers',
    fields: { ...ofExport, name: 'its name', reason: 'why' },
  },
  leaving: { summary: 'it ends', fields: { files: 'files that it leaves to others' } },
} as const satisfies Record<WorkerEvent['type'], LineWords>
