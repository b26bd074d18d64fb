/** The access tokens that were given out, and what has become of them. */
import { createHash } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Clock } from '../clock.js'
import { everything, type Scope, scopeText } from './token-scopes.js'

export interface Grant {
  /** Absent: the token that the mock was told to take. */
  client?: string
  scopes: readonly Scope[]
  /** Epoch milliseconds. */
  expiresAt: number
  revoked: boolean
}

export interface Issue {
  form: 'opaque' | 'jwt'
  client: string
  scopes: readonly Scope[]
  lifetimeMs: number
  /** The issuer and the audience of a JWT. */
  issuer: string
}

export interface Tokens {
  issue(issue: Issue): Promise<string>
  /** What a token allows, or why it allows nothing. */
  look(token: string): Grant | 'unknown' | 'expired' | 'revoked'
  /** All tokens so far are worth nothing from now on, the given one too. */
  revoke(): void
  /** All tokens so far expire now. */
  expire(): void
}

export interface TokensOptions {
  clock: Clock
  seed: number
  /** A token that is good without having been asked for. */
  given?: string
}

const MAX_TOKENS = 10_000

const digestOf = (...parts: (string | number)[]): Buffer =>
  createHash('sha256').update(parts.join('\0')).digest()

const asJwt = (issue: Issue, id: string, seed: number, at: number): Promise<string> =>
  new SignJWT({ scope: scopeText(issue.scopes), client_id: issue.client })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer(issue.issuer)
    .setAudience(issue.issuer)
    .setSubject(issue.client)
    .setJti(id)
    .setIssuedAt(Math.floor(at / 1000))
    .setExpirationTime(Math.floor((at + issue.lifetimeMs) / 1000))
    .sign(digestOf('key', seed))

/** The tokens of a server. Like the ids of jobs they are a function of seed, time and order. */
export const createTokens = ({ clock, seed, given }: TokensOptions): Tokens => {
  const grants = new Map<string, Grant>()
  let issued = 0
  if (given !== undefined)
    grants.set(given, { scopes: everything, expiresAt: Number.POSITIVE_INFINITY, revoked: false })

  const issue = async (wanted: Issue): Promise<string> => {
    issued += 1
    const now = clock.now()
    const id = digestOf('token', seed, now, issued).toString('base64url')
    const token = wanted.form === 'jwt' ? await asJwt(wanted, id, seed, now) : id
    const { client, scopes, lifetimeMs } = wanted
    grants.set(token, { client, scopes, expiresAt: now + lifetimeMs, revoked: false })
    for (const oldest of grants.keys()) {
      if (grants.size <= MAX_TOKENS) break
      if (oldest !== given) grants.delete(oldest)
    }
    return token
  }

  return {
    issue,
    look: (token) => {
      const grant = grants.get(token)
      if (grant === undefined) return 'unknown'
      if (grant.revoked) return 'revoked'
      return clock.now() < grant.expiresAt ? grant : 'expired'
    },
    revoke: () => {
      for (const grant of grants.values()) grant.revoked = true
    },
    expire: () => {
      for (const grant of grants.values()) grant.expiresAt = Math.min(grant.expiresAt, clock.now())
    },
  }
}
