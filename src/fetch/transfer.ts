/** One transfer of one file into its part: request, decode, inspect, write. No retries, no judgement of the content. */
import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import type { Clock } from '../clock.js'
import { acceptEncoding, decoded, endsItself, type Noticed, received } from '../http/coding.js'
import { breakOff, type Exchange, type HttpReply, header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { type Inspection, type Inspector, inspector } from '../ndjson/inspect.js'
import { readIssues } from '../protocol/operation-outcome.js'
import { isWholeFile, outputFileRequest } from '../protocol/output-file.js'
import type { Issue } from '../protocol/types.js'
import type { Part } from '../sink/sink.js'
import { atPace, digested } from './incoming.js'
import type { ActiveFile, Progress } from './progress.js'
import { isContinuation, isResumable, validatorsOf } from './resume.js'
import type { FileTask } from './task.js'
import type { Throttle } from './throttle.js'

export interface TransferDeps {
  exchange: Exchange
  progress: Progress
  throttle: Throttle
  clock: Clock
  maxLineBytes: number
}

/** The whole content is in the part, and this is what it looks like. */
export interface Transferred {
  inspection: Inspection
  issues: { counts: Record<string, number>; first: Issue[] }
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

/** Issues whose words are kept; the rest is counted. */
const firstIssuesMax = 5

const issueCollector = ({ hide = (text) => text }: HttpReply) => {
  const counts: Record<string, number> = {}
  const first: Issue[] = []
  const onResource = (resource: Record<string, unknown>): void => {
    for (const issue of readIssues(resource) ?? []) {
      counts[issue.severity] = (counts[issue.severity] ?? 0) + 1
      if (first.length < firstIssuesMax) first.push({ ...issue, text: hide(issue.text) })
    }
  }
  return { issues: { counts, first }, onResource }
}

/** Where the bytes go: as they are, or compressed on the way. */
interface Store {
  write(chunk: Uint8Array): Promise<void> | undefined
  /** Bytes stored, when they are not the bytes written. */
  end(): Promise<number | undefined>
  /** After a break: nothing reaches the part any more. */
  drop(): Promise<void>
}

const plainStore = (part: Part): Store => ({
  write: (chunk) => part.append(chunk),
  end: async () => undefined,
  drop: async () => {},
})

const gzipStore = (part: Part): Store => {
  const gzip = createGzip()
  let storedBytes = 0
  const stored = (async () => {
    for await (const chunk of gzip) {
      storedBytes += (chunk as Buffer).length
      await part.append(chunk as Buffer)
    }
  })()
  // A disk error ends the stream, and comes out of `end`.
  stored.catch((error) => gzip.destroy(error))
  return {
    write: (chunk) => {
      if (gzip.write(chunk)) return undefined
      return Promise.race([once(gzip, 'drain'), stored]).then(() => {})
    },
    end: async () => {
      gzip.end()
      await stored
      return storedBytes
    },
    drop: async () => {
      gzip.destroy()
      await stored.catch(() => {})
    },
  }
}

/** The content into the store, looked at on its way; the bytes stored, when they are not those bytes. */
const receive = async (
  content: AsyncIterable<Buffer>,
  noticed: ReadonlySet<Noticed>,
  part: Part,
  store: Store,
  continues: boolean,
  onChunk: (chunk: Buffer) => Promise<void> | undefined,
): Promise<number | undefined> => {
  try {
    for await (const chunk of content) {
      // A range would count compressed bytes, and these are not: nothing proves what comes after them.
      if (noticed.has('gzip') && part.kept().validators) await part.restart()
      await store.write(chunk)
      await onChunk(chunk)
    }
    const { bytes, validators } = part.kept()
    if (continues && bytes !== validators?.length) {
      throw new NetworkError('broken', 'the rest of the file ended too early', { sent: true })
    }
    return await store.end()
  } catch (error) {
    await store.drop()
    throw error
  }
}

const inspectKept = async (part: Part, inspect: Inspector): Promise<void> => {
  for await (const chunk of part.read()) inspect.push(chunk)
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

const totalBytes = (reply: HttpReply, already: number): number | undefined => {
  const length = header(reply.headers, 'content-length')
  const coded = header(reply.headers, 'content-encoding') !== undefined
  return coded || length === undefined ? undefined : already + Number(length)
}

/** RFC 9112, 6.3: without chunks, and without a length, which no other transfer coding leaves its meaning. */
const endsWithConnection = ({ status, headers }: HttpReply): boolean => {
  const codings = [headers['transfer-encoding'] ?? []].flat().join(',')
  if (status === 204 || /\bchunked\s*$/i.test(codings)) return false
  return headers['content-length'] === undefined || codings !== ''
}

/**
 * Brings the file's bytes into the part, whole, going on from what is there where that is proved right.
 * Rejects with `NetworkError` or `DecodeError` when the transfer breaks: the part then keeps what came.
 */
export const transfer = async (
  task: FileTask,
  part: Part,
  deps: TransferDeps,
  active: ActiveFile,
  signal?: AbortSignal,
): Promise<TransferResult> => {
  const { reply, continues } = await requestFile(task, part, deps.exchange, signal)
  if (!isWholeFile(reply) && reply.status !== 204 && !continues) return { kind: 'refused', reply }
  const { issues, onResource } = issueCollector(reply)
  const expectedType =
    task.section === 'output' ? task.type : task.section === 'deleted' ? 'Bundle' : 'OperationOutcome'
  const inspect = inspector({ expectedType, maxLineBytes: deps.maxLineBytes, onResource, parse: 'outcomes' })
  if (continues) await inspectKept(part, inspect)
  else await part.restart(task.gzip ? undefined : validatorsOf(reply))
  active.bytes = continues ? part.kept().bytes : 0
  active.totalBytes = totalBytes(reply, active.bytes)
  const store = task.gzip ? gzipStore(part) : plainStore(part)
  const wire = atPace(received(reply.body), deps.clock)
  const digest = task.sha256 !== undefined && !continues ? digested(wire) : undefined
  const noticed = new Set<Noticed>()
  const content = continues ? wire : decoded(reply, (what) => noticed.add(what), digest?.chunks ?? wire)
  const storedBytes = await receive(content, noticed, part, store, continues, (chunk) => {
    inspect.push(chunk)
    active.bytes += chunk.length
    deps.progress.bytes += chunk.length
    return deps.throttle(chunk.length, signal)
  })
  const raisedToHttps = task.url.startsWith('http:') && reply.url.startsWith('https:')
  return {
    kind: 'whole',
    transferred: {
      inspection: inspect.end(),
      issues,
      storedBytes,
      sentSha256: digest?.sha256(),
      raisedToHttps,
      notCompressed: noticed.has('false-gzip'),
      continued: continues,
      endUnproved: endsWithConnection(reply) && !endsItself(reply.headers),
    },
  }
}
