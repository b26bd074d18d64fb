/** Which URL is which of the IG's requests: one table, read by msw and by the faults. */

import { type Access, checkAccess } from './access.js'
import { fileOf } from './files.js'
import { readGroup } from './group.js'
import type { Phase } from './handler.js'
import { kickOff, targetOf } from './kick-off.js'
import { capabilityStatement, smartConfiguration } from './metadata.js'
import { type HttpHandler, http } from './msw.js'
import { jsonResponse, outcomeResponse, Refusal } from './outcome.js'
import { escaped } from './path-template.js'
import type { OutcomeJson } from './personality.js'
import { checkPolling, deleteJob, statusOf } from './status.js'
import { redirectToStorage, storedFile } from './storage.js'
import { tokenOf } from './token-endpoint.js'
import { pathOf, type World } from './world.js'

type Method = 'get' | 'head' | 'post' | 'delete'
type Values = Readonly<Record<string, string | undefined>>

export interface Route {
  phase: Phase
  methods: readonly Method[]
  /** The values in a raw path and query, or undefined when it is another route's. */
  match(pathAndQuery: string): Values | undefined
  respond(request: Request, values: Values, access: Access): Response | Promise<Response>
}

const decoded = (text: string | undefined): string | undefined => {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A file's own URL: its bytes, or the way to them. */
const fileRoute = (world: World): Route => {
  const { filePath, personality } = world
  if (personality.files.held === 'behind-redirect')
    return {
      phase: 'file-url',
      methods: ['get', 'head'],
      match: filePath.match,
      respond: (_request, values) => redirectToStorage(world, values.job ?? '', fileKey(values)),
    }
  return {
    phase: 'file',
    methods: ['get', 'head'],
    match: filePath.match,
    respond: (request, values) => fileOf(world, request, values.job ?? '', fileKey(values)),
  }
}

const storageRoutes = (world: World): Route[] => {
  const { held } = world.personality.files
  if (held !== 'storage' && held !== 'behind-redirect') return []
  return [
    {
      phase: 'file',
      methods: ['get', 'head'],
      match: world.storagePath.match,
      respond: (request, values) => storedFile(world, request, values),
    },
  ]
}

/** Reading a Group, where there are exports of groups. Anybody who may ask for an export may ask for it. */
const groupRoutes = (world: World): Route[] => {
  const { basePath, levels } = world.personality
  if (!levels.includes('group')) return []
  const pattern = new RegExp(`^${escaped(basePath)}/Group/([^/?$]+)(?:\\?|$)`)
  return [
    {
      phase: 'other',
      methods: ['get'],
      match: (path) => {
        const [, id] = pattern.exec(path) ?? []
        return id === undefined ? undefined : { id: decoded(id) }
      },
      respond: (request, { id = '' }) => readGroup(world, id, checkAccess(world, 'kick-off', request)),
    },
  ]
}

/** `[base]/[Type]/[id]/$export`, where the dollar sign may be percent-encoded. */
const kickOffPattern = ({ personality: { basePath, operation } }: World): RegExp => {
  const name = escaped(operation).replace('\\$', '(?:\\$|%24)')
  return new RegExp(`^${escaped(basePath)}(?:/([A-Za-z]+)(?:/([^/?]+))?)?/${name}(?:\\?|$)`)
}

const fixed = (path: string) => (pathAndQuery: string) =>
  pathAndQuery.split('?', 1)[0] === path ? {} : undefined

/** The name of a file, or its number where the personality's URLs have no names. */
export const fileKey = ({ name, number }: Values): string | number => name ?? Number(number)

/** The routes of a server; those that are asked most come first. */
export const routesOf = (world: World): Route[] => {
  const { basePath } = world.personality
  const kickOffs = kickOffPattern(world)
  return [
    ...storageRoutes(world),
    fileRoute(world),
    {
      phase: 'status',
      methods: ['get'],
      match: world.statusPath.match,
      respond: (request, values) => statusOf(world, request, values.job ?? ''),
    },
    {
      phase: 'delete',
      methods: ['delete'],
      match: world.statusPath.match,
      respond: (_request, values) => deleteJob(world, values.job ?? ''),
    },
    {
      phase: 'kick-off',
      methods: ['get', 'post'],
      match: (path) => {
        const [found, type, id] = kickOffs.exec(path) ?? []
        return found === undefined ? undefined : { type, id: decoded(id) }
      },
      respond: (request, { type, id }, access) =>
        kickOff(world, request, targetOf(world.personality, type, id), access),
    },
    ...groupRoutes(world),
    {
      phase: 'metadata',
      methods: ['get'],
      match: fixed(`${basePath}/metadata`),
      respond: (request) =>
        jsonResponse(200, capabilityStatement(world, request), {
          'content-type': 'application/fhir+json',
        }),
    },
    {
      phase: 'discovery',
      methods: ['get'],
      match: fixed(`${basePath}/.well-known/smart-configuration`),
      respond: (request) => smartConfiguration(world, request),
    },
    {
      phase: 'token',
      methods: ['post'],
      match: fixed(world.personality.auth.tokenUrl.replace(/^https?:\/\/[^/]*/i, '')),
      respond: (request) => tokenOf(world, request),
    },
  ]
}

/** The route of a request and what its path says, or undefined for a path that nobody knows. */
export const routeOf = (routes: readonly Route[], request: Request) => {
  const path = pathOf(request)
  for (const route of routes) {
    const values = route.match(path)
    if (values !== undefined && route.methods.some((method) => method.toUpperCase() === request.method))
      return { route, values }
  }
  return undefined
}

/** The same answer in the personality's words and media type, when it is an OperationOutcome. */
const inItsWords = async (response: Response, phase: Phase, { personality }: World): Promise<Response> => {
  const { status, headers } = response
  if (status < 400 || headers.get('content-type') !== 'application/fhir+json') return response
  const outcome = (await response.clone().json()) as OutcomeJson
  const words = personality.outcomeWords(outcome, { status, phase })
  headers.set('content-type', words?.contentType ?? personality.outcomeType)
  if (words === undefined) return response
  headers.set('content-length', String(Buffer.byteLength(words.text)))
  return new Response(words.text, { status, headers })
}

/** The routes as msw handlers, for `getResponse` and for anybody's `setupServer`. */
export const handlersOf = (world: World, routes: readonly Route[]): HttpHandler[] =>
  routes.flatMap((route) =>
    route.methods.map((method) =>
      http[method](
        ({ request }) => route.match(pathOf(request)) !== undefined,
        async ({ request }) => {
          try {
            const access = checkAccess(world, route.phase, request)
            if (route.phase === 'status' || route.phase === 'delete') checkPolling(world, request)
            // Matched on the raw URL here, too: msw's own parameters are decoded, and ids are opaque.
            const values = route.match(pathOf(request)) ?? {}
            return await inItsWords(await route.respond(request, values, access), route.phase, world)
          } catch (thrown) {
            if (thrown instanceof Refusal) return inItsWords(thrown.response(), route.phase, world)
            throw thrown
          }
        },
      ),
    ),
  )

/** Reading a resource is not what this server is for, yet who asks is asked first, as by any server. */
const readRefusal = (world: World, request: Request, path: string): Response | undefined => {
  const below = path.startsWith(world.personality.basePath) && path.slice(world.personality.basePath.length)
  if (request.method !== 'GET' || !below || !/^\/[A-Z][A-Za-z]+\/[^/?]+$/.test(below)) return undefined
  try {
    checkAccess(world, 'kick-off', request)
    return undefined
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.response()
    throw thrown
  }
}

/** The answer to a request that no route takes: 405 for a known path, else 404. */
export const unrouted = (world: World, routes: readonly Route[], request: Request): Response => {
  const path = pathOf(request)
  const refused = readRefusal(world, request, path)
  if (refused) return refused
  const allowed = routes.filter((route) => route.match(path) !== undefined).flatMap((route) => route.methods)
  if (allowed.length === 0)
    return outcomeResponse(404, 'not-found', `There is nothing at ${path.split('?', 1)[0]}`)
  return outcomeResponse(405, 'not-supported', `${request.method} is not allowed here`, {
    allow: [...new Set(allowed)].join(', ').toUpperCase(),
  })
}
