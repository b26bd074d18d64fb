/** `createMock`: personality, data and faults put together into one handler that remembers its requests. */

import type { Clock } from '../clock.js'
import { systemClock } from '../system-clock.js'
import { directoryData } from './data/directory.js'
import { withRecentChanges } from './data/recent.js'
import type { DataSource } from './data/source.js'
import { syntheticData } from './data/synthetic.js'
import type { Fault } from './edit.js'
import { createEvolution, type Evolve } from './evolve/evolution.js'
import type { Truth, TruthOptions } from './evolve/truth.js'
import { assertOptions, assertPersonality, type FaultError, guardedFaults } from './guard.js'
import { type Call, compose, type Handler, type Phase } from './handler.js'
import { createJobs, type Jobs } from './jobs.js'
import { getResponse } from './msw.js'
import { type Personality, reference, speaksOf } from './personality.js'
import { fileKey, handlersOf, type Route, routeOf, routesOf, unrouted } from './routes.js'
import type { Client } from './token-clients.js'
import { createIdentity } from './token-identity.js'
import { truthOf } from './truth.js'
import { wireInstruction } from './wire.js'
import { type Elsewhere, isElsewhere, pathsOf, type World } from './world.js'

export interface DataOptions {
  /** Default 1. */
  seed?: number
  /** Ten or more, default 100. */
  patients?: number
  /** Serves `Type*.ndjson[.gz]` of this directory instead of synthetic patients. */
  directory?: string
}

export interface MockOptions {
  /** Default: the reference. */
  personality?: Personality
  data?: DataOptions | DataSource
  /** Whether the data change between exports, and when; default: they do not. */
  evolve?: Evolve
  /** The first one is the outermost. */
  faults?: readonly Fault[]
  /** Default: the time of this computer. */
  clock?: Clock
  /** From a kick-off until its files are there, milliseconds; default 2000. */
  jobMs?: number
  /** Resources in a file, at most; default: as the personality says, 10,000. */
  pageSize?: number
  /** Files in a page of the manifest, at most; default: all in one page. */
  manifestEntries?: number
  /** The origin in the URLs that the server writes; default: the request's. */
  base?: string
  /**
   * Clients that may ask for tokens, which all requests but discovery must then carry. With neither this nor `token`
   * the server is open.
   */
  clients?: readonly Client[]
  /** How long their tokens are good, milliseconds; default: as the personality says, five minutes. */
  tokenLifetimeMs?: number
  /** The origin of the server's second host; default `https://elsewhere.example`, and a port of its own by `listen()`. */
  elsewhere?: string
  /** A bearer token for everything that is good without having been asked for. */
  token?: string
  files?: { requiresAccessToken?: boolean }
}

export interface RecordedRequest {
  method: string
  /** As it came: absolute in process, path and query byte for byte over TCP. */
  url: string
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>
  /** The text of a POST. */
  body?: string
  phase: Phase
  /** Sent to the server's second host. */
  elsewhere: boolean
  /** Epoch milliseconds. */
  at: number
  /** The status of the answer; absent while there is none. */
  status?: number
  /** The fault that the answer met: of the wire, or one that threw. */
  fault?: string
}

/**
 * A handler of msw, for nothing but `setupServer(...mock.handlers)`. Nothing can be known of it here, so that every
 * version of msw takes it, and no project needs msw's types, which need those of a browser.
 */
export type MswHandler = never

export interface Mock {
  /** Answers in process. Rejects when a fault needs a wire, and names it. */
  handler(request: Request): Promise<Response>
  /** Answers for a server that carries out wire instructions; `url` is the request's as it came. */
  answer(request: Request, url: string): Promise<Response>
  /** The routes without the faults and without the record, for msw's `setupServer`. */
  handlers: MswHandler[]
  /** Every request so far, oldest first; of very many only the latest. */
  requests: readonly RecordedRequest[]
  /** What faults of your own threw; the client was told so with HTTP 500. Empty in a test that is right. */
  errors: readonly FaultError[]
  personality: Personality
  /** The server's second host. */
  elsewhere: Elsewhere
  /** What the server knows itself: each job with its files, before any fault. */
  jobs: Jobs
  /** Makes the next step of a world that changes; rejects when this one does not. */
  evolve(): Promise<void>
  /**
   * What a consumer must hold who has followed the exports of a target until `at`, a transactionTime as the manifest has
   * it or epoch milliseconds. `target` is written as behind `bulkx export`; default: the whole system.
   */
  truth(at: string | number, target?: string, options?: TruthOptions): Promise<Truth>
}

const optionNames = [
  ...([
    'personality',
    'data',
    'evolve',
    'faults',
    'clock',
    'jobMs',
    'pageSize',
    'manifestEntries',
    'base',
  ] as const),
  ...(['clients', 'tokenLifetimeMs', 'elsewhere', 'token', 'files'] as const),
] as const satisfies readonly (keyof MockOptions)[]

type Settled = MockOptions & { clock: Clock }

const MAX_RECORDED_REQUESTS = 200_000
const DEFAULT_JOB_MS = 2000
const DEFAULT_PATIENTS = 100

const given = (
  data: DataOptions | DataSource,
  seed: number,
  further: readonly string[] | undefined,
): DataSource => {
  if ('select' in data) return data
  if (data.directory !== undefined) return directoryData(data.directory)
  return syntheticData({ seed, patients: data.patients ?? DEFAULT_PATIENTS, further })
}

