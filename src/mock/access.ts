/** Who may ask for what: the bearer token that a request carries, and what its scopes allow. */
import type { Phase } from './handler.js'
import { Refusal } from './outcome.js'
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

/** Lets a request pass, or throws the Refusal that says which token is missing or what is wrong with it. */
export const checkAccess = (world: World, phase: Phase, request: Request): Access => {
  const { identity, personality } = world
  const elsewhere = isElsewhere(world, request)
  const { credential } = personality.elsewhere
  if (elsewhere && credential === 'refused' && request.headers.has('authorization'))
    throw new Refusal(400, 'invalid', 'Only one auth mechanism allowed')
  const open = elsewhere
    ? credential !== 'required'
    : !guarded.has(phase) && !(phase === 'file' && world.requiresAccessToken)
  if (!identity.required || open) return accessWith(world, everything)
  const { missing, invalid } = personality.access
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
