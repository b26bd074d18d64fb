/** Doing what was decided: each step as the facts it brings about, in batches that become durable together. */
import type { Clock } from '../clock.js'
import { type Answer, readAnswer } from '../http/body.js'
import type { HttpReply } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { retry } from '../http/retry.js'
import { type DeleteResponse, deleteRequest, readDelete } from '../protocol/delete.js'
import { unproved } from './check-listed.js'
import { conflicts } from './conflicts.js'
import { download } from './download.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import { storedName } from './files.js'
import { failing, findingsOf, ranked } from './findings.js'
import { kickOff } from './kick-off.js'
import { manifestName, manifestText } from './manifest-file.js'
import type { Step } from './plan.js'
import { poll, refresh } from './poll.js'

/** The last thing of a good run must not hold it up. */
const deleteTimeoutMs = 60_000
/** How long the body of its answer may take, milliseconds. */
const deleteWordsMs = 5_000
const deleteRetryMs = 2_000
/** What a busy server is waited for, where it asks for it. */
const deleteWaitMaxMs = 30_000

/** Completed files that are not on disk as they were stored: between two runs anything may happen to a directory. */
const lostFiles = async (job: Job): Promise<Fact[]> => {
  const stored = [...job.state.files.values()].filter((file) => file.stored !== undefined)
  const sizes = await job.sink.sizes(stored.map(storedName))
  return stored
    .filter((file, position) => sizes[position] !== (file.stored?.storedBytes ?? file.stored?.bytes))
    .map(({ name }) => ({ type: 'file-lost', name }))
}

async function* writeManifest(job: Job): AsyncGenerator<Fact[]> {
  const lost = await lostFiles(job)
  if (lost.length > 0) {
    yield lost
    return
  }
  const missing = unproved(job.state)
  if (missing) throw missing
  const findings = ranked([...findingsOf(job.state), ...(await conflicts(job))])
  const { failOn, cleanup } = job.config.files
  const written: Fact = {
    type: 'manifest-written',
    findings,
    kept: cleanup === 'never' || undefined,
    failOn: failOn === 'warning' ? failOn : undefined,
  }
  await job.assertHeld()
  await job.publishLog?.(written)
  await job.sink.write(manifestName, manifestText(job.state, findings, job.clock.now()))
  const accepts = failing(findings, 'error').length > 0 && failing(findings, failOn).length === 0
  yield accepts ? [written, { type: 'findings-accepted', failOn }] : [written]
}

/** A server that cannot delete now: asked once more, when it says, or soon. */
class NotNow extends Error {
  readonly answered: DeleteResponse

  constructor(answered: DeleteResponse) {
    super(answered.message)
    this.answered = answered
  }
}

/** Milliseconds before the second and last attempt; a request that timed out has most likely arrived. */
const deleteDelayMs = (error: Error): number | 'stop' => {
  if (error instanceof NetworkError) return error.kind === 'timeout' ? 'stop' : deleteRetryMs
  if (!(error instanceof NotNow)) return 'stop'
  const { retryAfterMs = deleteRetryMs } = error.answered
  return retryAfterMs > deleteWaitMaxMs ? 'stop' : retryAfterMs
}

/** The status is the answer; for its words nobody waits long. */
const deleteAnswer = async (reply: HttpReply, clock: Clock): Promise<Answer> => {
  const { status, headers, url, body } = reply
  const stop = clock.every(deleteWordsMs, () =>
    body.destroy(new NetworkError('timeout', 'its words drip', { sent: true })),
  )
  try {
    return await readAnswer(reply, clock)
  } catch {
    return { status, headers, url, body: '', cut: true }
  } finally {
    stop()
  }
}

/** Sends the DELETE, once more after a 429, a 5xx or a broken connection. Status 0: no answer. */
export const deleteJob = async (job: Job, url: string): Promise<{ status: number; message: string }> => {
  const attempt = async (): Promise<DeleteResponse> => {
    const reply = await job.fhir({ ...deleteRequest(url), timeoutMs: deleteTimeoutMs, signal: job.signal })
    const answered = readDelete(await deleteAnswer(reply, job.clock), job.clock.now())
    if (answered.passing) throw new NotNow(answered)
    return answered
  }
  const options = { clock: job.clock, signal: job.signal, attempts: 2, delayMs: deleteDelayMs }
  const { status, message } = await retry(attempt, options).catch((error: unknown) => {
    job.signal?.throwIfAborted()
    if (error instanceof NotNow) return error.answered
    return { status: 0, message: `no answer, ${error instanceof Error ? error.message : String(error)}` }
  })
  return { status, message }
}

async function* cleanUp(job: Job, url: string): AsyncGenerator<Fact[]> {
  await job.assertHeld()
  yield [{ type: 'delete-answered', ...(await deleteJob(job, url)) }]
}

/** What is lost can still be had again: then it is, before anything is deleted. */
async function* lookAndCleanUp(job: Job, url: string): AsyncGenerator<Fact[]> {
  const lost = await lostFiles(job)
  if (lost.length > 0) yield lost
  else yield* cleanUp(job, url)
}

export const perform = (step: Exclude<Step, { do: 'stop' }>, job: Job): AsyncGenerator<Fact[]> => {
  switch (step.do) {
    case 'kick-off':
      return kickOff(job, step.kickOff)
    case 'poll':
      return poll(job, step.url, step.notBefore)
    case 'download':
      return download(job, step.files)
    case 'refresh':
      return refresh(job, step.page)
    case 'write-manifest':
      return writeManifest(job)
    case 'delete':
      return cleanUp(job, step.url)
    case 'look-and-delete':
      return lookAndCleanUp(job, step.url)
    default:
      return step satisfies never
  }
}
