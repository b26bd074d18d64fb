/** The Bulk Data Kick-off Request: checked strictly, then a job. */
import { type Access, insufficientScope } from './access.js'
import { readSearch } from './data/search.js'
import type { Job, Wishes } from './jobs.js'
import { jsonResponse, type OutcomeIssue, Refusal } from './outcome.js'
import { bodyParameters, type Given, type Query, queryParameters, readParameters } from './parameters.js'
import type { KickOffMethod, Level, Personality, SecondJobRow } from './personality.js'
import { type Asked, exportable, membersOf, planFiles, type Target } from './plan.js'
import { momentOf, originOf, type World } from './world.js'

/** The target of a path such as `Group/123`, which stands before the operation's name. */
export const targetOf = (
  { levels }: Personality,
  type: string | undefined,
  id: string | undefined,
): Target => {
  if (type === undefined) return { level: 'system' }
  // Who exports types, and no compartments, exports Patient as one of them.
  const asType = type !== 'Patient' || (levels.includes('type') && !levels.includes('patient'))
  if (id === undefined) return asType ? { level: 'type', type } : { level: 'patient' }
  return { level: type === 'Group' ? 'group' : 'instance', type, id }
}

const preferences = (request: Request): string[] =>
  (request.headers.get('prefer') ?? '').split(/[,;]/).map((part) => part.trim().toLowerCase())

const isAccepted = (text: string | null, accept: Personality['kickOff']['accept']): boolean => {
  const ranges = (text ?? '').split(',').map((range) => range.split(';')[0]?.trim() ?? '')
  switch (accept) {
    case 'required':
      return ranges.includes('application/fhir+json')
    case 'exact':
      return text === 'application/fhir+json'
    case 'json':
      return text === null || ranges.some((range) => /json$|^(application|\*)\/\*$/.test(range))
    case 'ignored':
      return true
    default:
      return accept satisfies never
  }
}

const checkHeaders = ({ personality: { kickOff, refusals } }: World, request: Request): void => {
  if (!isAccepted(request.headers.get('accept'), kickOff.accept))
    throw new Refusal(refusals.accept, 'invalid', 'The Accept header must be application/fhir+json')
  const preferred = preferences(request)
  const isPreferred = kickOff.prefer === 'ignored' || preferred.includes('respond-async')
  const others = preferred.filter((one) => one !== 'respond-async')
  const isStrange = {
    required: () => false,
    exact: () => true,
    'or-handling': (one: string) => !one.startsWith('handling='),
    ignored: () => false,
  }[kickOff.prefer]
  if (!isPreferred || others.some(isStrange))
    throw new Refusal(refusals.prefer, 'invalid', 'The Prefer header must be respond-async')
}

const checkTarget = ({ personality, data }: World, { level, type }: Target): void => {
  const { levels, operation, refusals, types } = personality
  if (!levels.includes(level) || (level === 'instance' && type !== 'Patient'))
    throw new Refusal(refusals.level, 'not-supported', `This server has no ${operation} at this level`)
  const all = types.exported ?? data.types
  if (level === 'type' && !all.includes(type ?? ''))
    throw new Refusal(refusals.level, 'not-supported', `This server has no resources of type ${type}`)
}

/** The ways in which the personality takes kick-offs at a level. */
const methodsAt = ({ kickOff }: Personality, level: Level): readonly KickOffMethod[] =>
  kickOff.methodsAt[level] ?? kickOff.methods

const checkMethod = (
  { personality }: World,
  { level }: Target,
  request: Request,
): readonly KickOffMethod[] => {
  const methods = methodsAt(personality, level)
  const isThere = methods.some((method) => (method === 'get' ? 'GET' : 'POST') === request.method)
  if (isThere) return methods
  const allow = [...new Set(methods.map((method) => (method === 'get' ? 'GET' : 'POST')))].join(', ')
  const reason = `This server has no kick-off by ${request.method} at this level`
  throw new Refusal(405, 'not-supported', reason, { headers: { allow } })
}

