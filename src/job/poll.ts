/** Asking for the status, once, when the time has come; and asking for a page again, for fresh URLs. */
import { BulkxError } from '../errors.js'
import { DecodeError, readAnswer } from '../http/body.js'
import { NetworkError } from '../http/network-error.js'
import { backoffMs, retry } from '../http/retry.js'
import { isHttp, isPrivateAddress, originOf } from '../http/url.js'
import { readStatus, type StatusResponse, statusRequest } from '../protocol/status.js'
import type { OutputManifest } from '../protocol/types.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import { checkLimits } from './limits.js'
import { waitLeftMs } from './looks.js'
import { doctorCommand, resumeCommand, shownDirectory } from './next-command.js'
import { finalPage, newsOf } from './pages.js'
import { pagesBehind } from './partial-pages.js'
import type { JobState } from './state.js'
import {
  byDeadline,
  confirmationDelayMs,
  confirmationsMax,
  nextLook,
  nextLookAfterFailure,
  stallMs,
} from './waiting.js'

/** Right after the kick-off a 404 may only mean that the job is not known everywhere yet, milliseconds. */
const graceMs = 30_000
/** Pages of one manifest that are followed. */
const pagesMax = 10_000

/** Jobs whose server has once answered 406 to plain JSON: it is not asked that way again in this run. */
const wantsFhirJson = new WeakSet<JobState>()

/** `private`: the server leads into the network that we stand in, and was not followed. */
export type Looked = StatusResponse | { kind: 'private'; reason: string; hint: string }

/** One status request. Rejects with what the identity says, and with the signal's reason. */
export const look = async (job: Job, url: string): Promise<Looked> => {
  const ask = async (accept?: string): Promise<StatusResponse> => {
    const reply = await job.fhir({ ...statusRequest(url, accept), signal: job.signal })
    return readStatus(await readAnswer(reply, job.clock), job.clock.now())
  }
  const fhirJson = 'application/fhir+json'
  try {
    const response = await ask(wantsFhirJson.has(job.state) ? fhirJson : undefined)
    if (response.kind !== 'not-acceptable' || wantsFhirJson.has(job.state)) return response
    wantsFhirJson.add(job.state)
    return await ask(fhirJson)
  } catch (error) {
    job.signal?.throwIfAborted()
    if (!(error instanceof NetworkError || error instanceof DecodeError)) throw error
    if (error instanceof NetworkError && error.kind === 'private')
      return { kind: 'private', reason: error.message, hint: error.hint ?? '' }
    return { kind: 'transient', reason: error.message }
  }
}

const unauthorized = ({ config }: Job, url: string, reason: string): BulkxError => {
  const origin = originOf(url)
  const trusted = [originOf(config.fhirUrl), ...config.network.trustedOrigins].includes(origin)
  const resume = resumeCommand(shownDirectory(config)).slice(1, -1)
  const hint = trusted
    ? `${doctorCommand(config, config.kickOff.target)} looks for the cause; the job goes on at the server: \`${resume}\` when it is mended`
    : `${origin} is not the origin of the FHIR base and gets no credential; if you trust it: \`${resume} --trust-origin ${origin}\``
  return new BulkxError('BULKX_UNAUTHORIZED', reason, { hint })
}

/** The job may well go on: only the person knows whether that place is right. */
const notAllowed = ({ config }: Job, { reason, hint }: Extract<Looked, { kind: 'private' }>): BulkxError =>
  new BulkxError('BULKX_UNREACHABLE', `The status was not asked for: ${reason}`, {
    hint: `${hint}; with it, ${resumeCommand(shownDirectory(config))} goes on`,
  })

const hasCredential = ({ config: { network } }: Job): boolean =>
  network.auth.kind !== 'none' || Object.keys(network.secretHeaders).length > 0

const situation = (job: Job, retryAfterMs: number | undefined) => ({
  now: job.clock.now(),
  startedAt: job.state.acceptedAt,
  retryAfterMs,
  cutRefused: job.state.cutRefused,
})

type InProgress = Extract<StatusResponse, { kind: 'in-progress' }>

