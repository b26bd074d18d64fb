/** `bulkx help json`: every line that --json writes, with its fields. */
import type { JobEvent } from '../../job/facts.js'
import { type Entry, entries, paragraph, wrap } from '../wrap.js'

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

/** Every result has these, as far as they are known. */
export const commonResult: Fields = {
  command: 'the command, such as export or "profile set"',
  phase:
    'of the job: new, undecided, in-progress, downloading, complete, incomplete, failed, gone, or cancelled',
  exitCode: 'what the process ends with',
  code: 'of a failure: stable, see `bulkx help errors`',
  message: 'of a failure: one sentence',
  hint: 'of a failure: what to do',
  items: 'of a failure: what it is about, one by one',
}

const ofJob: Fields = {
  directory: 'of the job',
  transactionTime: 'as the server wrote it',
  files: 'files that are whole',
  resources: 'resources in them',
  bytes: 'size of their content',
  findings: 'severity, code, message and mostly file; see `bulkx help findings`',
}

const ofDryRun: Fields = {
  config: 'of --print-config and --dry-run: name, value and source of each setting',
  request: 'of --dry-run: method, url, headers and body of the kick-off',
}

/** Further fields of the results of single commands. */
export const resultFields: Readonly<Record<string, Fields>> = {
  export: { ...ofJob, since: 'of --since last: the instant that it found, or null', ...ofDryRun },
  kickoff: { ...ofJob, since: 'of --since last: the instant that it found, or null', ...ofDryRun },
  resume: { ...ofJob, config: 'of --print-config: name, value and source of each setting' },
  status: {
    ...ofJob,
    pollingLocation: 'its status URL, without the query',
    progress: "the server's words",
    unchangedMs: 'for how long they have been the same',
    nextPollAt: 'when the server may be asked next',
    expiresAt: 'until when the server keeps the files',
  },
  cancel: ofJob,
  verify: {
    directory: 'what was read',
    problems: 'code, message, file, expected, found, firstBadLine and remedy of each; at most 1000',
    moreProblems: 'how many more there are',
    notes: 'code, message and file of what is no problem',
    moreNotes: 'how many more there are',
  },
  jobs: {
    jobs: 'phase, refused, directory, server, target, startedAt and exportId of each',
    removed: 'of --prune: those that were taken off the list',
    kept: 'of --prune: those that may only be away, with the reason',
  },
  doctor: { checks: 'id, title, status (ok, warning, failed, skipped), message, code and remedy of each' },
  sync: {
    directory: 'of the data set',
    generation: 'its number',
    transactionTime: 'until when it is true',
    snapshot: 'the directory that current leads to',
    counts: 'of the merge',
    members: 'of a group: new, departed and missing',
    deletionsTold: 'false where the server does not list what was deleted',
    rounds: 'those of this run',
    exports: 'those of this run',
    setAside: 'directories of exports that were begun anew',
    ...ofDryRun,
  },
  'profile set': {
    profile: 'its name',
    inUse: 'true where it is the one in use',
    file: 'where the profiles are kept',
  },
  'profile list': { profiles: 'name, inUse and server of each' },
  'profile show': { profile: 'its name', inUse: 'whether it is the one in use', settings: 'option to value' },
  'profile use': { profile: 'its name' },
  'profile remove': { profile: 'its name' },
  'auth keygen': {
    key: 'path of the private key',
    jwksFile: 'path of its public half',
    kid: 'id of the key',
    alg: 'how it signs',
  },
  'auth jwks': { jwks: 'the public half', kid: 'id of the key', alg: 'how it signs' },
  'auth token': {
    method: 'the way in',
    token: '*** unless --show',
    expiresAt: 'its end',
    asked: 'scopes that were asked for',
    granted: 'scopes that it has',
    missing: 'scopes that were not granted',
    claims: 'of a JWT',
  },
  mock: { fhirUrl: 'its FHIR base URL', requests: 'how many it has had' },
  completion: { shell: 'its name', script: 'the script itself' },
  version: { version: 'of bulkx', node: 'version of Node', platform: 'operating system and processor' },
}

export const jsonIntro =
  'With --json, stdout is NDJSON: one object a line, each with "type" and "at" (an ISO instant). Fields that are not known are absent; new fields and types may come. URLs have no query, words of the server have 2 KB at most. The lines of `bulkx sync` have the number of their "export" as well.'

const fieldEntries = (fields: Fields): Entry[] => Object.entries(fields)

const described = (name: string, { summary, fields }: LineWords, width: number): string =>
  [
    `${name}`,
    paragraph(summary, 2, width),
    ...entries(fieldEntries(fields), width - 2).map((text) => text.replace(/^/gm, '  ')),
  ].join('\n')

const resultExample = `  {"type":"result","at":"…","command":"export","phase":"complete","exitCode":0,
   "directory":"…","transactionTime":"…","files":3,"resources":120,
   "bytes":48211,"findings":[]}`

export const jsonTopic = (width: number): string =>
  [
    wrap(jsonIntro, 0, width),
    'Facts of a job, as they happen:',
    ...Object.entries(factLines).map(([name, words]) => described(name, words, width)),
    'Other lines:',
    ...Object.entries(otherLines).map(([name, words]) => described(name, words, width)),
    wrap('The last line of every command, successful or not, is its result:', 0, width),
    ...(width >= 80 ? [resultExample] : []),
    described('result', { summary: 'of any command', fields: commonResult }, width),
    ...Object.entries(resultFields).map(([name, fields]) =>
      described(`result of ${name}`, { summary: 'has beside these', fields }, width),
    ),
  ].join('\n\n')
