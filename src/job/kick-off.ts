/** The step that costs most when it goes wrong: sent as rarely as can be, and never again once it may have arrived. */
import { BulkxError } from '../errors.js'
import { type Answer, readAnswer } from '../http/body.js'
import { type HttpReply, header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { withoutQuery } from '../http/url.js'
import { checkServerHint } from '../protocol/base-url.js'
import { type KickOffResponse, kickOffRequest, readKickOff, withoutPatients } from '../protocol/kick-off.js'
import type { KickOffRequest } from '../protocol/types.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import { keptHeaders } from './kept-headers.js'
import { attachCommand, shownDirectory } from './next-command.js'

/** OpenEMR answers a kick-off after two minutes. */
const kickOffTimeoutMs = 5 * 60_000
/** Waits before the second and the third attempt: ten seconds in all. */
const attemptDelaysMs = [3_000, 7_000]
/** What a busy server is waited for, once. */
const busyWaitMs = 10_000

const unreachable = (job: Job, reason: string): BulkxError =>
  new BulkxError('BULKX_UNREACHABLE', `Cannot reach ${withoutQuery(job.config.fhirUrl)}: ${reason}`, {
    hint: 'nothing was started; check --server and the network, then run the same command again',
  })

const undecided = (job: Job, reason: string, cause?: unknown): BulkxError => {
  const hint =
    'it is not sent again by itself; if you learn the status URL: ' +
    `${attachCommand(shownDirectory(job.config))}; to send a new kick-off: --again`
  const message = `The answer to the kick-off is not known, a job may be running: ${reason}`
  return new BulkxError('BULKX_KICK_OFF_UNDECIDED', message, { hint, cause })
}

const busy = ({ jobs, message, retryAfterMs }: Extract<KickOffResponse, { kind: 'busy' }>): BulkxError => {
  const [running] = jobs
  const hint =
    running === undefined
      ? 'a job of yours is probably running: `bulkx jobs` lists what was started here; wait for it, or cancel it'
      : `attach to the running job with \`bulkx resume ${running} --out <dir>\`, or end it with \`bulkx cancel ${running}\``
  const asked = retryAfterMs === undefined ? '' : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`
  return new BulkxError('BULKX_SERVER_BUSY', `The server is busy with another export, ${message}${asked}`, {
    hint,
  })
}

const refused = (
  response: Extract<KickOffResponse, { kind: 'refused' }>,
  kickOff: KickOffRequest,
): BulkxError => {
  if (!response.bulkData) {
    return new BulkxError('BULKX_NOT_BULK_DATA', response.message, { hint: checkServerHint })
  }
  const method = kickOff.method === 'get' ? 'post' : 'get'
  const hints: Record<number, string> = {
    404: checkServerHint,
    405: `the server wants another method: try --method ${method}`,
    501: 'bulk export is not enabled on this server',
  }
  const hint =
    hints[response.status] ?? '`--dry-run` shows the exact request; ask only for what this server supports'
  return new BulkxError('BULKX_KICK_OFF_REFUSED', `The server refused the kick-off, ${response.message}`, {
    hint,
  })
}

const unauthorized = (message: string): BulkxError =>
  new BulkxError('BULKX_UNAUTHORIZED', `The server refused the kick-off, ${message}`, {
    hint: '`bulkx doctor` looks for the cause: the credential, its scopes, and what this client may export',
  })

/** `unsent`: with the end that it means, and whether another attempt can help. */
type Sent = { answer: Answer } | { unsent: BulkxError; reason: string; again: boolean }

/** The address of the job is all that counts: where the headers have it, a body that breaks off loses nothing. */
const readReply = (reply: HttpReply): Promise<Answer> =>
  readAnswer(reply).catch((error: unknown) => {
    const { status, headers, url } = reply
    if (status !== 202 || header(headers, 'content-location') === undefined) throw error
    return { status, headers, url, body: '', cut: true }
  })

/** Not abortable: the first Ctrl-C waits for the answer, without which a running job would be lost. */
const send = async (job: Job, kickOff: KickOffRequest): Promise<Sent> => {
  const timeoutMs = Math.max(kickOffTimeoutMs, job.config.network.requestTimeoutMs)
  try {
    return {
      answer: await readReply(await job.fhir({ ...kickOffRequest(job.config.fhirUrl, kickOff), timeoutMs })),
    }
  } catch (error) {
    if (error instanceof NetworkError && !error.sent) {
      return { unsent: unreachable(job, error.message), reason: error.message, again: true }
    }
    // It was redirected to where it does not go: nothing was started.
    if (error instanceof NetworkError && error.kind === 'redirect') {
      const refused = new BulkxError(
        'BULKX_KICK_OFF_REFUSED',
        `The kick-off was not followed: ${error.message}`,
        {
          cause: error,
          hint: 'check --server: name the URL that the server redirects to, with https',
        },
      )
      return { unsent: refused, reason: error.message, again: false }
    }
    // No credential could be had: nothing went out.
    if (error instanceof BulkxError) return { unsent: error, reason: error.message, again: false }
    throw undecided(job, error instanceof Error ? error.message : String(error), error)
  }
}

const accepted = (answer: Answer, response: Extract<KickOffResponse, { kind: 'accepted' }>): Fact[] => [
  {
    type: 'kick-off-accepted',
    pollingLocation: response.pollingLocation,
    serverDate: response.serverDate,
    headers: keptHeaders(answer.headers),
    issues: response.issues.length > 0 ? response.issues : undefined,
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

const refusal = (answer: Answer, message: string): Fact[] => [
  { type: 'kick-off-refused', status: answer.status, message, headers: keptHeaders(answer.headers) },
]

/** The end of this attempt: an error to throw, or milliseconds after which another one may follow. */
type Verdict = { facts: Fact[]; error: BulkxError; againAfterMs?: number } | { facts: Fact[] }

const judge = (job: Job, kickOff: KickOffRequest, answer: Answer): Verdict => {
  const response = readKickOff(answer, job.clock.now())
  switch (response.kind) {
    case 'accepted':
      return { facts: accepted(answer, response) }
    case 'complete':
      return { facts: complete(answer, response) }
    case 'busy': {
      const wait = response.retryAfterMs ?? busyWaitMs
      const againAfterMs = wait <= busyWaitMs ? wait : undefined
      return { facts: refusal(answer, response.message), error: busy(response), againAfterMs }
    }
    case 'later': {
      const wait = response.retryAfterMs ?? 0
      const error = unreachable(job, `${response.message}; maintenance?`)
      return {
        facts: refusal(answer, response.message),
        error,
        againAfterMs: wait <= busyWaitMs ? wait : undefined,
      }
    }
    case 'unknown':
    case 'unlocated':
      return { facts: [], error: undecided(job, response.message) }
    case 'unauthorized':
      return { facts: refusal(answer, response.message), error: unauthorized(response.message) }
    case 'refused':
      return { facts: refusal(answer, response.message), error: refused(response, kickOff) }
    default:
      return response satisfies never
  }
}

/** Attempts while nothing was started: three for a server that cannot be reached, two for a busy one. */
export async function* kickOff(job: Job, request: KickOffRequest): AsyncGenerator<Fact[]> {
  const { method, url } = kickOffRequest(job.config.fhirUrl, request)
  const patienceMs = Math.min(busyWaitMs, job.config.waiting.patienceMs)
  let waitedMs = 0
  let busyOnce = false
  for (let attempt = 0; ; attempt += 1) {
    job.signal?.throwIfAborted()
    yield [{ type: 'kick-off-requested', method, url: withoutPatients(url) }]
    const sent = await send(job, request)
    const verdict: Verdict =
      'answer' in sent
        ? judge(job, request, sent.answer)
        : {
            facts: [{ type: 'kick-off-unsent', reason: sent.reason }],
            error: sent.unsent,
            againAfterMs: sent.again ? 0 : undefined,
          }
    if (verdict.facts.length > 0) yield verdict.facts
    if (!('error' in verdict)) return
    const ownDelayMs = attemptDelaysMs[attempt]
    const isBusy = verdict.error.code === 'BULKX_SERVER_BUSY'
    const delayMs = Math.max(verdict.againAfterMs ?? 0, isBusy ? 0 : (ownDelayMs ?? 0))
    const last = ownDelayMs === undefined || (isBusy && busyOnce) || waitedMs + delayMs > patienceMs
    if (verdict.againAfterMs === undefined || last) throw verdict.error
    busyOnce ||= isBusy
    waitedMs += delayMs
    await job.clock.sleep(delayMs, job.signal)
  }
}