/** For how long the server has said the same, once it is worth saying, and once for each such time. */
const unchangedMs = ({ state, clock }: Job, { progress, heartbeat }: InProgress): number | undefined => {
  const { unchangedSince, stallSaid } = state
  const isSame = progress === state.progress && heartbeat === state.heartbeat
  if (stallSaid || !isSame || unchangedSince === undefined) return undefined
  const ms = clock.now() - unchangedSince
  return ms >= stallMs ? ms : undefined
}

const inProgress = (job: Job, url: string, response: InProgress): Fact[] => {
  const { progress, heartbeat, retryAfterMs, manifest } = response
  const next = nextLook(situation(job, retryAfterMs), job.config.waiting, job.random)
  const news = manifest && newsOf(job.state, url, manifest)
  const page: Fact[] = news ? [news] : []
  const unchanged = page.length > 0 ? undefined : unchangedMs(job, response)
  return [...page, { type: 'status-in-progress', progress, heartbeat, unchangedMs: unchanged, ...next }]
}

const transient = (
  job: Job,
  { reason, status, retryAfterMs }: Extract<StatusResponse, { kind: 'transient' }>,
): Fact[] => {
  const at = situation(job, retryAfterMs)
  const failures = job.state.failures + 1
  const { failingSince = at.now } = job.state
  // A 429 after a shortened wait is the server's answer to it: what it asks now is not shortened again.
  const cutRefused = job.state.cutRefused || (status === 429 && job.state.retryAfterCut)
  const next = nextLookAfterFailure(
    { ...at, cutRefused, failures, failingSince },
    job.config.waiting,
    job.random,
  )
  // From failure to failure: a machine that slept after the first one has not waited.
  const last = at.now - failingSince >= job.config.waiting.patienceMs || undefined
  return [{ type: 'status-transient', reason, status, ...next, last }]
}

/** What ends the job, unless it is doubted first. */
type Ending = Extract<StatusResponse, { kind: 'doubtful' | 'failed' | 'gone' | 'not-acceptable' }>

const ended = (ending: Ending): Fact[] => {
  const { status, reason: message } = ending
  if (ending.kind === 'gone') return [{ type: 'export-gone', status, message }]
  const bulkData =
    ending.kind === 'failed' ? ending.bulkData : ending.kind === 'not-acceptable' || ending.as === 'failed'
  return [
    { type: 'export-failed', status, message, code: bulkData ? 'BULKX_EXPORT_FAILED' : 'BULKX_BAD_ANSWER' },
  ]
}

/** A page behind the first one: when it cannot be had, what the first ones list is still worth having. */
const isFurtherPage = (job: Job, url: string): boolean => url !== job.state.pollingLocation

/** `looks`: how often such an answer is looked at again before it is believed. */
const doubted = (job: Job, url: string, ending: Ending, looks: number): Fact[] => {
  const { doubts } = job.state
  if (doubts < looks) {
    const { waiting } = job.config
    const at = situation(job, undefined)
    const notBefore = byDeadline(at.now + confirmationDelayMs(doubts, waiting), at, waiting)
    return [{ type: 'status-doubted', reason: ending.reason, status: ending.status, notBefore }]
  }
  return isFurtherPage(job, url)
    ? [{ type: 'manifest-unavailable', page: url, reason: ending.reason }]
    : ended(ending)
}

/** A job that was never found where a relative reference led: nobody knows what the server meant by it. */
const notFound = ({ state }: Job, gone: Extract<StatusResponse, { kind: 'gone' }>): Fact[] =>
  state.reference === undefined
    ? ended(gone)
    : [{ type: 'kick-off-unlocated', reference: state.reference, status: gone.status }]

const received = (job: Job, page: string, manifest: OutputManifest): Fact[] => {
  const final = finalPage(job.state, page, manifest)
  return typeof final === 'string'
    ? [{ type: 'manifest-unavailable', page, reason: final, others: true }]
    : [final]
}

