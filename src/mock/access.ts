/** Who may ask for what: the bearer token that a request carries, and what its scopes allow. */
import type { Phase } from './handler.js'
import { Refusal } from './outcome.js'
import { storageRefusal } from './storage.js'
import { type RegisteredClient, sameSecret } from './token-clients.js'
import type { AccessRefusal } from './token-row.js'
import { allows, everything, type Scope, scopeText } from './token-scopes.js'
import { isElsewhere, type World } from './world.js'

/** What a request may have. */
export interface Access {
  scopes: readonly Scope[]
  /** Whether the resources of a type may be exported. */
  mayExport(type: string): boolean
}

const guarded = new Set<Phase>(['kick-off', 'status', 'delete'])

const challenge = (error?: string, description?: string): string =>
  error === undefined ? 'Bearer' : `Bearer error="${error}", error_description="${description}"`

const refusal = (
  { status, empty }: AccessRefusal,
  code: string,
  reason: string,
  challenged: string,
): Refusal => new Refusal(status, code, reason, { headers: { 'www-authenticate': challenged }, empty })

const accessWith = ({ personality }: World, scopes: readonly Scope[]): Access => ({
  scopes,
  mayExport: (type) => allows(scopes, type, personality.access.exportNeeds),
})

/** The client that the request's headers name and prove; undefined where no such headers are sent or known. */
const clientInHeaders = (
  { identity, personality: { access } }: World,
  request: Request,
): RegisteredClient | undefined => {
  const names = access.clientHeaders
  const id = names && request.headers.get(names.id)
  if (!names || id === null || id === undefined) return undefined
  const client = identity.clients.get(id)
  const secret = request.headers.get(names.secret) ?? ''
  if (client?.secret !== undefined && sameSecret(client.secret, secret)) return client
  throw refusal(access.invalid, 'login', `${names.id} or ${names.secret} is wrong`, challenge())
}

/** Lets a request pass, or throws the Refusal that says which token is missing or what is wrong with it. */
export const checkAccess = (world: World, phase: Phase, request: Request): Access => {
  const { identity, personality } = world
  const elsewhere = isElsewhere(world, request)
  const { credential } = personality.elsewhere
  if (elsewhere && phase !== 'token' && credential === 'refused' && request.headers.has('authorization'))
    throw storageRefusal(400, 'InvalidArgument', 'Only one auth mechanism allowed')
  const isFile = phase === 'file' || phase === 'file-url'
  const open = elsewhere
    ? credential !== 'required' || phase === 'token'
    : !guarded.has(phase) && !(isFile && world.requiresAccessToken)
  if (!identity.required || open) return accessWith(world, everything)
  const byHeaders = clientInHeaders(world, request)
  if (byHeaders) return accessWith(world, identity.scopesOf(byHeaders))
  const { missing, invalid } = personality.access
  if (isFile && personality.access.files === 'client-headers')
    throw refusal(missing, 'login', 'Files need the client headers', challenge())
  const given = /^Bearer\s+(.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (given === undefined) throw refusal(missing, 'login', 'An access token is missing', challenge())
  const grant = identity.tokens.look(given)
  if (typeof grant !== 'string') return accessWith(world, grant.scopes)
  const reasons = {
    unknown: 'The access token is not valid',
    expired: 'The access token expired',
    revoked: 'The access token was revoked',
  }
  const code = grant === 'expired' ? 'expired' : 'login'
  throw refusal(invalid, code, reasons[grant], challenge('invalid_token', reasons[grant]))
}

/** The Refusal for a token whose scopes leave these types out. */
export const insufficientScope = (
  { personality }: World,
  { scopes }: Access,
  types: readonly string[],
): Refusal => {
  const { insufficient, exportNeeds } = personality.access
  const reason = `insufficient scope: ${types.join(', ')} needs .${exportNeeds}, granted is ${scopeText(scopes)}`
  return refusal(insufficient, 'forbidden', reason, challenge('insufficient_scope', reason))
}
