/** One transfer of one file into its part: request, decode, inspect, write. No retries, no judgement of the content. */
import { createHash } from 'node:crypto'
import type { Clock } from '../clock.js'
import { acceptEncoding, DecodeError, endsItself, type Noticed } from '../http/coding.js'
import { breakOff, type Exchange, type HttpReply, header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { isWholeFile, outputFileRequest } from '../protocol/output-file.js'
import type { Part } from '../sink/sink.js'
import type { Check, Checked, Checks } from './check.js'
import { type ContentOptions, contentOf } from './content-of.js'
import { passed } from './dead-chunks.js'
import { together } from './incoming.js'
import type { ActiveFile, Progress } from './progress.js'
import { isContinuation, isResumable, validatorsOf } from './resume.js'
import { gzipOrAsSent, plainStore, type Store } from './store.js'
import type { FileTask } from './task.js'
import type { Throttle } from './throttle.js'

export interface TransferDeps {
  exchange: Exchange
  progress: Progress
  throttle: Throttle
  clock: Clock
  checks: Checks
  maxLineBytes: number
  /** With `--gzip`, what comes compressed once is stored as it was sent; by default. */
  storesAsSent?: boolean
}

/** What was sent would do for us, and not for all who read it later: it is to be asked for again, and compressed here. */
export class SentWithGap extends DecodeError {
  constructor() {
    super('its compressed content has a gap, where many readers would see its end')
  }
}

/** The whole content is in the part, and this is what it looks like. */
export interface Transferred extends Checked {
  storedBytes?: number
  /** Digest of the bytes before decoding, where the manifest has one to compare. */
  sentSha256?: string
  raisedToHttps: boolean
  /** The headers say gzip, the bytes are plain. */
  notCompressed: boolean
  /** Put together from two answers: a wrong line may be their joint. */
  continued: boolean
  /** Its end is that of the connection: nothing tells it from a body that was cut off. */
  endUnproved: boolean
}

/** Either the content, or a reply that is none. */
export type TransferResult =
  | { kind: 'whole'; transferred: Transferred }
  | { kind: 'refused'; reply: HttpReply }

const inspectKept = async (part: Part, check: Check): Promise<void> => {
  for await (const chunk of part.read()) await check.push(chunk)
}

/** The whole of it. Whoever has no `application/fhir+ndjson`, by name, may send what it has: the bytes are judged. */
const requestWhole = async (url: string, exchange: Exchange, signal?: AbortSignal): Promise<HttpReply> => {
  const reply = await exchange({ ...outputFileRequest(url, acceptEncoding), signal })
  if (reply.status !== 406) return reply
  breakOff(reply)
  return exchange({ ...outputFileRequest(url, acceptEncoding, { anyType: true }), signal })
}

const requestFile = async (task: FileTask, part: Part, exchange: Exchange, signal?: AbortSignal) => {
  const kept = part.kept()
  if (!task.gzip && isResumable(kept)) {
    const reply = await exchange({
      ...outputFileRequest(task.url, acceptEncoding, { range: { firstByte: kept.bytes } }),
      signal,
    })
    if (isContinuation(reply, kept)) return { reply, continues: true }
    // The whole content instead of a range is as good; anything else is asked again from the start.
    if (isWholeFile(reply) && reply.status !== 206) return { reply, continues: false }
    breakOff(reply)
  }
  return { reply: await requestWhole(task.url, exchange, signal), continues: false }
}

/** Bytes that are announced, coded perhaps, with those that are there already. */
const lengthOf = ({ headers }: HttpReply, already: number): number | undefined => {
  const length = header(headers, 'content-length')
  return length === undefined || !/^\d{1,15}$/.test(length) ? undefined : already + Number(length)
}

const totalBytes = (reply: HttpReply, already: number): number | undefined =>
  header(reply.headers, 'content-encoding') === undefined ? lengthOf(reply, already) : undefined

/** RFC 9112, 6.3: without chunks, and without a length, which no other transfer coding leaves its meaning. */
const endsWithConnection = ({ status, headers }: HttpReply): boolean => {
  const codings = [headers['transfer-encoding'] ?? []].flat().join(',')
  if (status === 204 || /\bchunked\s*$/i.test(codings)) return false
  return headers['content-length'] === undefined || codings !== ''
}

/** Issues in the server's words, without what it repeats of credentials. */
const shown = ({ inspection, issues }: Checked, { hide = (text) => text }: HttpReply): Checked => {
  const first = issues.first.map((issue) => ({ ...issue, text: hide(issue.text) }))
  return { inspection, issues: { counts: issues.counts, first } }
}

const expectedType = ({ section, type }: FileTask): string =>
  section === 'output' ? type : section === 'deleted' ? 'Bundle' : 'OperationOutcome'

/** One answer with content, on its way into the part. */
interface Receiving {
  reply: HttpReply
  part: Part
  continues: boolean
  store: Store
  check: Check
  noticed: Noticed[]
  onBytes: (bytes: number) => Promise<void> | undefined
}

/** The content into the store, looked at on its way. */
const receive = async (
  receiving: Receiving,
  options: Omit<ContentOptions, 'isRange'>,
): Promise<Checked & { storedBytes?: number }> => {
  const { reply, part, continues, store, check, noticed, onBytes } = receiving
  const take = (chunk: Buffer): Promise<void> | undefined =>
    together(check.push(chunk), onBytes(chunk.length), store.write(chunk))
  // A range would count compressed bytes, and these are not: nothing proves what comes after them.
  const unprovable = (): boolean => noticed.includes('gzip') && part.kept().validators !== undefined
  try {
    if (continues) await inspectKept(part, check)
    await contentOf(reply, { ...options, isRange: continues }, (chunk) =>
      unprovable() ? part.restart().then(() => take(chunk)) : take(chunk),
    )
    const { bytes, validators } = part.kept()
    if (continues && bytes !== validators?.length) {
      throw new NetworkError('broken', 'the rest of the file ended too early', { sent: true })
    }
    const storedBytes = await store.end()
    return { ...(await check.end()), storedBytes }
  } catch (error) {
    breakOff(reply)
    check.drop()
    await store.drop()
    throw error
  }
}

/**
 * Brings the file's bytes into the part, whole, going on from what is there where that is proved right.
 * Rejects with `NetworkError`, `DecodeError` or `CheckLost` when the transfer breaks: the part then keeps what came.
 */
export const transfer = async (
  task: FileTask,
  part: Part,
  { exchange, progress, throttle, clock, checks, maxLineBytes, storesAsSent = true }: TransferDeps,
  active: ActiveFile,
  signal?: AbortSignal,
): Promise<TransferResult> => {
  const { reply, continues } = await requestFile(task, part, exchange, signal)
  if (!isWholeFile(reply) && reply.status !== 204 && !continues) return { kind: 'refused', reply }
  if (!continues) await part.restart(task.gzip ? undefined : validatorsOf(reply))
  active.bytes = continues ? part.kept().bytes : 0
  active.totalBytes = totalBytes(reply, active.bytes)
  const hash = task.sha256 !== undefined && !continues ? createHash('sha256') : undefined
  const noticed: Noticed[] = []
  const asSent = storesAsSent && !endsItself(reply.headers)
  const store = !task.gzip
    ? plainStore(part)
    : gzipOrAsSent(part, () => asSent && noticed.length === 1 && noticed[0] === 'gzip')
  const check = checks.open({ expectedType: expectedType(task), maxLineBytes }, lengthOf(reply, active.bytes))
  const onBytes = (bytes: number): Promise<void> | undefined => {
    active.bytes += bytes
    progress.bytes += bytes
    passed(bytes)
    return throttle(bytes, signal)
  }
  const { storedBytes, ...checked } = await receive(
    { reply, part, continues, store, check, noticed, onBytes },
    {
      clock,
      notice: (what) => {
        noticed.push(what)
        if (what === 'gap' && task.gzip && asSent) throw new SentWithGap()
      },
      onSent: (chunk) => {
        hash?.update(chunk)
        return store.sent(chunk)
      },
    },
  )
  return {
    kind: 'whole',
    transferred: {
      ...shown(checked, reply),
      storedBytes,
      sentSha256: hash?.digest('hex'),
      raisedToHttps: task.url.startsWith('http:') && reply.url.startsWith('https:'),
      notCompressed: noticed.includes('false-gzip'),
      continued: continues,
      endUnproved: endsWithConnection(reply) && !endsItself(reply.headers),
    },
  }
}
