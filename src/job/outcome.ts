/** How a job stands at the end of a run: the result, and the error that explains it. */
import { BulkxError, type ErrorCode } from '../errors.js'
import { unproved } from './check-listed.js'
import { grouped, many } from './content-findings.js'
import type { FailOn, Finding, Outcome } from './facts.js'
import { completedOf, type OutputFile } from './files.js'
import { failing } from './findings.js'
import { attachCommand, cancelCommand, resumeCommand, trustingCommand } from './next-command.js'
import { type JobState, phaseOf } from './state.js'

/** Whether the export ended 0, or what was found in it was accepted: only then does the clock of `--since last` move. */
export const endedWell = (state: JobState): boolean =>
  phaseOf(state) === 'complete' && failing(state.findings ?? [], state.accepted ?? state.failOn).length === 0

/** `error` is set exactly when the outcome's exit code is not 0. */
export interface Conclusion {
  outcome: Outcome
  error?: BulkxError
}

const again = 'start a new export with --again, or into another directory with --out'

/** `directory`: as a person would type it. */
export const undecided = (directory: string): BulkxError =>
  new BulkxError(
    'BULKX_KICK_OFF_UNDECIDED',
    'The kick-off was sent and its answer is not known: a job may be running',
    {
      hint: `if you know its status URL: ${attachCommand(directory)}; to send a new kick-off: --again`,
    },
  )

const refusalCode = (status: number): ErrorCode => {
  if (status === 401 || status === 403) return 'BULKX_UNAUTHORIZED'
  if (status === 429 || status === 409) return 'BULKX_SERVER_BUSY'
  return status === 503 ? 'BULKX_UNREACHABLE' : 'BULKX_KICK_OFF_REFUSED'
}

/** Nothing was started; why, the server has said. */
const refused = ({ status, message }: NonNullable<JobState['refusal']>): BulkxError => {
  const code = refusalCode(status)
  const passes = code === 'BULKX_SERVER_BUSY' || code === 'BULKX_UNREACHABLE'
  const next = passes
    ? 'run the same command again later'
    : 'correct the command and run it again; `bulkx doctor`, with the same options, looks for the cause'
  return new BulkxError(code, `The server took no kick-off, ${message}`, {
    hint: `nothing was started: ${next}`,
  })
}

const running = (state: JobState, directory: string): BulkxError => {
  const progress = state.progress === undefined ? '' : `: ${state.progress}`
  return new BulkxError('BULKX_STILL_RUNNING', `The export is still running on the server${progress}`, {
    hint: `continue with ${resumeCommand(directory)}, stop it with ${cancelCommand(directory)}`,
  })
}

const allHere = ({ files, unfinished: { pending } }: JobState): boolean =>
  files.size > 0 && pending.size === 0

const downloading = (state: JobState, directory: string): BulkxError => {
  const done = completedOf(state)
  return new BulkxError('BULKX_STILL_RUNNING', `${done} of ${state.files.size} files are on disk`, {
    hint: `fetch the others with ${resumeCommand(directory)}`,
  })
}

/** Causes, and failed files of one, that are named in a message; the rest is counted. */
const causesMax = 5
const namedMax = 3

/** Each cause once, with its files. */
const failureTexts = (failed: readonly OutputFile[]): string[] => {
  const causes = new Map<string, string[]>()
  for (const { name, failure } of failed) {
    const why = failure?.message ?? 'failed'
    const names = causes.get(why) ?? []
    names.push(name)
    causes.set(why, names)
  }
  const told = [...causes].slice(0, causesMax).map(([why, names]) => {
    const more = names.length > namedMax ? ` and ${names.length - namedMax} more` : ''
    return `${names.slice(0, namedMax).join(', ')}${more} (${why})`
  })
  const rest = [...causes.values()].slice(causesMax).flat().length
  return rest === 0 ? told : [...told, `and ${rest} more`]
}

const incomplete = (state: JobState, directory: string): BulkxError => {
  const failed = [...state.unfinished.failed].sort((a, b) => a.position - b.position)
  const named = failureTexts(failed)
  const { missingPage, pollingLocation, otherFiles } = state
  if (missingPage)
    named.push(
      `${missingPage.page === pollingLocation ? 'the' : 'a further page of the'} manifest (${missingPage.reason})`,
    )
  const what =
    failed.length === 0
      ? ''
      : `, ${many(failed.length, 'file')} of ${grouped(state.files.size)} could not be had whole`
  const message = `The export is incomplete${what}: ${named.join(', ')}`
  const own = failed.find(({ failure }) => failure?.hint)?.failure?.hint
  const anew = otherFiles ? `; if the server lists other files then too, ${again}` : ''
  const trust = [...new Set(failed.flatMap(({ failure }) => failure?.trust ?? []))]
  const command = trustingCommand(directory, trust.slice(0, causesMax))
  const retry = `try again with ${command}${anew}; nothing was deleted on the server`
  return new BulkxError('BULKX_FILES_FAILED', message, {
    hint: own === undefined ? retry : `${own}; ${retry}`,
  })
}

