/** The facts folded: where a job is. Nothing here is stored; it is read off the journal each time. */

import type { ErrorCode } from '../errors.js'
import type { Instant, Issue, KickOffRequest, Section } from '../protocol/types.js'
import type { Fact, FailOn, Finding, Identity, JobEvent, NarrowGrant, Phase } from './facts.js'
import { fileNames, type OutputFile, setStatus, type Unfinished } from './files.js'
import { takeGrant } from './grant.js'
import {
  type Looks,
  lookFirst,
  newLooks,
  settle,
  takeDoubt,
  takeEnd,
  takeFailure,
  takeProgress,
} from './looks.js'
import { type ManifestPage, takeManifest } from './pages.js'
import { takeResume } from './resumed.js'
import { nothingSpent, type Spent, spend } from './spent.js'

/** An end that the server has pronounced, repeated as it is by every later command. */
export interface JobEnd {
  phase: 'failed' | 'gone' | 'cancelled'
  code: ErrorCode
  message: string
}

export interface JobState extends Looks {
  exportId: string
  server: string
  fhirUrl: string
  kickOff?: KickOffRequest
  /** Its `since` is what `--since last` found. */
  sinceLast: boolean
  identity: Identity
  /** The object store that the files are in; the directory itself when absent. */
  store?: string
  /** Epoch milliseconds of the first fact. */
  startedAt: number
  lastFactAt: number
  /** Where the time from the first fact to the last one went. */
  spent: Spent
  /** Sent, and no answer known. */
  undecided: boolean
  kickOffUrl?: string
  /** What the token of the last kick-off lacked. */
  grant?: NarrowGrant
  /** When the last kick-off was sent, epoch milliseconds. */
  requestedAt?: number
  /** The last kick-off was refused: nothing runs. */
  refusal?: { status: number; message: string }
  pollingLocation?: string
  /** The server named plain http for it. */
  raised: boolean
  /** What it was resolved from, while the server has not answered there properly. */
  reference?: string
  acceptedAt: number
  serverDate?: number
  attached: boolean
  /** The kick-off was answered by the manifest itself: there is no status to ask for, nothing to delete. */
  synchronous: boolean
  /** What the server said of the kick-off, beside accepting it. */
  kickOffIssues: Issue[]

  /** What to ask next; absent once the last page is in. */
  nextManifest?: string

  transactionTime?: Instant
  /** When the answer came that brought it: by the server's own clock, else by ours; epoch milliseconds. */
  transactionTimeSaidAt: number
  /** What the manifest says the request was. */
  request?: string
  expiresAt?: number
  /** A page of the manifest has a list of what was deleted, be it empty. */
  listsDeletions: boolean
  manifestIssues: Issue[]
  failedBatches: number
  manifestRest: Record<string, unknown>
  pages: Map<string, ManifestPage>
  /** A further page that could not be had, and why. */
  missingPage?: { page: string; reason: string }
  refreshed: Set<string>
  files: Map<string, OutputFile>
  unfinished: Unfinished
  namesByUrl: Map<string, string>
  /** Of signed URLs, by what stays of them; see `fileKey`. */
  namesByKey: Map<string, readonly string[]>
  /** Files whose URL was renewed by a page that did not prove which one it is of. */
  guessed: Set<string>
  /** Files that a final page lists under another URL of the same key. */
  alike: Set<string>
  /** A page is there and was not taken, for it lists other files than it did: asking again may never help. */
  otherFiles: boolean
  /** Files that the manifest lists more than once. */
  listedTwice: Set<string>

  findings?: Finding[]
  /** What the run that wrote the manifest failed on. */
  failOn: FailOn
  accepted?: FailOn
  completedAt?: number
  /** The files were stored by an earlier run: between two of them anything may happen to a directory. */
  unseen: boolean
  /** Left on the server on purpose. */
  kept: boolean
  /** Status of the answer to DELETE. */
  deleteStatus?: number
  end?: JobEnd
  nameFile: (section: Section, type: string) => string
}

export const newState = (): JobState => ({
  ...newLooks(),
  exportId: '',
  server: '',
  fhirUrl: '',
  sinceLast: false,
  identity: {},
  startedAt: 0,
  lastFactAt: 0,
  spent: nothingSpent(),
  undecided: false,
  raised: false,
  acceptedAt: 0,
  attached: false,
  synchronous: false,
  kickOffIssues: [],
  listsDeletions: false,
  transactionTimeSaidAt: 0,
  manifestIssues: [],
  failedBatches: 0,
  manifestRest: {},
  pages: new Map(),
  refreshed: new Set(),
  files: new Map(),
  unfinished: { pending: new Set(), failed: new Set() },
  namesByUrl: new Map(),
  namesByKey: new Map(),
  guessed: new Set(),
  alike: new Set(),
  otherFiles: false,
  listedTwice: new Set(),
  failOn: 'error',
  unseen: false,
  kept: false,
  nameFile: fileNames(),
})

type Folds = { [T in Fact['type']]: (state: JobState, event: Extract<JobEvent, { type: T }>) => void }

