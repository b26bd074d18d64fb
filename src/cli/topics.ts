/** The topics of `bulkx help`. */

import { environmentName, groups, optionNames, row } from '../options/options.js'
import { exitStatus } from './exit-status.js'
import { topicWidth, wrap } from './wrap.js'

const width = topicWidth

const otherVariables = {
  BULKX_TOKEN: 'the bearer token itself',
  BULKX_CLIENT_SECRET: 'the client secret itself',
  BULKX_CONFIG_DIR: 'where the profiles are kept',
  BULKX_STATE_DIR: 'where the list of your jobs is kept',
  HTTPS_PROXY: 'proxy for https URLs',
  HTTP_PROXY: 'proxy for http URLs',
  NO_PROXY: 'hosts that are asked without a proxy',
  NO_COLOR: 'no colour, unless --color says so',
  FORCE_COLOR: 'colour even without a terminal',
}

const environment = (): string => {
  const rows = optionNames.flatMap((name) => {
    const variable = environmentName(name)
    return variable === undefined ? [] : [{ variable, name, group: row(name).group }]
  })
  const indent = 2 + Math.max(...rows.map(({ variable }) => variable.length)) + 2
  const sections = Object.entries(groups).flatMap(([group, title]) => {
    const own = rows.filter((entry) => entry.group === group)
    if (own.length === 0) return []
    const lines = own.map(
      ({ variable, name }) =>
        `  ${variable.padEnd(indent - 2)}${wrap(`--${name}: ${row(name).help}`, indent, width)}`,
    )
    return [[`${title}:`, ...lines].join('\n')]
  })
  const intro = wrap(
    'A flag wins over its variable, the variable over the profile, the profile over the preset, the preset over the default. An empty variable counts as not set. Booleans are 1, true, yes, 0, false, no. What to export is never taken from the environment.',
    0,
    width,
  )
  const others = [
    'Others:',
    ...Object.entries(otherVariables).map(([name, words]) => `  ${name.padEnd(indent - 2)}${words}`),
  ].join('\n')
  return [intro, ...sections, others].join('\n\n')
}

const exitCodes = (): string => {
  const indent = 2 + Math.max(...exitStatus.map(({ codes }) => codes.join(', ').length)) + 2
  const lines = exitStatus.map(({ codes, meaning, action }) => {
    const text = action === '' ? meaning : `${meaning}. What to do: ${action}`
    return `  ${codes.join(', ').padEnd(indent - 2)}${wrap(text, indent, width)}`
  })
  return [
    ...lines,
    '',
    'Other codes must be read as failure; new ones may come. Exit 0 or 10 means that',
    'what the server listed is on disk, whole.',
  ].join('\n')
}

const files = `out/
  Patient.0001.ndjson         a type's files in the order of the manifest; the
  Observation.0001.ndjson     bytes are the server's (.ndjson.gz with --gzip)
  deleted/Bundle.0001.ndjson  resources that were deleted, as the server says
  outcome/OperationOutcome.0001.ndjson
                              the server's errors, warnings and notes
  log.ndjson                  Bulk Data Export Log Items, version 2
  manifest.json               written last: its presence means that all is here
  .bulkx/                     journal, lock, and files that are not whole yet

A file has its name only when it is whole. Everything is readable by its owner
only. The directory is the job: \`bulkx resume out\` goes on from what it says.

A data set of \`bulkx sync\`:

data/
  exports/001/ exports/002/   each an export as above (--keep drops old ones)
  snapshots/002/Patient.ndjson
                              one file a type, one line a resource; the snapshot
                              before stays until the next
  current -> snapshots/002    what to read: always one whole generation
  dataset.json                generation, transactionTime, the files' sha256:
                              written last
  .bulkx/                     lock, plan of the round under way, members`

const json = `With --json, stdout is NDJSON: one object a line, each with "type" and "at" (an
ISO instant). The lines are the facts of the job as they happen:

  job-created, job-resumed, kick-off-requested, kick-off-accepted,
  kick-off-refused, kick-off-unsent, status-in-progress, status-transient,
  status-doubted, manifest-received, manifest-unavailable, file-completed,
  file-failed, export-failed, export-gone, manifest-written, findings-accepted,
  delete-answered, job-cancelled

A "warning" is no fact of the job, but worth a look: scopes that were not
granted, a clock that is wrong. It has "code", "message", and mostly "hint".

The last line of every command, successful or not, is its result:

  {"type":"result","at":"…","command":"export","phase":"complete","exitCode":0,
   "directory":"…","transactionTime":"…","files":3,"resources":120,
   "bytes":48211,"findings":[]}

The lines of \`bulkx sync\` have the number of their "export" as well. Its result
has "generation", "transactionTime" and "snapshot" of the data set, "counts" of
the merge, "members" (new, departed, missing), "rounds" and "exports" of a run.
"deletionsTold" is false where the server does not list what was deleted, and
"setAside" has the directories of exports that were begun anew.

"phase" is new, undecided, in-progress, downloading, complete, incomplete,
failed, gone, or cancelled. A result of a failure has "code", which is stable,
"message", and mostly "hint".`

export interface Topic {
  summary: string
  text: () => string | Promise<string>
}

/** Topic to text. What is read off other tables is loaded with them, only where it is asked for. */
export const topics: Readonly<Record<string, Topic>> = {
  environment: { summary: 'variables that stand for options', text: environment },
  'exit-codes': { summary: 'what each exit code means, and what to do', text: exitCodes },
  files: { summary: 'what is in an output directory', text: () => files },
  json: { summary: 'what --json writes', text: () => json },
  presets: {
    summary: 'settings and advice for known servers',
    text: async () => (await import('./topics/presets.js')).presetsTopic(),
  },
  vendors: {
    summary: 'what servers are known for, and how sure that is',
    text: async () => (await import('./topics/vendors.js')).vendorsTopic(),
  },
  faults: {
    summary: 'what can go wrong at the mock, on request',
    text: async () => (await import('./topics/mock.js')).faultsTopic(),
  },
  scenarios: {
    summary: 'situations of real servers that the mock plays',
    text: async () => (await import('./topics/mock.js')).scenariosTopic(),
  },
}
