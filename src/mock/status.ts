/** The Bulk Data Status Request and Delete Request: what the job record says, in the personality's words. */
import type { Job, JobFile } from './jobs.js'
import { jsonResponse, outcomeResponse } from './outcome.js'
import type { ManifestJson } from './personality.js'
import { originOf, type World } from './world.js'

const defined = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

const unfinished = ({ personality, jobs }: World, job: Job): Response => {
  const view = jobs.view(job)
  const { status, headers, body } = personality.running
  const all = defined({
    'x-progress': personality.progress(view),
    'retry-after': personality.retryAfter(view),
    ...headers(view),
  })
  const json = body(view)
  return json === undefined ? new Response(null, { status, headers: all }) : jsonResponse(status, json, all)
}

/** The page of the manifest that the URL asks for, from 1. */
const pageOf = (request: Request): number => {
  const page = Number(new URL(request.url).searchParams.get('page') ?? '1')
  return Number.isSafeInteger(page) && page > 0 ? page : 1
}

const manifestPage = (world: World, request: Request, job: Job, files: readonly JobFile[]): ManifestJson => {
  const origin = originOf(world, request)
  const page = pageOf(request)
  const start = Math.min((page - 1) * world.manifestEntries, files.length)
  const end = Math.min(start + world.manifestEntries, files.length)
  const entries = files.slice(start, end).map(({ section, type, name, content }, index) => {
    const path = world.filePath.build({ job: job.id, name, number: String(start + index + 1) })
    return { section, entry: { type, url: origin + path, count: content.count } }
  })
  const section = (name: JobFile['section']) =>
    entries.filter((one) => one.section === name).map(({ entry }) => entry)
  const statusUrl = origin + world.statusPath.build({ job: job.id })
  const next = `${statusUrl}${statusUrl.includes('?') ? '&' : '?'}page=${page + 1}`
  return {
    transactionTime: new Date(job.acceptedAt).toISOString(),
    request: job.request,
    requiresAccessToken: world.requiresAccessToken,
    output: section('output'),
    deleted: section('deleted'),
    error: section('error'),
    ...(end < files.length ? { link: [{ relation: 'next', url: next }] } : {}),
  }
}

const complete = async (world: World, request: Request, job: Job): Promise<Response> => {
  const { contentType, expires, reshape } = world.personality.manifest
  const manifest = manifestPage(world, request, job, await job.files)
  return jsonResponse(
    200,
    reshape(manifest, world.jobs.view(job)),
    defined({ 'content-type': contentType, expires: expires(job.expiresAt) }),
  )
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
      return outcomeResponse(410, 'not-found', `The export ${id} has expired`)
    case 'deleted':
      return outcomeResponse(world.personality.delete.after, 'deleted', `The export ${id} was deleted`)
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
  job.deleted = true
  return new Response(null, { status })
}
