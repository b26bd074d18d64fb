/** The step that costs most when it goes wrong: sent as rarely as can be, and never again once it may have arrived. */
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { type Answer, readAnswer } from '../http/body.js'
import { type HttpReply, header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { type KickOffResponse, kickOffRequest, readKickOff, withoutPatients } from '../protocol/kick-off.js'
import type { KickOffRequest } from '../protocol/types.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import { grantFacts } from './grant.js'
import { keptHeaders } from './kept-headers.js'
import { busy, refused, unauthorized, unavailable, undecided, unlocated, unreachable } from './refusal.js'

/** OpenEMR answers a kick-off after two minutes. */
const kickOffTimeoutMs = 5 * 60_000
/** Waits before the second and the third attempt: ten seconds in all. */
const attemptDelaysMs = [3_000, 7_000]
/** What a busy server is waited for, once. */
const busyWaitMs = 10_000

/** `unsent`: with the end that it means, and whether another attempt can help. */
type Sent = { answer: Answer } | { unsent: BulkxError; reason: string; again: boolean }

/** The address of the job is all that counts: where the headers have it, a body that breaks off loses nothing. */
const readReply = (reply: HttpReply, clock: Clock): Promise<Answer> =>
  readAnswer(reply, clock).catch((error: unknown) => {
    const { status, headers, url } = reply
    if (status !== 202 || header(headers, 'content-location') === undefined) throw error
    return { status, headers, url, body: '', cut: true }
  })

/** Not abortable: the first Ctrl-C waits for the answer, without which a running job would be lost. */
const send = async (job: Job, kickOff: KickOffRequest): Promise<Sent> => {
  const timeoutMs = Math.max(kickOffTimeoutMs, job.config.network.requestTimeoutMs)
  try {
    return {
      answer: await readReply(
        await job.fhir({ ...kickOffRequest(job.config.fhirUrl, kickOff), timeoutMs }),
        job.clock,
      ),
    }
  } catch (error) {
    const isElsewhere =
      error instanceof NetworkError && (error.kind === 'redirect' || error.kind === 'private')
    if (error instanceof NetworkError && !error.sent && !isElsewhere) {
      // What a server speaks, and whose certificate it shows, is the same ten seconds later.
      return { unsent: unreachable(job.config, error), reason: error.message, again: error.kind !== 'tls' }
    }
    // It was redirected to where it does not go: nothing was started.
    if (isElsewhere) {
      const stopped = new BulkxError(
        'BULKX_KICK_OFF_REFUSED',
        `The kick-off was not followed: ${error.message}`,
        {
          cause: error,
          hint: 'check --server: name the URL that the server redirects to, with https',
        },
      )
      return { unsent: stopped, reason: error.message, again: false }
    }
    // No credential could be had: nothing went out.
    if (error instanceof BulkxError) return { unsent: error, reason: error.message, again: false }
    throw undecided(job.config, error instanceof Error ? error.message : String(error), error)
  }
}

const accepted = (
  answer: Answer,
  { pollingLocation, raised, reference, serverDate, issues }: Extract<KickOffResponse, { kind: 'accepted' }>,
): Fact[] => [
  {
    type: 'kick-off-accepted',
    pollingLocation,
    raised,
    reference,
    serverDate,
    headers: keptHeaders(answer.headers),
    issues: issues.length > 0 ? issues : undefined,
  },
]

/** The manifest first: were the journal torn between the two, asking for it would be a second kick-off. */
const complete = (answer: Answer, response: Extract<KickOffResponse, { kind: 'complete' }>): Fact[] => [
  { type: 'manifest-received', page: answer.url, manifest: response.manifest },
  {
    type: 'kick-off-accepted',
    pollingLocation: answer.url,
    headers: keptHeaders(answer.headers),
    synchronous: true,
  },
]

/** How an attempt that started nothing ends: what became of it, and when another one may follow. */
interface Failed {
  fact: Extract<Fact, { type: 'kick-off-unsent' | 'kick-off-refused' }>
  error: BulkxError
  /** Milliseconds; absent when another attempt cannot help. */
  againAfterMs?: number
}

type Verdict = { facts: Fact[] } | Failed

const refusal = (answer: Answer, message: string): Failed['fact'] => ({
  type: 'kick-off-refused',
  status: answer.status,
  message,
  headers: keptHeaders(answer.headers),
})

/** What a server asks to be waited for, where that is soon enough. */
const soon = (waitMs: number): number | undefined => (waitMs <= busyWaitMs ? waitMs : undefined)

/** Throws where a job may have started: `BULKX_KICK_OFF_UNDECIDED`. */
const judge = (job: Job, kickOff: KickOffRequest, answer: Answer): Verdict => {
  const { config, clock } = job
  const response = readKickOff(answer, clock.now())
  const failed = (error: BulkxError, againAfterMs?: number): Failed => ({
    fact: refusal(
      answer,
      response.kind === 'accepted' || response.kind === 'complete' ? '' : response.message,
    ),
    error,
    againAfterMs,
  })
  switch (response.kind) {
    case 'accepted':
      return { facts: accepted(answer, response) }
    case 'complete':
      return { facts: complete(answer, response) }
    case 'busy':
      return failed(busy(response), soon(response.retryAfterMs ?? busyWaitMs))
    case 'later':
      return failed(unavailable(config, response.message), soon(response.retryAfterMs ?? 0))
    case 'unknown':
      throw undecided(config, response.message)
    case 'unlocated':
      throw unlocated(config, response.message)
    case 'unauthorized':
      return failed(unauthorized(response, config, kickOff))
    case 'refused':
      return failed(refused(response, config, kickOff))
    default:
      return response satisfies never
  }
}

const attempt = async (job: Job, request: KickOffRequest): Promise<Verdict> => {
  const sent = await send(job, request)
  if ('answer' in sent) return judge(job, request, sent.answer)
  const { reason, unsent: error, again } = sent
  return { fact: { type: 'kick-off-unsent', reason }, error, againAfterMs: again ? 0 : undefined }
}

/** Attempts while nothing was started: three for a server that cannot be reached, two for a busy one. */
export async function* kickOff(job: Job, request: KickOffRequest): AsyncGenerator<Fact[]> {
  const { method, url } = kickOffRequest(job.config.fhirUrl, request)
  const patienceMs = Math.min(busyWaitMs, job.config.waiting.patienceMs)
  let waitedMs = 0
  let busyOnce = false
  for (let number = 0; ; number += 1) {
    job.signal?.throwIfAborted()
    yield [{ type: 'kick-off-requested', method, url: withoutPatients(url) }]
    const verdict = await attempt(job, request).catch((lost: unknown) => ({ lost }))
    if ('lost' in verdict) {
      // The job may turn out to run.
      const granted = grantFacts(job)
      if (granted.length > 0) yield granted
      throw verdict.lost
    }
    if ('facts' in verdict) {
      // Together: who leaves in between would lose the answer.
      yield [...grantFacts(job), ...verdict.facts]
      return
    }
    const ownDelayMs = attemptDelaysMs[number]
    const isBusy = verdict.error.code === 'BULKX_SERVER_BUSY'
    const againAfterMs = Math.max(verdict.againAfterMs ?? 0, isBusy ? 0 : (ownDelayMs ?? 0))
    const last = ownDelayMs === undefined || (isBusy && busyOnce) || waitedMs + againAfterMs > patienceMs
    if (verdict.againAfterMs === undefined || last) {
      yield [verdict.fact]
      throw verdict.error
    }
    yield [{ ...verdict.fact, againAfterMs }]
    busyOnce ||= isBusy
    waitedMs += againAfterMs
    await job.clock.sleep(againAfterMs, job.signal)
  }
}