/** Where exports without `_since` are of the last hours, something must have happened in them. */
const sourceOf = (
  { data = {}, clock, evolve }: Settled,
  { since, types }: Personality,
  seed: number,
): DataSource => {
  const source = given(data, seed, types.exported)
  return since.missingMs === undefined || evolve !== undefined
    ? source
    : withRecentChanges(source, { now: () => clock.now(), withinMs: since.missingMs })
}

const worldOf = (options: Settled): World => {
  const { clock, data = {}, personality = reference } = options
  assertPersonality(personality)
  const seed = ('select' in data ? undefined : data.seed) ?? 1
  const { jobMs = DEFAULT_JOB_MS, pageSize = personality.files.pageSize } = options
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) throw new RangeError('pageSize must be 1 or more')
  const { lifetimeMs } = personality.files
  const source = sourceOf(options, personality, seed)
  const { clients, token, tokenLifetimeMs, evolve } = options
  const identity = createIdentity({
    auth: personality.auth,
    types: speaksOf(personality, source.types),
    clock,
    seed,
    clients,
    token,
    lifetimeMs: tokenLifetimeMs,
  })
  return {
    personality,
    ...pathsOf(personality),
    data: source,
    jobs: createJobs({ clock, seed, jobMs, lifetimeMs }),
    clock,
    ...(evolve === undefined
      ? {}
      : { evolution: createEvolution({ base: source, seed, clock, when: evolve }) }),
    pageSize,
    manifestEntries: options.manifestEntries ?? Number.MAX_SAFE_INTEGER,
    identity,
    requiresAccessToken:
      options.files?.requiresAccessToken ?? personality.requiresAccessToken ?? identity.required,
    origin: options.base,
    elsewhere: {
      origin: options.elsewhere ?? 'https://elsewhere.example',
      used: personality.elsewhere.used || (options.faults ?? []).some((fault) => fault.elsewhere === true),
    },
  }
}

const callOf = (world: World, routes: readonly Route[], request: Request): Call => {
  const fileAt = (url: string) => {
    const path = url.replace(/^https?:\/\/[^/]*/i, '')
    const values = world.filePath.match(path) ?? world.storagePath.match(path)
    return values && world.jobs.file(values.job ?? '', fileKey(values))?.ref
  }
  const { route, values } = routeOf(routes, request) ?? {}
  const phase = route?.phase ?? 'other'
  return {
    request,
    phase,
    job: values?.job,
    elsewhere: isElsewhere(world, request),
    elsewhereOrigin: world.elsewhere.origin,
    fileAt,
    clock: world.clock,
    tokens: world.identity.tokens,
    ...(phase === 'file' || phase === 'file-url' ? { file: fileAt(request.url) } : {}),
  }
}

/**
 * A pretend Bulk Data server. Throws when its options make no sense: a name that there is not, fewer than ten patients, a directory without
 * NDJSON, a client without keys and secret. Time passes only as the clock says.
 */
export const createMock = (options: MockOptions = {}): Mock => {
  assertOptions(options, optionNames)
  const world = worldOf({ ...options, clock: options.clock ?? systemClock })
  const routes = routesOf(world)
  const handlers = handlersOf(world, routes)
  const requests: RecordedRequest[] = []
  const errors: FaultError[] = []
  const records = new WeakMap<Request, RecordedRequest>()
  const around = [...guardedFaults(options.faults ?? [], errors, records), ...world.personality.rules(world)]
  const routed: Handler = async ({ request }) =>
    (await getResponse(handlers, request)) ?? unrouted(world, routes, request)
  const serve = compose(...around)(routed)

  const answer = async (request: Request, url: string): Promise<Response> => {
    const call = callOf(world, routes, request)
    const record: RecordedRequest = {
      method: request.method,
      url,
      headers: Object.fromEntries(request.headers),
      phase: call.phase,
      elsewhere: call.elsewhere,
      at: world.clock.now(),
    }
    requests.push(record)
    records.set(request, record)
    if (requests.length > MAX_RECORDED_REQUESTS) requests.splice(0, MAX_RECORDED_REQUESTS / 2)
    if (request.method === 'POST') record.body = await request.clone().text()
    const response = await serve(call)
    record.status = response.status
    const { headers } = world.personality
    const own = call.elsewhere ? {} : headers(response.status)
    for (const [name, value] of Object.entries(own)) response.headers.set(name, value)
    if (!response.headers.has('date')) response.headers.set('date', new Date(record.at).toUTCString())
    const instruction = wireInstruction(response)
    if (instruction !== undefined) record.fault = instruction.fault
    return response
  }

  return {
    handler: async (request) => {
      const response = await answer(request, request.url)
      const instruction = wireInstruction(response)
      if (instruction === undefined) return response
      throw new Error(`The fault "${instruction.fault}" happens on the wire: it needs listen()`)
    },
    answer,
    handlers: handlers as MswHandler[],
    requests,
    errors,
    personality: world.personality,
    elsewhere: world.elsewhere,
    jobs: world.jobs,
    evolve: async () => {
      if (world.evolution === undefined)
        throw new Error("The data of this mock do not change: createMock({ evolve: 'when-told' })")
      return world.evolution.evolve()
    },
    truth: (at, target, truthOptions) => truthOf(world, at, target, truthOptions),
  }
}
