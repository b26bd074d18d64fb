/** The Bulk Data Output File Request: bytes, validators, ranges, compression. */
import { pipeline, Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { createGzip } from 'node:zlib'
import type { OpenContent } from './content.js'
import type { Job, JobFile } from './jobs.js'
import { availableFiles } from './manifest.js'
import { outcomeResponse, Refusal } from './outcome.js'
import type { World } from './world.js'

const IN_ONE_PIECE_BYTES = 64 * 1024

interface ByteRange {
  start: number
  /** One after the last byte. */
  end: number
}

/** A single `bytes=` range, `unsatisfiable`, or undefined for anything that a server may ignore (RFC 9110, 14.2). */
const rangeOf = (text: string | null, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes)
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes }
  }
  if (last !== '' && Number(last) < Number(first)) return undefined
  if (Number(first) >= sizeBytes) return 'unsatisfiable'
  return { start: Number(first), end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) }
}

const isIn = (list: string, etag: string): boolean =>
  list.trim() === '*' || list.split(',').some((one) => one.trim() === etag)

/** A body of these bytes: in one piece when it is small, else a stream that can be cancelled at any time. */
const bodyOf = async (content: OpenContent, { start, end }: ByteRange): Promise<Buffer | ReadableStream> => {
  const chunks = content.read(start, end)
  // Not Readable.toWeb: on Node 20 a cancelled body of that kind throws outside of every promise.
  if (end - start > IN_ONE_PIECE_BYTES) return ReadableStream.from(chunks)
  const kept: Uint8Array[] = []
  for await (const chunk of chunks) kept.push(chunk)
  return Buffer.concat(kept)
}

async function* gzipped(content: OpenContent): AsyncGenerator<Uint8Array> {
  const gzip = createGzip()
  // The error, if there is one, comes out of the iteration.
  pipeline(Readable.from(content.read(0, content.sizeBytes)), gzip, () => undefined)
  yield* gzip as AsyncIterable<Uint8Array>
}

const respond = (
  body: Buffer | ReadableStream | null,
  status: number,
  headers: Record<string, string>,
): Response => new Response(body as ConstructorParameters<typeof Response>[0], { status, headers })

const acceptsGzip = (request: Request): boolean =>
  /(?:^|[\s,])(?:x-)?gzip(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/i.test(
    request.headers.get('accept-encoding') ?? '',
  )

/** Answers a request for a file of a job whose phase is known to be `done`. */
const serve = async (
  { personality }: World,
  request: Request,
  job: Job,
  file: JobFile,
): Promise<Response> => {
  const { contentType, gzip, ranges } = personality.files
  const etag = `"${file.content.tag}"`
  const modified = new Date(job.acceptedAt).toUTCString()
  const headers: Record<string, string> = { 'content-type': contentType, 'last-modified': modified }
  const content = await file.content.open()
  const head = request.method === 'HEAD'

  if (gzip && acceptsGzip(request)) {
    const coded = {
      ...headers,
      etag: `"${file.content.tag}-gzip"`,
      'content-encoding': 'gzip',
      vary: 'accept-encoding',
    }
    return respond(head ? null : ReadableStream.from(gzipped(content)), 200, coded)
  }
  headers.etag = etag
  headers['accept-ranges'] = ranges ? 'bytes' : 'none'
  if (gzip) headers.vary = 'accept-encoding'
  const ifMatch = request.headers.get('if-match')
  if (ifMatch !== null && !isIn(ifMatch, etag))
    return outcomeResponse(412, 'conflict', 'The file is another one now')

  const ifRange = request.headers.get('if-range')
  const fresh = ifRange === null || ifRange === etag || ifRange === modified
  const range = ranges && fresh ? rangeOf(request.headers.get('range'), content.sizeBytes) : undefined
  if (range === 'unsatisfiable')
    return outcomeResponse(416, 'invalid', 'The range is beyond the end of the file', {
      'content-range': `bytes */${content.sizeBytes}`,
    })
  const { start, end } = range ?? { start: 0, end: content.sizeBytes }
  headers['content-length'] = String(end - start)
  if (range !== undefined) headers['content-range'] = `bytes ${start}-${end - 1}/${content.sizeBytes}`
  return respond(
    head ? null : await bodyOf(content, { start, end }),
    range === undefined ? 200 : 206,
    headers,
  )
}

/** The file with this name, or this number. Throws a Refusal: 404 when there is none, or that its time is over. */
export const keptFile = (world: World, id: string, name: string | number) => {
  const {
    jobs,
    clock,
    personality: { expired, files },
  } = world
  const found = jobs.file(id, name)
  const phase = found && jobs.phaseOf(found.job)
  if (found === undefined || phase === 'deleted') throw new Refusal(404, 'not-found', 'There is no such file')
  if (phase === 'expired') throw new Refusal(expired.file, 'not-found', 'The file has expired')
  if (clock.now() - found.job.acceptedAt >= files.keptMs)
    throw new Refusal(404, 'not-found', 'The file was removed')
  if (phase !== 'done' && found.ref.number > availableFiles(world, found.job))
    throw new Refusal(404, 'not-found', 'The export is not complete')
  return found
}

/** Answers a request for an output file. Throws a Refusal when it is not there. */
export const fileOf = async (
  world: World,
  request: Request,
  id: string,
  name: string | number,
): Promise<Response> => {
  const { job, file } = keptFile(world, id, name)
  const { files, expired } = world.personality
  file.fetches = (file.fetches ?? 0) + 1
  if (file.fetches > files.fetches)
    throw new Refusal(expired.file, 'not-found', 'The file was fetched as often as it can be')
  const response = await serve(world, request, job, file)
  if (response.ok)
    for (const [header, value] of Object.entries(files.headers(file, job)))
      response.headers.set(header, value)
  return response
}
