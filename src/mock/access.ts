/** Who may ask: the bearer token that requests must carry. */
import type { Phase } from './handler.js'
import { outcomeResponse } from './outcome.js'
import type { World } from './world.js'

const guarded = new Set<Phase>(['kick-off', 'status', 'delete'])

/** The 401 for a request without the right token, or undefined when it may pass. */
export const refuseAccess = (world: World, phase: Phase, request: Request): Response | undefined => {
  if (world.token === undefined) return undefined
  if (!guarded.has(phase) && !(phase === 'file' && world.requiresAccessToken)) return undefined
  const given = /^Bearer\s+(.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (given === world.token) return undefined
  const reason = given === undefined ? 'An access token is missing' : 'The access token is not valid'
  return outcomeResponse(401, 'login', reason, { 'www-authenticate': 'Bearer' })
}