/** What a grave finding means for whoever wanted the data, by its code. */
const meanings: Readonly<Record<string, string>> = {
  'server-issue': 'the server reports errors, so data may be missing',
  'failed-batches': 'the server reports errors, so data may be missing',
  'type-not-granted': 'what this client may not see is missing',
  'wrong-count': 'a file holds another number of resources than the server says',
  'wrong-checksum': 'a file is not the one that the server describes',
  'bad-lines': 'there are lines that no reader will understand',
  'not-ndjson': 'there are lines that no reader will understand',
}

/** Whether a finding is about bytes, and what is known of how they came. */
const bytesText = (state: JobState, { code, file: name }: Finding): string => {
  const aboutBytes = ['wrong-count', 'wrong-checksum', 'bad-lines', 'not-ndjson'].includes(code)
  const stored = aboutBytes ? [...state.files.values()].find((file) => file.name === name)?.stored : undefined
  if (stored === undefined) return ''
  return stored.again?.same === true
    ? "; the same bytes came twice, so the server's own copy is like that"
    : '; the file is whole, and its bytes are as the server sent them'
}

const findingsError = (
  state: JobState,
  findings: readonly Finding[],
  failOn: FailOn,
  directory: string,
): BulkxError | undefined => {
  const grave = failing(findings, failOn)
  const [first] = grave
  if (!first) return undefined
  const more = grave.length === 1 ? '' : ` (and ${grave.length - 1} more)`
  const where = first.file === undefined ? '' : `${first.file}: `
  const meaning = Object.hasOwn(meanings, first.code) ? `${meanings[first.code]}: ` : ''
  const messages = [...state.files.values()].some(({ section }) => section === 'outcome')
    ? `the server's own messages are in ${directory}/outcome, `
    : ''
  return new BulkxError(
    'BULKX_FINDINGS',
    `All files that the server lists are here, but look at them: ${meaning}${where}${first.message}${more}${bytesText(state, first)}`,
    {
      hint:
        `${messages}all findings in ${directory}/manifest.json; if they matter, ask who runs the server, or export again with --again; ` +
        `accept what is here with ${resumeCommand(directory).slice(0, -1)} --fail-on never\``,
    },
  )
}

/** The error that this phase amounts to when nothing else was thrown; undefined for a good end. */
export const phaseError = (state: JobState, directory: string, failOn: FailOn): BulkxError | undefined => {
  const phase = phaseOf(state)
  switch (phase) {
    case 'new':
      if (state.refusal) return refused(state.refusal)
      return new BulkxError('BULKX_STILL_RUNNING', 'The export has not been kicked off yet', {
        hint: `start it with ${resumeCommand(directory)}; what is given there wins over what was kept, such as another --key or --profile`,
      })
    case 'undecided':
      return undecided(directory)
    case 'in-progress':
      return running(state, directory)
    case 'downloading':
      return (allHere(state) ? unproved(state) : undefined) ?? downloading(state, directory)
    case 'incomplete':
      return incomplete(state, directory)
    case 'failed':
    case 'gone':
    case 'cancelled':
      return state.end && new BulkxError(state.end.code, state.end.message, { hint: again })
    case 'complete':
      return findingsError(state, state.findings ?? [], state.accepted ?? failOn, directory)
    default:
      return phase satisfies never
  }
}

/** The result of a run, as far as the job is known. `shownAs`: how the error's hint names the directory. */
export const conclude = (
  state: JobState,
  directory: string,
  failOn: FailOn,
  shownAs: string = directory,
): Conclusion => {
  const stored = [...state.files.values()].flatMap((file) => (file.stored ? [file.stored] : []))
  const error = phaseError(state, shownAs, failOn)
  return {
    error,
    outcome: {
      phase: phaseOf(state),
      exitCode: error?.exitCode ?? 0,
      directory,
      transactionTime: state.transactionTime,
      files: stored.length,
      resources: stored.reduce((sum, { resources }) => sum + resources, 0),
      bytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
      findings: state.findings ?? [],
    },
  }
}