const facts = (job: Job, url: string, response: Looked): Fact[] => {
  const further = isFurtherPage(job, url)
  switch (response.kind) {
    case 'in-progress':
      return inProgress(job, url, response)
    case 'complete':
      return received(job, url, response.manifest)
    case 'transient':
      return transient(job, response)
    case 'doubtful':
      return doubted(job, url, response, confirmationsMax)
    case 'gone': {
      if (further) return [{ type: 'manifest-unavailable', page: url, reason: response.reason }]
      const early = job.clock.now() - job.state.acceptedAt < graceMs && !job.state.attached
      if (early && job.state.doubts < 1) return doubted(job, url, response, 1)
      return notFound(job, response)
    }
    case 'failed':
    case 'not-acceptable':
      return further
        ? [{ type: 'manifest-unavailable', page: url, reason: response.reason }]
        : ended(response)
    case 'unauthorized':
      if (further) return [{ type: 'manifest-unavailable', page: url, reason: response.reason }]
      // A page to sign in at where nobody tried to: it is no bulk export's answer, whoever may see it.
      if (response.status < 400 && !hasCredential(job)) {
        return doubted(job, url, { ...response, kind: 'doubtful', as: 'not-bulk-data' }, confirmationsMax)
      }
      throw unauthorized(job, url, response.reason)
    case 'private':
      if (further) return [{ type: 'manifest-unavailable', page: url, reason: response.reason }]
      throw notAllowed(job, response)
    default:
      return response satisfies never
  }
}

/** Why a page is not even asked for; undefined when it is. */
const notFollowed = (job: Job, url: string): string | undefined => {
  const { config, state } = job
  if (!isHttp(url)) return 'its next page has no http or https URL'
  if (state.pages.get(url)?.partial === false) return 'the pages of the manifest lead in a circle'
  if (state.pages.size >= pagesMax) return 'the manifest has more than 10,000 pages'
  const isInside = isFurtherPage(job, url) && isPrivateAddress(url) && !isPrivateAddress(config.fhirUrl)
  return isInside && !config.network.trustedOrigins.includes(originOf(url) ?? '')
    ? 'its next page is at a private address, and the FHIR server is not'
    : undefined
}

/**
 * One status request, not before its time, and at the latest when the deadline comes: each run asks at least
 * once. Throws `BULKX_UNAUTHORIZED`, `BULKX_UNREACHABLE` beyond `--patience`, `BULKX_DEADLINE`.
 */
export async function* poll(job: Job, url: string, notBefore: number): AsyncGenerator<Fact[]> {
  const reason = notFollowed(job, url)
  if (reason !== undefined) {
    yield [{ type: 'manifest-unavailable', page: url, reason }]
    return
  }
  const until = Math.min(notBefore, job.state.acceptedAt + job.config.waiting.deadlineMs)
  const leftMs = waitLeftMs(job.state, until, job.clock.now())
  if (leftMs > 0) {
    job.executor.prepare?.()
    await job.clock.sleep(leftMs, job.signal)
  }
  job.signal?.throwIfAborted()
  const response = await look(job, url)
  const seen = facts(job, url, response)
  yield seen
  if (response.kind === 'in-progress' && response.manifest && !isFurtherPage(job, url))
    yield* pagesBehind(job, response.manifest, async (page) => {
      const behind = notFollowed(job, page) === undefined ? await look(job, page) : undefined
      return behind?.kind === 'private' ? undefined : behind
    })
  checkLimits(job, seen)
}

/** Attempts to have a page of the manifest again. */
const refreshAttempts = 3
/** What a server is waited for in between, where it asks for it, milliseconds. */
const refreshWaitMaxMs = 60_000

/** Asks for a page again, for fresh URLs of files that could not be had; says so when it cannot be had either. */
export async function* refresh(job: Job, page: string): AsyncGenerator<Fact[]> {
  let askedMs = 0
  const ask = async (): Promise<Looked> => {
    const response = await look(job, page)
    askedMs = response.kind === 'transient' ? (response.retryAfterMs ?? 0) : 0
    if (response.kind === 'transient') throw new NetworkError('broken', response.reason, { sent: true })
    return response
  }
  const delayMs = (_error: Error, failures: number): number | 'stop' =>
    askedMs > refreshWaitMaxMs ? 'stop' : Math.max(askedMs, backoffMs(failures, job.random))
  const options = { clock: job.clock, signal: job.signal, attempts: refreshAttempts, delayMs }
  const response = await retry(ask, options).catch((error: unknown): Looked => {
    if (error instanceof NetworkError) return { kind: 'transient', reason: error.message }
    throw error
  })
  if (response.kind === 'complete') {
    yield received(job, page, response.manifest)
    return
  }
  const reason =
    response.kind === 'in-progress' ? 'the server says that the job is running again' : response.reason
  yield [{ type: 'manifest-unavailable', page, reason }]
}
