/** The Bulk Data Status Request and Delete Request: what the job record says, in the personality's words. */
import { STATUS_CODES } from 'node:http'
import type { Job } from './jobs.js'
import { manifestOf, partialManifestOf } from './manifest.js'
import { jsonResponse, operationOutcome, outcomeResponse, Refusal } from './outcome.js'
import type { World } from './world.js'

const defined = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

const unfinished = async (world: World, request: Request, job: Job): Promise<Response> => {
  const { personality, jobs } = world
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
  const json = (await partialManifestOf(world, request, job)) ?? body(view)
  const code = typeof status === 'number' ? status : status(view)
  return json === undefined
    ? new Response(null, { status: code, headers: all })
    : jsonResponse(code, json, all)
}

const complete = async (world: World, request: Request, job: Job): Promise<Response> => {
  const { contentType, expires } = world.personality.manifest
  const manifest = await manifestOf(world, request, job)
  world.evolution?.finished(job.id)
  const headers = defined({ 'content-type': contentType, expires: expires(job.expiresAt) })
  return jsonResponse(200, manifest, headers)
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

/** STU4: the status of the job goes into a header, that of the request is a good one. */
const separated = (response: Response): Response => {
  const headers = new Headers(response.headers)
  headers.set('x-export-status', `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim())
  return new Response(response.body, { status: 200, headers })
}

const answerFor = async (world: World, request: Request, job: Job): Promise<Response> => {
  const { id } = job
  if (world.jobs.phaseOf(job) === 'done') await job.files.catch(() => undefined)
  const phase = world.jobs.phaseOf(job)
  switch (phase) {
    case 'accepted':
    case 'running':
      return unfinished(world, request, job)
    case 'done':
      return complete(world, request, job)
    case 'failed':
      if (world.personality.failures === 'unnoticed') return unfinished(world, request, job)
      return outcomeResponse(500, 'exception', `The export failed: ${job.failure}`)
    case 'expired':
      return expired(world, id)
    case 'deleted':
      return afterDelete(world, id)
    default:
      return phase satisfies never
  }
}

/** Answers a status request for the job with this id, which may not exist. */
export const statusOf = async (world: World, request: Request, id: string): Promise<Response> => {
  const job = world.jobs.find(id)
  const { refusals } = world.personality
  if (job === undefined) return outcomeResponse(refusals.job, 'not-found', `There is no export ${id}`)
  job.polls += 1
  const answer = await answerFor(world, request, job)
  return job.wishes.separateStatus && !job.deleted ? separated(answer) : answer
}

/** Answers a delete request: the job stops, its files are gone. */
export const deleteJob = (world: World, id: string): Response => {
  const job = world.jobs.find(id)
  const row = world.personality.delete
  if (job?.deleted && row.again < 400) return new Response(null, { status: row.again })
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
