/** The facts folded: where a job is. Nothing here is stored; it is read off the journal each time. */

import type { ErrorCode } from '../errors.js'
import type { Instant, Issue, KickOffRequest, OutputManifest, Section } from '../protocol/types.js'
import type { FailOn, Finding, Identity, JobEvent, Phase } from './facts.js'
import { fileNames, type OutputFile } from './files.js'

interface ManifestPage {
  requiresAccessToken?: boolean
  /** More entries may follow under the same URL: the job goes on. */
  partial: boolean
  /** Our file names, by position in the section. */
  names: Record<Section, string[]>
}

/** An end that the server has pronounced, repeated as it is by every later command. */
export interface JobEnd {
  phase: 'failed' | 'gone' | 'cancelled'
  code: ErrorCode
  message: string
}

export interface JobState {
  exportId: string
  server: string
  fhirUrl: string
  kickOff?: KickOffRequest
  identity: Identity
  /** Epoch milliseconds of the first fact. */
  startedAt: number
  lastFactAt: number
  /** Sent, and no answer known. */
  undecided: boolean
  kickOffUrl?: string
  pollingLocation?: string
  acceptedAt: number
  serverDate?: number
  attached: boolean
  /** The kick-off was answered by the manifest itself: there is no status to ask for, nothing to delete. */
  synchronous: boolean
  /** What the server said of the kick-off, beside accepting it. */
  kickOffIssues: Issue[]

  /** What to ask next; absent once the last page is in. */
  nextManifest?: string
  /** Our own next look, epoch milliseconds. */
  notBefore: number
  /** What the server asked for: nobody looks earlier. */
  askableAt: number
  progress?: string
  /** Start and number of the present run of failures. */
  failingSince?: number
  failures: number
  doubts: number
  retryAfterCut: boolean
  /** The server did not stand for a shortened Retry-After. */
  cutRefused: boolean

  transactionTime?: Instant
  /** What the manifest says the request was. */
  request?: string
  expiresAt?: number
  manifestIssues: Issue[]
  failedBatches: number
  manifestRest: Record<string, unknown>
  pages: Map<string, ManifestPage>
  /** A further page that could not be had, and why. */
  missingPage?: { page: string; reason: string }
  refreshed: Set<string>
  files: Map<string, OutputFile>
  namesByUrl: Map<string, string>
  /** Files that the manifest lists more than once. */
  listedTwice: Set<string>

  findings?: Finding[]
  accepted?: FailOn
  completedAt?: number
  /** Status of the answer to DELETE. */
  deleteStatus?: number
  end?: JobEnd
  nameFile: (section: Section, type: string) => string
}

export const newState = (): JobState => ({
  exportId: '',
  server: '',
  fhirUrl: '',
  identity: {},
  startedAt: 0,
  lastFactAt: 0,
  undecided: false,
  acceptedAt: 0,
  attached: false,
  synchronous: false,
  kickOffIssues: [],
  notBefore: 0,
  askableAt: 0,
  failures: 0,
  doubts: 0,
  retryAfterCut: false,
  cutRefused: false,
  manifestIssues: [],
  failedBatches: 0,
  manifestRest: {},
  pages: new Map(),
  refreshed: new Set(),
  files: new Map(),
  namesByUrl: new Map(),
  listedTwice: new Set(),
  nameFile: fileNames(),
})

const sections = ['output', 'deleted', 'outcome'] as const

/** The entries of a page that is asked again must be those it had: a server may renew URLs, not alter a manifest. */
export const linesUp = (state: JobState, page: string, manifest: OutputManifest): boolean => {
  const known = state.pages.get(page)
  if (!known) return true
  return sections.every((section) => {
    const names = known.names[section]
    const items = manifest.items[section]
    if (known.partial ? items.length < names.length : items.length !== names.length) return false
    return names.every((name, position) => state.files.get(name)?.type === items[position]?.type)
  })
}

const addFile = (
  state: JobState,
  page: string,
  section: Section,
  item: OutputManifest['items'][Section][number],
): string => {
  const listed = item.url === '' ? undefined : state.namesByUrl.get(item.url)
  if (listed !== undefined) {
    state.listedTwice.add(listed)
    return listed
  }
  const name = state.nameFile(section, item.type)
  const file: OutputFile = { ...item, name, section, page, status: 'pending' }
  if (item.url === '') {
    file.status = 'failed'
    file.failure = { code: 'refused', message: 'the manifest entry has no usable URL', refresh: true }
  } else {
    state.namesByUrl.set(item.url, name)
  }
  state.files.set(name, file)
  return name
}

const renewFile = (state: JobState, name: string, url: string): void => {
  const file = state.files.get(name)
  if (!file || file.status === 'completed') return
  file.url = url
  if (url !== '') file.status = 'pending'
}

