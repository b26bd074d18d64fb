/** The commands: their words, their options, and where they live. Light, for the help loads it. */

import { inGroups, type OptionName, type OptionRow, row } from '../options/options.js'
import { authCommands } from './catalogue/auth.js'
import { completionCommands } from './catalogue/completion.js'
import { mockCommands } from './catalogue/mock.js'
import { profileCommands } from './catalogue/profile.js'
import { workerCommands } from './catalogue/worker.js'
import type { CommandRow, CommandSection } from './command-row.js'

const connection = inGroups('server', 'identity')
const talk: readonly OptionName[] = ['json', 'quiet', 'verbose', 'no-progress', 'color']
const plainTalk: readonly OptionName[] = ['json', 'quiet', 'color']
const printing: readonly OptionName[] = ['print-config', 'dry-run']

const target = {
  name: '[target]',
  help: 'system (default), Patient, Group/123, any other resource type, or a kick-off URL',
  completes: 'target',
} as const
const place = {
  name: '[dir|url]',
  help: 'a job directory, or the status URL of a job',
  completes: 'directory',
} as const

const allCodes = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 130]

const jobCommands: Readonly<Record<string, CommandRow>> = {
  export: {
    section: 'first',
    summary: 'Kick off an export, wait, download, verify, clean up.',
    args: [target],
    options: [
      ...inGroups('server', 'question', 'identity', 'waiting', 'files', 'fleet'),
      ...talk,
      ...printing,
    ],
    examples: [
      'bulkx export --server mock: -o out',
      'bulkx export Group/123 --server https://ehr.example/fhir --token-file token -o out',
      'bulkx export Patient --type Patient,Observation --since 2026-01-01T00:00:00Z',
    ],
    exitCodes: allCodes,
    load: async () => (await import('./commands/export.js')).run,
  },
  kickoff: {
    section: 'jobs',
    summary: 'Kick off an export, write the job down, and return at once.',
    args: [target],
    options: [
      ...inGroups('server', 'question', 'identity', 'waiting', 'files'),
      'job-dir',
      ...talk,
      ...printing,
    ],
    examples: [
      'bulkx kickoff Group/123 --server https://ehr.example/fhir -o out',
      'bulkx resume out --once   # later, from cron',
    ],
    exitCodes: [0, 2, 3, 4, 5, 6, 8, 9, 11, 130],
    load: async () => (await import('./commands/kickoff.js')).run,
  },
  resume: {
    section: 'jobs',
    summary: 'Go on wherever a job stopped.',
    args: [place],
    options: [
      ...connection,
      ...inGroups('waiting', 'files', 'fleet').filter((name) => name !== 'again'),
      'once',
      ...talk,
      'print-config',
    ],
    reworded: { out: { help: 'where to put the files of a status URL' } },
    examples: [
      'bulkx resume out',
      'bulkx resume out --once',
      'bulkx resume https://ehr.example/fhir/jobs/77 -o out',
    ],
    exitCodes: allCodes,
    load: async () => (await import('./commands/resume.js')).run,
  },
  status: {
    section: 'jobs',
    summary: 'Say where a job is; asks the server at most once.',
    args: [place],
    options: [...connection, 'retry-after-max', 'request-timeout', 'fail-on', 'offline', ...talk],
    examples: ['bulkx status out', 'bulkx status out --offline --json'],
    exitCodes: allCodes,
    load: async () => (await import('./commands/status.js')).run,
  },
  cancel: {
    section: 'jobs',
    summary: 'Delete a job on the server, and keep what is on disk.',
    args: [{ ...place, name: '<dir|url>' }],
    options: [...connection, 'request-timeout', ...talk],
    examples: ['bulkx cancel out', 'bulkx cancel https://ehr.example/fhir/jobs/77'],
    exitCodes: [0, 2, 3, 8, 9, 11, 130],
    load: async () => (await import('./commands/cancel.js')).run,
  },
  verify: {
    section: 'jobs',
    summary: 'Read what was exported again: is it all as it was stored?',
    args: [
      {
        name: '<dir>',
        help: 'the directory of an export, or of a data set of `bulkx sync`',
        completes: 'directory',
      },
    ],
    options: ['parallel', 'json', 'quiet', 'no-progress', 'color'],
    reworded: { parallel: { help: 'files read at once' } },
    examples: ['bulkx verify out', 'bulkx verify dataset --json'],
    exitCodes: [0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 130],
    rewordedCodes: {
      0: 'all of it is as it was stored',
      2: 'there is nothing to verify',
      7: 'what is there is as it was stored; the export is incomplete',
      8: 'the disk cannot be read',
      9: 'what is there is as it was stored; the export is not finished',
      10: 'something is not as it was stored',
      11: 'the data set has changed meanwhile: another process works in it',
    },
    load: async () => (await import('./commands/verify.js')).run,
  },
  report: {
    section: 'jobs',
    summary: 'Make a page about an export, or a data set: tables and charts.',
    args: [
      {
        name: '<dir>',
        help: 'the directory of an export, or of a data set of `bulkx sync`',
        completes: 'directory',
      },
    ],
    options: ['out', 'json', 'quiet', 'color'],
    reworded: {
      out: {
        group: 'command',
        value: '<file>',
        help: 'where to put the page; - is stdout',
        byDefault: 'report.html in the directory',
      },
    },
    examples: [
      'bulkx report out',
      'bulkx report dataset --out history.html',
      'bulkx report out --out - > page.html',
    ],
    exitCodes: [0, 2, 8],
    rewordedCodes: {
      0: 'the page is written, however the export stands',
      2: 'there is nothing to report on, or a file of another kind is in the way',
      8: 'the disk cannot be read or written',
    },
    load: async () => (await import('./commands/report.js')).run,
  },
  jobs: {
    section: 'jobs',
    summary: 'List the jobs that you have started, newest first.',
    args: [],
    options: ['prune', ...plainTalk],
    examples: ['bulkx jobs', 'bulkx jobs --json', 'bulkx jobs --prune'],
    exitCodes: [0, 2, 8],
    load: async () => (await import('./commands/jobs.js')).run,
  },
  doctor: {
    section: 'first',
    summary: 'Check server, identity, scopes, group, disk before an export.',
    args: [target],
    options: [...connection, 'type', 'operation', 'request-timeout', 'out', 'verbose', ...plainTalk],
    reworded: {
      type: { help: 'resource types of the export' },
      out: { help: 'output directory of the export' },
    },
    examples: [
      'bulkx doctor --server mock:',
      'bulkx doctor Group/123 --server https://ehr.example/fhir --type Patient --token-file token',
    ],
    exitCodes: [0, 2, 3, 4, 8, 9, 130],
    load: async () => (await import('./commands/doctor.js')).run,
  },
}

