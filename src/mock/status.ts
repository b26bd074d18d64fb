/** The Bulk Data Status Request and Delete Request: what the job record says, in the personality's words. */
import { createHash } from 'node:crypto'
import type { Job, JobFile } from './jobs.js'
import { jsonResponse, operationOutcome, outcomeResponse, Refusal } from './outcome.js'
import type { FileFacts, ManifestJson } from './personality.js'
import { signedUrl } from './storage.js'
import { originOf, type World } from './world.js'

const defined = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

const unfinished = ({ personality, jobs }: World, job: Job): Response => {
  const view = jobs.view(job)
  const { status, headers, body } = personality.running
  const retryAfter = personality.retryAfter(view)
  if (personality.earlyPoll !== undefined && view.now < job.pollAt)
    throw new Refusal(personality.earlyPoll, 'throttled', 'You are polling too frequently', {
      headers: defined({ 'retry-after': retryAfter }),
    })
  // Rubbish and dates are no number of seconds: then nobody is early.
  job.pollAt = view.now + (Number(retryAfter) || 0) * 1000
  const all = defined({
    'x-progress': personality.progress(view),
    'retry-after': retryAfter,
    ...headers(view),
  })
  const json = body(view)
  const code = typeof status === 'number' ? status : status(view)
  return json === undefined
    ? new Response(null, { status: code, headers: all })
    : jsonResponse(code, json, all)
}

/** The page of the manifest that the URL asks for, from 1. */
const pageOf = (request: Request): number => {
  const page = Number(new URL(request.url).searchParams.get('page') ?? '1')
  return Number.isSafeInteger(page) && page > 0 ? page : 1
}

/** The URL of a file as the manifest lists it. `origin`: this host's. */
const fileUrl = (world: World, origin: string, job: Job, file: JobFile, number: number): string => {
  const values = { job: job.id, name: file.name, type: file.type, number: String(number) }
  const { held } = world.personality.files
  switch (held) {
    case 'here':
    case 'behind-redirect':
      return origin + world.filePath.build(values)
    case 'elsewhere':
      return world.elsewhere.origin + world.filePath.build(values)
    case 'storage':
      return signedUrl(world, values)
    default:
      return held satisfies never
  }
}

const factsOf = async ({ acceptedAt, readyAt }: Job, { content }: JobFile): Promise<FileFacts> => {
  const { sizeBytes, read } = await content.open()
  const digest = createHash('sha256')
  for await (const chunk of read(0, sizeBytes)) digest.update(chunk)
  return { sha256: digest.digest('hex'), sizeBytes, acceptedAt, readyAt }
}

/** What a file's entry says beside its type and URL. */
const detailsOf = async ({ personality: { manifest } }: World, job: Job, file: JobFile): Promise<object> => ({
  ...(manifest.counts ? { count: file.content.count } : {}),
  ...(manifest.extension ? { extension: manifest.extension(await factsOf(job, file)) } : {}),
})

const manifestPage = async (
  world: World,
  request: Request,
  job: Job,
  files: readonly JobFile[],
): Promise<ManifestJson> => {
  const origin = originOf(world, request)
  const { deleted } = world.personality.manifest
  const page = pageOf(request)
  const start = Math.min((page - 1) * world.manifestEntries, files.length)
  const end = Math.min(start + world.manifestEntries, files.length)
  const listed = files.slice(start, end).map(async (file, index) => {
    const { section, type } = file
    const url = fileUrl(world, origin, job, file, start + index + 1)
    return { section, entry: { type, url, ...(await detailsOf(world, job, file)) } }
  })
  const entries = await Promise.all(listed)
  const section = (name: JobFile['section']) =>
    entries.filter((one) => one.section === name).map(({ entry }) => entry)
  const statusUrl = origin + world.statusPath.build({ job: job.id })
  const next = `${statusUrl}${statusUrl.includes('?') ? '&' : '?'}page=${page + 1}`
  return {
    transactionTime: new Date(job.acceptedAt).toISOString(),
    request: job.request,
    requiresAccessToken: world.requiresAccessToken,
    output: section('output'),
    ...(deleted ? { deleted: section('deleted') } : {}),
    error: section('error'),
    ...(end < files.length ? { link: [{ relation: 'next', url: next }] } : {}),
  }
}

const complete = async (world: World, request: Request, job: Job): Promise<Response> => {
  const { contentType, expires, reshape } = world.personality.manifest
  const manifest = await manifestPage(world, request, job, await job.files)
  return jsonResponse(
    200,
    reshape(manifest, world.jobs.view(job)),
    defined({ 'content-type': contentType, expires: expires(job.expiresAt) }),
  )
}

const expired = ({ personality: { expired: row } }: World, id: string): Response =>
  row.code === undefined
    ? new Response(null, { status: row.status })
    : outcomeResponse(row.status, row.code, `The export ${id} has expired`)

const afterDelete = ({ personality: { delete: row } }: World, id: string): Response =>
  row.afterText === undefined
    ? outcomeResponse(row.after, 'deleted', `The export ${id} was deleted`)
    : new Response(row.afterText, { status: row.after, headers: { 'content-type': 'text/html' } })

/** Throws a Refusal (406) for headers that the personality does not take. */
export const checkPolling = ({ personality: { polling } }: World, request: Request): void => {
  const accept = request.headers.get('accept') ?? ''
  if (polling.accept === 'required' && request.method === 'GET' && !accept.includes('application/fhir+json'))
    throw new Refusal(406, 'not-supported', 'The Accept header must be application/fhir+json')
  if (polling.prefer === 'required' && !(request.headers.get('prefer') ?? '').includes('respond-async'))
    throw new Refusal(406, 'not-supported', 'The Prefer header must be respond-async')
}

/** Answers a status request for the job with this id, which may not exist. */
export const statusOf = async (world: World, request: Request, id: string): Promise<Response> => {
  const job = world.jobs.find(id)
  if (job === undefined) return outcomeResponse(404, 'not-found', `There is no export ${id}`)
  job.polls += 1
  if (world.jobs.phaseOf(job) === 'done') await job.files.catch(() => undefined)
  const phase = world.jobs.phaseOf(job)
  switch (phase) {
    case 'accepted':
    case 'running':
      return unfinished(world, job)
    case 'done':
      return complete(world, request, job)
    case 'failed':
      return outcomeResponse(500, 'exception', `The export failed: ${job.failure}`)
    case 'expired':
      return expired(world, id)
    case 'deleted':
      return afterDelete(world, id)
    default:
      return phase satisfies never
  }
}

/** Answers a delete request: the job stops, its files are gone. */
export const deleteJob = (world: World, id: string): Response => {
  const job = world.jobs.find(id)
  const row = world.personality.delete
  if (job === undefined || job.deleted)
    return outcomeResponse(row.again, 'not-found', `There is no export ${id}`)
  const phase = world.jobs.phaseOf(job)
  const status = phase === 'accepted' || phase === 'running' ? row.running : row.done
  if (status >= 400) return outcomeResponse(status, 'business-rule', `The export ${id} cannot be deleted`)
  if (phase === 'accepted' || phase === 'running') job.stopped = true
  job.deleted = true
  if (!row.outcome) return new Response(null, { status })
  const diagnostics = `The export ${id} was deleted`
  return jsonResponse(
    status,
    operationOutcome([{ severity: 'information', code: 'informational', diagnostics }]),
    {
      'content-type': 'application/fhir+json',
    },
  )
}