const takeManifest = (state: JobState, page: string, manifest: OutputManifest, partial: boolean): void => {
  const known = state.pages.get(page)
  const names = known?.names ?? { output: [], deleted: [], outcome: [] }
  for (const section of sections) {
    manifest.items[section].forEach((item, position) => {
      const name = names[section][position]
      if (name === undefined) names[section][position] = addFile(state, page, section, item)
      else renewFile(state, name, item.url)
    })
  }
  if (known && !known.partial) state.refreshed.add(page)
  state.pages.set(page, { requiresAccessToken: manifest.requiresAccessToken, partial, names })
  if (known && !known.partial) return
  state.transactionTime = earlier(state.transactionTime, manifest.transactionTime)
  state.request ??= manifest.request
  state.expiresAt = manifest.expiresAt ?? state.expiresAt
  state.failedBatches = Math.max(state.failedBatches, manifest.failedBatches ?? 0)
  state.manifestIssues.push(...manifest.issues)
  Object.assign(state.manifestRest, manifest.rest)
  state.nextManifest = partial ? state.nextManifest : manifest.next
}

// Pages that disagree are merged under the earlier time: the next `_since` then misses nothing.
const earlier = (a: Instant | undefined, b: Instant | undefined): Instant | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(b) < Date.parse(a) ? b : a
}

const settle = (state: JobState): void => {
  state.failingSince = undefined
  state.failures = 0
  state.doubts = 0
}

const resume = (state: JobState): void => {
  state.refreshed.clear()
  state.doubts = 0
  for (const file of state.files.values())
    if (file.status === 'failed' && file.url !== '') file.status = 'pending'
  if (state.missingPage) {
    state.nextManifest = state.missingPage.page
    state.missingPage = undefined
  }
}

/** Folds one event into the state, in place: states of a hundred thousand files are not copied. */
export const reduce = (state: JobState, event: JobEvent): JobState => {
  state.lastFactAt = event.at
  switch (event.type) {
    case 'job-created':
      state.exportId = event.exportId
      state.server = event.server
      state.fhirUrl = event.fhirUrl
      state.kickOff = event.kickOff
      state.identity = event.identity ?? {}
      state.startedAt = event.at
      return state
    case 'job-resumed':
      resume(state)
      return state
    case 'kick-off-requested':
      state.undecided = true
      state.kickOffUrl = event.url
      return state
    case 'kick-off-unsent':
    case 'kick-off-refused':
      state.undecided = false
      return state
    case 'kick-off-accepted':
      state.undecided = false
      state.pollingLocation = event.pollingLocation
      state.nextManifest = event.pollingLocation
      state.acceptedAt = event.at
      state.serverDate = event.serverDate
      state.attached = event.attached === true
      state.synchronous = event.synchronous === true
      state.kickOffIssues = event.issues ?? []
      state.notBefore = event.attached ? 0 : event.at + firstLookMs
      return state
    case 'status-in-progress':
      settle(state)
      state.progress = event.progress
      state.notBefore = event.notBefore
      state.askableAt = event.retryAfterMs === undefined ? 0 : event.notBefore
      state.retryAfterCut = event.cut === true
      return state
    case 'status-transient':
      state.failingSince ??= event.at
      state.failures += 1
      state.notBefore = event.notBefore
      state.askableAt = event.retryAfterMs === undefined ? 0 : event.notBefore
      if (event.status === 429 && state.retryAfterCut) state.cutRefused = true
      state.retryAfterCut = event.cut === true
      return state
    case 'status-doubted':
      state.doubts += 1
      state.notBefore = event.notBefore
      state.askableAt = 0
      return state
    case 'manifest-received':
      settle(state)
      state.progress = undefined
      state.notBefore = 0
      state.askableAt = 0
      takeManifest(state, event.page, event.manifest, event.partial === true)
      return state
    case 'manifest-unavailable':
      settle(state)
      if (event.page === state.nextManifest) {
        state.missingPage = { page: event.page, reason: event.reason }
        state.nextManifest = undefined
      } else state.refreshed.add(event.page)
      return state
    case 'file-completed': {
      const { type: _type, at: _at, name, ...stored } = event
      const file = state.files.get(name)
      if (file) {
        file.status = 'completed'
        file.stored = stored
        file.failure = undefined
      }
      return state
    }
    case 'file-failed': {
      const file = state.files.get(event.name)
      if (file) {
        file.status = 'failed'
        file.failure = event
      }
      return state
    }
    case 'export-failed':
      state.end = { phase: 'failed', code: event.code, message: event.message }
      return state
    case 'export-gone':
      state.end = { phase: 'gone', code: 'BULKX_JOB_GONE', message: event.message }
      return state
    case 'manifest-written':
      state.findings = event.findings
      state.completedAt = event.at
      return state
    case 'findings-accepted':
      state.accepted = event.failOn
      return state
    case 'delete-answered':
      state.deleteStatus = event.status
      return state
    case 'job-cancelled':
      state.end = { phase: 'cancelled', code: 'BULKX_JOB_CANCELLED', message: 'The job was cancelled' }
      return state
    default:
      return event satisfies never
  }
}

/** How long after an accepted kick-off the first status request goes out, milliseconds. */
const firstLookMs = 200

/** One word for the job, the same everywhere. */
export const phaseOf = (state: JobState): Phase => {
  if (state.findings) return 'complete'
  if (state.end) return state.end.phase
  if (state.undecided) return 'undecided'
  if (!state.pollingLocation) return 'new'
  const files = [...state.files.values()]
  if (state.nextManifest) return 'in-progress'
  if (files.some((file) => file.status === 'pending')) return 'downloading'
  if (state.missingPage || files.some((file) => file.status === 'failed')) return 'incomplete'
  return 'downloading'
}