/** A data set keeps its own time. */
const ofRound = inGroups('server', 'question', 'identity', 'waiting', 'files', 'fleet', 'sync').filter(
  (name) => name !== 'since' && name !== 'until',
)

const syncCommands: Readonly<Record<string, CommandRow>> = {
  sync: {
    section: 'data',
    summary: 'Bring a data set up to date: export what has changed, merge it.',
    args: [target],
    options: [...ofRound, ...talk, ...printing],
    reworded: {
      out: { help: 'directory of the data set' },
      again: { help: 'give up the round that is under way, and begin it anew' },
      'fail-on': {
        help: 'findings that end 10: error, warning, or never; never also takes it that most of a type, or of the group, is gone',
      },
      quiet: { help: 'only errors, and the summary in one line' },
    },
    examples: [
      'bulkx sync Group/123 --server https://ehr.example/fhir -o data   # everything, then changes',
      'bulkx sync Group/123 --profile clinic -o data --quiet --keep 30   # from cron',
      'bulkx sync Group/123 --profile clinic -o data --full',
    ],
    exitCodes: allCodes,
    load: async () => (await import('./commands/sync.js')).run,
  },
}

/** By what is typed. */
export const catalogue: Readonly<Record<string, CommandRow>> = {
  ...jobCommands,
  ...syncCommands,
  ...profileCommands,
  ...authCommands,
  ...mockCommands,
  ...completionCommands,
  ...workerCommands,
}

/** Words before the name of a command, and what those commands are about. */
export const commandGroups: Readonly<Record<string, { section: CommandSection; summary: string }>> = {
  profile: { section: 'setup', summary: 'Settings kept under a name: set, list, show, use, remove.' },
  auth: { section: 'setup', summary: 'Keys and tokens: keygen, jwks, token.' },
}

/** The row of an option as this command describes it. */
export const rowFor = (command: CommandRow, name: OptionName): OptionRow => ({
  ...row(name),
  ...command.reworded?.[name],
})
