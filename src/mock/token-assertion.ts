/** private_key_jwt: what SMART Backend Services and RFC 7523 ask of a client's assertion, check by check. */
import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import type { PublicJwk, RegisteredClient } from './token-clients.js'
import { TokenRefusal } from './token-refusal.js'

export interface Expectations {
  clients: ReadonlyMap<string, RegisteredClient>
  algorithms: readonly string[]
  /** URLs, any of which may be the assertion's `aud`. */
  audiences: readonly string[]
  /** Epoch milliseconds. */
  now: number
  /** The request's `client_id`, which need not be there. */
  clientId?: string
  replays: Replays
}

/** The assertions that were used. */
export interface Replays {
  /** Takes note of one; false when it was used before. */
  use(client: string, jti: string, expiresAt: number, now: number): boolean
}

const MAX_LIFETIME_S = 300
/** How far a client's clock may be ahead: `iat` and `nbf` may be so much in the future. */
const CLOCK_SKEW_S = 10
const MAX_REMEMBERED = 100_000

export const createReplays = (): Replays => {
  const used = new Map<string, number>()
  return {
    use: (client, jti, expiresAt, now) => {
      const key = JSON.stringify([client, jti])
      if ((used.get(key) ?? Number.NEGATIVE_INFINITY) > now) return false
      if (used.size >= MAX_REMEMBERED)
        for (const [old, end] of used) if (end <= now || used.size >= MAX_REMEMBERED) used.delete(old)
      used.set(key, expiresAt)
      return true
    },
  }
}

const refuse = (description: string): never => {
  throw new TokenRefusal('invalid_client', description)
}

const decoded = (assertion: string) => {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) }
  } catch {
    return refuse('client_assertion is not a JWT')
  }
}

const quoted = (value: unknown): string => JSON.stringify(value) ?? 'missing'

const checkHeader = (
  { alg, typ, kid }: ReturnType<typeof decodeProtectedHeader>,
  algorithms: readonly string[],
): { alg: string; kid: string } => {
  if (alg === undefined || !algorithms.includes(alg))
    return refuse(`alg must be one of ${algorithms.join(', ')}; it is ${quoted(alg)}`)
  if (String(typ).toUpperCase() !== 'JWT') return refuse(`typ must be "JWT"; it is ${quoted(typ)}`)
  if (kid === undefined || kid === '') return refuse('kid is missing')
  return { alg, kid }
}

const clientNamed = ({ iss, sub }: JWTPayload, { clients, clientId }: Expectations): RegisteredClient => {
  if (iss === undefined) return refuse('iss is missing')
  if (sub !== iss)
    return refuse(`iss and sub must both be the client_id; they are ${quoted(iss)} and ${quoted(sub)}`)
  if (clientId !== undefined && clientId !== iss) return refuse('client_id is not the iss of the assertion')
  return clients.get(iss) ?? refuse(`iss: there is no client ${quoted(iss)}`)
}

const keysFor = ({ keys }: RegisteredClient, alg: string, kid: string): PublicJwk[] => {
  const named = keys.filter((key) => key.kid === kid)
  if (named.length === 0) return refuse(`kid: the registered JWKS has no key ${quoted(kid)}`)
  const kty = alg.startsWith('ES') ? 'EC' : 'RSA'
  const fitting = named.filter((key) => key.kty === kty && (key.alg ?? alg) === alg && key.use !== 'enc')
  return fitting.length > 0 ? fitting : refuse(`kid: the key ${quoted(kid)} is not one for ${alg}`)
}

const checkSignature = async (assertion: string, keys: readonly PublicJwk[], alg: string): Promise<void> => {
  for (const key of keys) {
    try {
      await compactVerify(assertion, key, { algorithms: [alg] })
      return
    } catch {
      // Two keys may share a kid: the next one may be it.
    }
  }
  refuse('the signature of the assertion is not valid')
}

const isoOf = (seconds: number): string => {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString()
}

/** Checks the times, and returns the end. */
const checkTimes = ({ exp, iat, nbf }: JWTPayload, now: number): number => {
  const times = { exp, iat, nbf }
  for (const [name, value] of Object.entries(times))
    if (value !== undefined && typeof value !== 'number') refuse(`${name} is not a number of seconds`)
  const seconds = now / 1000
  const clock = `the server's clock says ${new Date(now).toISOString()}`
  if (exp === undefined) return refuse('exp is missing')
  if (exp <= seconds) return refuse(`exp: the assertion expired at ${isoOf(exp)}; ${clock}`)
  if (exp > seconds + MAX_LIFETIME_S)
    return refuse(`exp is more than 5 minutes ahead: ${isoOf(exp)}; ${clock}`)
  if (iat !== undefined && iat > seconds + CLOCK_SKEW_S)
    return refuse(`iat is in the future: ${isoOf(iat)}; ${clock}`)
  if (nbf !== undefined && nbf > seconds + CLOCK_SKEW_S)
    return refuse(`nbf: the assertion is not valid before ${isoOf(nbf)}; ${clock}`)
  return exp
}

const checkAudience = ({ aud }: JWTPayload, audiences: readonly string[]): void => {
  const given: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!given.some((one) => audiences.includes(one as string)))
    refuse(`aud must be ${audiences.map(quoted).join(' or ')}; it is ${quoted(aud)}`)
}

/** The client that an assertion proves. Throws a TokenRefusal that names the check that failed. */
export const clientOfAssertion = async (
  assertion: string,
  expectations: Expectations,
): Promise<RegisteredClient> => {
  const { header, claims } = decoded(assertion)
  const { alg, kid } = checkHeader(header, expectations.algorithms)
  const client = clientNamed(claims, expectations)
  await checkSignature(assertion, keysFor(client, alg, kid), alg)
  checkAudience(claims, expectations.audiences)
  const exp = checkTimes(claims, expectations.now)
  const { jti } = claims
  if (typeof jti !== 'string' || jti === '') return refuse('jti is missing')
  // Last, so that an assertion that was refused for another reason has not been used.
  if (!expectations.replays.use(client.id, jti, exp * 1000, expectations.now))
    return refuse(`jti: the assertion ${quoted(jti)} was used before`)
  return client
}