const givenIn = async (
  { personality: { kickOff, refusals } }: World,
  request: Request,
  methods: readonly KickOffMethod[],
): Promise<Given[]> => {
  const inQuery = queryParameters(request.url)
  if (request.method === 'GET') return inQuery
  if (methods.includes('post-query') && (inQuery.length > 0 || !methods.includes('post'))) return inQuery
  if (inQuery.length > 0)
    throw new Refusal(400, 'invalid', 'A kick-off by POST has its parameters in the body, not in the URL')
  const mediaType = (request.headers.get('content-type') ?? '').split(';')[0]?.trim()
  if (
    kickOff.accept === 'required' &&
    mediaType !== 'application/fhir+json' &&
    mediaType !== 'application/json'
  )
    throw new Refusal(415, 'not-supported', 'A kick-off by POST has a body of type application/fhir+json')
  const given = bodyParameters(await request.clone().text())
  const { noParameters } = refusals
  if (given.length === 0 && noParameters !== undefined)
    throw new Refusal(noParameters, 'required', 'Parameters.parameter is empty')
  return given
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

type Unsupported = (diagnostics: string, status?: number) => void

const checkTypeFilter = (
  { refusals, typeFilters: { most } }: Personality,
  { types, typeFilter = [] }: Query,
  unsupported: Unsupported,
): void => {
  if (typeFilter.length > most) throw new Refusal(400, 'invalid', `At most ${most} _typeFilter may be given`)
  for (const { type, search } of typeFilter) {
    if (types !== undefined && !types.includes(type))
      unsupported(`_typeFilter is about ${type}, which _type leaves out`, refusals.typeFilter)
    const problem = readSearch(search).problem
    if (problem !== undefined) unsupported(`in _typeFilter, ${problem}`, refusals.typeFilter)
  }
}

/** What the personality does not export, although it was named. */
const checkTypes = (
  personality: Personality,
  { types: named = [] }: Query,
  unsupported: Unsupported,
): void => {
  const isExportable = exportable(personality, named)
  for (const type of named) {
    if (isExportable(type)) continue
    const alone = personality.types.accompanying.includes(type)
    unsupported(`_type "${type}" is not exported${alone ? ' without a clinical resource type' : ''}`)
  }
}

const checkPatients = ({ patientList }: Personality, { level }: Target, { patients = [] }: Query): void => {
  if (level === 'patient' && patientList.required && patients.length === 0)
    throw new Refusal(400, 'required', 'The parameter "patient" is missing: all patients cannot be exported')
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

const pathOfKickOff = (url: string): string => url.split('?', 1)[0] ?? ''

/** What `_since` is when nobody says it, `at` this instant. */
const missingSince = (
  { personality: { since }, jobs, clock }: World,
  request: Request,
  at: number,
): number | undefined => {
  if (since.missingMs !== undefined) return at - since.missingMs
  if (!since.sinceLast) return undefined
  const path = pathOfKickOff(request.url)
  return [...jobs.all()].findLast(
    ({ request: earlier, readyAt, stopped }) =>
      pathOfKickOff(earlier) === path && stopped !== true && readyAt <= clock.now(),
  )?.transactionAt
}

const understand = async (
  world: World,
  request: Request,
  target: Target,
  access: Access,
  methods: readonly KickOffMethod[],
  at: number,
): Promise<Asked> => {
  const { personality } = world
  const lenient = preferences(request).includes('handling=lenient')
  const { query, ignored } = readParameters(await givenIn(world, request, methods), {
    personality,
    level: target.level,
    method: request.method,
    now: at,
    lenient,
  })
  const unsupported: Unsupported = (diagnostics, status = 400) => {
    if (!lenient) throw new Refusal(status, 'not-supported', diagnostics)
    ignored.push({ severity: 'warning', code: 'not-supported', diagnostics: `Ignored: ${diagnostics}` })
  }
  checkPatients(personality, target, query)
  checkTypes(personality, query, unsupported)
  const members = await membersOf(world, target)
  const patients = await chosenPatients(world, members, query, unsupported)
  checkTypeFilter(personality, query, unsupported)
  ignored.push(...checkScopes(world, target, query, access))
  query.since ??= missingSince(world, request, at)
  return { target, query, patients, ignored, mayExport: access.mayExport }
}

/** Whether a job stands in the way of others. */
const stands = ({ jobs, clock }: World, { as }: SecondJobRow, job: Job): boolean => {
  const phase = jobs.phaseOf(job)
  const isRunning = phase === 'accepted' || phase === 'running'
  if (as === 'running') return isRunning
  if (isRunning || phase === 'done' || phase === 'failed') return true
  return as !== 'kept' && job.stopped !== true && clock.now() - job.acceptedAt < as.keptOrWithinMs
}

const isFresh = ({ cacheControl }: SecondJobRow, request: Request): boolean =>
  cacheControl === 'obeyed' && /\bno-cache\b/i.test(request.headers.get('cache-control') ?? '')

/**
 * The jobs that stand in the way of this one. Throws a Refusal for them, unless the personality answers with the
 * latest of them instead of a new one.
 */
const earlierJob = (world: World, request: Request, { body }: Wishes): Job | undefined => {
  const { personality, jobs } = world
  const row = personality.secondJob
  if (row === undefined || isFresh(row, request)) return undefined
  const isSame = {
    anything: () => true,
    target: ({ request: url }: Job) => pathOfKickOff(url) === pathOfKickOff(request.url),
    request: (job: Job) => job.request === request.url && job.wishes.body === body,
  }[row.same]
  const inTheWay = [...jobs.all()].filter((job) => stands(world, row, job) && isSame(job))
  if (inTheWay.length === 0 || row.status < 400) return inTheWay.at(-1)
  const origin = originOf(world, request)
  const headers = row.headers(inTheWay.map(({ id }) => origin + world.statusPath.build({ job: id })))
  const reason = `There is an export already: ${inTheWay.map(({ id }) => id).join(', ')}`
  throw new Refusal(row.status, row.code ?? '', reason, { headers, empty: row.code === undefined })
}

const SEPARATE_STATUS = 'separate-export-status'

/** What the kick-off asks of the answers to come. */
const wishesOf = async ({ personality }: World, request: Request, { query }: Asked): Promise<Wishes> => ({
  separateStatus: personality.kickOff.separateStatus && preferences(request).includes(SEPARATE_STATUS),
  partialManifests: query.partialManifests === true,
  organizedBy: query.organizeBy,
  body: await request.text(),
})

/** Answers a kick-off. Throws a Refusal for a request that the personality refuses. */
export const kickOff = async (
  world: World,
  request: Request,
  target: Target,
  access: Access,
): Promise<Response> => {
  const row = world.personality.kickOff
  checkTarget(world, target)
  const methods = checkMethod(world, target, request)
  checkHeaders(world, request)
  const { at, data } = await momentOf(world)
  const then = { ...world, data }
  const asked = await understand(then, request, target, access, methods, at)
  const wishes = await wishesOf(world, request, asked)
  const job =
    earlierJob(world, request, wishes) ??
    world.jobs.accept(request.url, () => planFiles(then, asked), wishes, at)
  const path = world.statusPath.build({ job: job.id })
  const location = { url: originOf(world, request) + path, path }
  const view = world.jobs.view(job)
  const applied = { 'preference-applied': `respond-async, ${SEPARATE_STATUS}` }
  const headers = { ...row.headers(view, location), ...(wishes.separateStatus ? applied : {}) }
  const body = row.body(view, location)
  return body === undefined
    ? new Response(null, { status: row.status, headers })
    : jsonResponse(row.status, body, headers)
}
