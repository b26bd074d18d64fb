/** Everything that the answers of one mock are made from. */
import type { Clock } from '../clock.js'
import type { DataSource } from './data/source.js'
import type { Evolution, Moment } from './evolve/evolution.js'
import type { Jobs } from './jobs.js'
import { type PathTemplate, pathTemplate } from './path-template.js'
import type { Personality } from './personality.js'
import type { Identity } from './token-identity.js'

export interface World {
  personality: Personality
  statusPath: PathTemplate
  filePath: PathTemplate
  storagePath: PathTemplate
  /** Those of the beginning. */
  data: DataSource
  /** Absent: the world stands still. */
  evolution?: Evolution
  jobs: Jobs
  clock: Clock
  /** Resources in a file, at most. */
  pageSize: number
  /** Files in a page of the manifest, at most. */
  manifestEntries: number
  identity: Identity
  requiresAccessToken: boolean
  /** The origin that URLs are written with, instead of the request's. */
  origin?: string
  elsewhere: Elsewhere
}

/** The server's second host: storage, or a proxy's other name. Files and status are had there, too. */
export interface Elsewhere {
  /** Set anew by whoever puts the mock on a port. */
  origin: string
  /** Whether anything leads there. */
  readonly used: boolean
}

/** The data of now, and an instant that says when that is. */
export const momentOf = async ({ evolution, data, clock }: World): Promise<Moment> =>
  evolution ? evolution.moment() : { at: clock.now(), data }

/** Whether a request was sent to the second host. */
export const isElsewhere = ({ elsewhere }: World, request: Request): boolean =>
  request.url.startsWith(`${elsewhere.origin}/`)

/** `http://host:port` of a request, or the one that the mock was told to use. */
export const originOf = (world: World, request: Request): string =>
  world.origin ?? request.url.slice(0, request.url.indexOf('/', 'https://'.length))

/** Path and query of a request, byte for byte. */
export const pathOf = (request: Request): string => {
  const path = request.url.slice(request.url.indexOf('/', 'https://'.length))
  const fragment = path.indexOf('#')
  return fragment === -1 ? path : path.slice(0, fragment)
}

/** The compiled paths of a personality. */
export const pathsOf = ({ paths }: Personality) => ({
  statusPath: pathTemplate(paths.status),
  filePath: pathTemplate(paths.file),
  storagePath: pathTemplate(paths.storage),
})