const folds: Folds = {
  'job-created': (state, event) => {
    state.exportId = event.exportId
    state.server = event.server
    state.fhirUrl = event.fhirUrl
    state.kickOff = event.kickOff
    state.sinceLast = event.sinceLast === true
    state.identity = event.identity ?? {}
    state.store = event.store
    state.startedAt = event.at
  },
  'job-resumed': takeResume,
  'kick-off-requested': (state, event) => {
    state.undecided = true
    state.refusal = undefined
    state.kickOffUrl = event.url
    state.grant = undefined
    state.requestedAt = event.at
  },
  'scopes-granted': takeGrant,
  'kick-off-unsent': (state) => {
    state.undecided = false
  },
  'kick-off-refused': (state, { status, message }) => {
    state.undecided = false
    state.refusal = { status, message }
  },
  'kick-off-unlocated': (state) => {
    state.undecided = true
    state.pollingLocation = undefined
    state.nextManifest = undefined
    settle(state)
  },
  'kick-off-accepted': (state, event) => {
    state.undecided = false
    state.pollingLocation = event.pollingLocation
    state.raised = event.raised === true
    state.reference = event.reference
    if (!event.synchronous) state.nextManifest = event.pollingLocation
    state.acceptedAt = event.at
    state.serverDate = event.serverDate
    state.attached = event.attached === true
    state.synchronous = event.synchronous === true
    state.kickOffIssues = event.issues ?? []
    lookFirst(state, event)
  },
  'status-in-progress': (state, event) => {
    state.reference = undefined
    takeProgress(state, event)
  },
  'status-transient': takeFailure,
  'status-doubted': takeDoubt,
  'manifest-received': (state, event) => {
    state.reference = undefined
    takeEnd(state, event)
    takeManifest(state, event)
  },
  'manifest-unavailable': (state, event) => {
    settle(state)
    if (event.others) state.otherFiles = true
    if (event.page !== state.nextManifest) {
      state.refreshed.add(event.page)
      const known = state.pages.get(event.page)
      if (known) known.askedAt = event.at
      return
    }
    state.missingPage = { page: event.page, reason: event.reason }
    state.nextManifest = undefined
  },
  'file-completed': (state, event) => {
    const file = state.files.get(event.name)
    if (!file) return
    setStatus(state.unfinished, file, 'completed')
    // The fact itself: a copy without its type, name and time takes longer than reading it.
    file.stored = event
    file.failure = undefined
    // Fresh URLs that brought a file are worth asking for again: signed ones may end long before the last file.
    state.refreshed.delete(file.page)
  },
  'file-failed': (state, { name, code, message, hint, trust, status, refresh }) => {
    const file = state.files.get(name)
    if (!file) return
    setStatus(state.unfinished, file, 'failed')
    file.failure = { code, message, hint, trust, status, refresh }
  },
  'file-lost': (state, { name }) => {
    const file = state.files.get(name)
    if (!file) return
    setStatus(state.unfinished, file, 'pending')
    file.stored = undefined
    // The manifest was written of it: it is to be written, and accepted, again.
    state.findings = undefined
    state.accepted = undefined
    state.completedAt = undefined
  },
  'export-failed': (state, { code, message }) => {
    state.end = { phase: 'failed', code, message }
  },
  'export-gone': (state, { message }) => {
    state.end = { phase: 'gone', code: 'BULKX_JOB_GONE', message }
  },
  'manifest-written': (state, event) => {
    state.findings = event.findings
    state.unseen = false
    state.failOn = event.failOn ?? 'error'
    state.completedAt = event.at
    state.kept = event.kept === true
  },
  'findings-accepted': (state, event) => {
    state.accepted = event.failOn
  },
  'delete-answered': (state, event) => {
    state.deleteStatus = event.status
  },
  'job-cancelled': (state) => {
    state.end = { phase: 'cancelled', code: 'BULKX_JOB_CANCELLED', message: 'The job was cancelled' }
  },
}

/** Folds one event into the state, in place: states of a hundred thousand files are not copied. */
export const reduce = (state: JobState, event: JobEvent): JobState => {
  // The table has a fold for each type; that it is this event's own, TypeScript cannot follow.
  const fold = folds[event.type] as (state: JobState, event: JobEvent) => void
  spend(state, event)
  // A journal of a later version may hold facts that this one does not know, whatever they are called.
  if (Object.hasOwn(folds, event.type)) fold(state, event)
  state.lastFactAt = event.at
  return state
}

/** One word for the job, the same everywhere. */
export const phaseOf = (state: JobState): Phase => {
  if (state.findings) return 'complete'
  if (state.end) return state.end.phase
  if (state.undecided) return 'undecided'
  if (!state.pollingLocation) return 'new'
  if (state.nextManifest) return 'in-progress'
  const { pending, failed } = state.unfinished
  if (pending.size > 0) return 'downloading'
  if (state.missingPage || failed.size > 0) return 'incomplete'
  return 'downloading'
}
