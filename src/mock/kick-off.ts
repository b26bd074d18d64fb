/** The Bulk Data Kick-off Request: checked strictly, then a job. */
import { type Access, insufficientScope } from './access.js'
import { readSearch } from './data/search.js'
import { jsonResponse, type OutcomeIssue, Refusal } from './outcome.js'
import { bodyParameters, type Given, type Query, queryParameters, readParameters } from './parameters.js'
import { type Asked, membersOf, planFiles, type Target } from './plan.js'
import { originOf, type World } from './world.js'

/** The target of a path such as `Group/123`, which stands before the operation's name. */
export const targetOf = (type: string | undefined, id: string | undefined): Target => {
  if (type === undefined) return { level: 'system' }
  if (id === undefined) return type === 'Patient' ? { level: 'patient' } : { level: 'type', type }
  return { level: type === 'Group' ? 'group' : 'instance', type, id }
}

const preferences = (request: Request): string[] =>
  (request.headers.get('prefer') ?? '').split(/[,;]/).map((part) => part.trim().toLowerCase())

const checkHeaders = ({ personality: { kickOff } }: World, request: Request): void => {
  const accepted = (request.headers.get('accept') ?? '')
    .split(',')
    .map((range) => range.split(';')[0]?.trim())
  if (kickOff.accept === 'required' && !accepted.includes('application/fhir+json'))
    throw new Refusal(400, 'invalid', 'The Accept header must be application/fhir+json')
  if (kickOff.prefer === 'required' && !preferences(request).includes('respond-async'))
    throw new Refusal(400, 'invalid', 'The Prefer header must be respond-async')
}

const checkTarget = ({ personality, data }: World, { level, type }: Target): void => {
  if (!personality.levels.includes(level) || (level === 'instance' && type !== 'Patient'))
    throw new Refusal(404, 'not-supported', `This server has no ${personality.operation} at this level`)
  if (level === 'type' && !data.types.includes(type ?? ''))
    throw new Refusal(404, 'not-supported', `This server has no resources of type ${type}`)
}

const givenIn = async ({ personality: { kickOff } }: World, request: Request): Promise<Given[]> => {
  const inQuery = queryParameters(request.url)
  if (request.method === 'GET') return inQuery
  if (inQuery.length > 0)
    throw new Refusal(400, 'invalid', 'A kick-off by POST has its parameters in the body, not in the URL')
  const mediaType = (request.headers.get('content-type') ?? '').split(';')[0]?.trim()
  if (
    kickOff.accept === 'required' &&
    mediaType !== 'application/fhir+json' &&
    mediaType !== 'application/json'
  )
    throw new Refusal(415, 'not-supported', 'A kick-off by POST has a body of type application/fhir+json')
  return bodyParameters(await request.text())
}

/** The wanted patients among the members. Throws a Refusal when one of them is none and lenience was not asked for. */
const chosenPatients = async (
  world: World,
  members: ReadonlySet<string> | undefined,
  query: Query,
  unsupported: (diagnostics: string) => void,
): Promise<ReadonlySet<string> | undefined> => {
  if (query.patients === undefined) return members
  const chosen = new Set<string>()
  for (const id of query.patients) {
    const known = members === undefined ? await world.data.hasPatient(id) : members.has(id)
    if (known) chosen.add(id)
    else unsupported(`Patient/${id} is not among the patients of this export`)
  }
  return chosen
}

const checkTypeFilter = (
  { types, typeFilter = [] }: Query,
  unsupported: (diagnostics: string) => void,
): void => {
  for (const { type, search } of typeFilter) {
    if (types !== undefined && !types.includes(type))
      unsupported(`_typeFilter is about ${type}, which _type leaves out`)
    const problem = readSearch(search).problem
    if (problem !== undefined) unsupported(`in _typeFilter, ${problem}`)
  }
}

/** What the scopes leave out of what was asked by name: refused, or noted. */
const checkScopes = (
  world: World,
  { level, type }: Target,
  { types }: Query,
  access: Access,
): OutcomeIssue[] => {
  const named = [...(types ?? []), ...(level === 'type' ? [type ?? ''] : [])]
  const outside = named.filter((one) => !access.mayExport(one))
  const wanted = named.length > 0 ? named : world.data.types
  const nothing = wanted.length > 0 && !wanted.some((one) => access.mayExport(one))
  if (nothing || (outside.length > 0 && world.personality.access.outsideScope === 'refuse'))
    throw insufficientScope(world, access, outside.length > 0 ? outside : ['every type'])
  return outside.map((one) => ({
    severity: 'warning',
    code: 'forbidden',
    diagnostics: `Skipped: the granted scopes do not allow ${one}`,
  }))
}

const understand = async (world: World, request: Request, target: Target, access: Access): Promise<Asked> => {
  const lenient = preferences(request).includes('handling=lenient')
  const { query, ignored } = readParameters(await givenIn(world, request), {
    personality: world.personality,
    level: target.level,
    method: request.method,
    now: world.clock.now(),
    lenient,
  })
  const unsupported = (diagnostics: string) => {
    if (!lenient) throw new Refusal(400, 'not-supported', diagnostics)
    ignored.push({ severity: 'warning', code: 'not-supported', diagnostics: `Ignored: ${diagnostics}` })
  }
  const members = await membersOf(world, target)
  const patients = await chosenPatients(world, members, query, unsupported)
  checkTypeFilter(query, unsupported)
  ignored.push(...checkScopes(world, target, query, access))
  return { target, query, patients, ignored, mayExport: access.mayExport }
}

/** Answers a kick-off. Throws a Refusal for a request that the personality refuses. */
export const kickOff = async (
  world: World,
  request: Request,
  target: Target,
  access: Access,
): Promise<Response> => {
  const row = world.personality.kickOff
  checkTarget(world, target)
  if (!row.methods.some((method) => method.toUpperCase() === request.method))
    throw new Refusal(405, 'not-supported', `This server has no kick-off by ${request.method}`)
  checkHeaders(world, request)
  const asked = await understand(world, request, target, access)
  const job = world.jobs.accept(request.url, () => planFiles(world, asked))
  const path = world.statusPath.build({ job: job.id })
  const location = { url: originOf(world, request) + path, path }
  const view = world.jobs.view(job)
  const headers = row.headers(view, location)
  const body = row.body(view, location)
  return body === undefined
    ? new Response(null, { status: row.status, headers })
    : jsonResponse(row.status, body, headers)
}
