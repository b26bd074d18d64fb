/** The ways of saying who we are, as plain data plus readers: what the command line resolves, and a library user writes. */

import type { CryptoKey } from 'jose'

/** What token requests of all kinds have in common. */
export interface TokenRequestSettings {
  clientId: string
  /** Instead of discovery. Must be https, or loopback. */
  tokenUrl?: string
  /** Sent as it is; an empty text sends none. Absent: derived from the types of the export, where these are known. */
  scope?: string
}

/** SMART Backend Services: an assertion signed with our private key. */
export interface BackendServices extends TokenRequestSettings {
  kind: 'backend-services'
  /** Text of a PEM, JWK or JWKS, or a private key of WebCrypto; read again for each token, so that a new key is noticed. */
  readKey: () => Promise<string | CryptoKey>
  /** Which key of a JWKS; for other files, the `kid` to send instead of the key's own. */
  kid?: string
  /** Default: what fits the key, RS384 or ES384. */
  alg?: string
  /** The assertion's `aud`; default: the token URL as it is sent to. TruBridge wants its FHIR base here. */
  audience?: string
}

/** RFC 6749, 2.3.1: a secret, as Basic credentials or among the parameters. */
export interface ClientSecret extends TokenRequestSettings {
  kind: 'client-secret-basic' | 'client-secret-post'
  /** Read again for each token. */
  readSecret: () => Promise<string>
  /** A parameter `audience` of the token request, as some clouds want it. */
  audience?: string
}

export type AuthMethod =
  | { kind: 'none' }
  /** A ready-made token. Its source is read again after a refusal: somebody else may have renewed it. */
  | { kind: 'bearer'; read: () => Promise<string> }
  /** Static headers that are a credential; names in lower case. */
  | { kind: 'headers'; headers: Record<string, string> }
  | BackendServices
  | ClientSecret
  /** An external program. `run` resolves with what it printed: a token, or the JSON of a token response. */
  | { kind: 'command'; run: () => Promise<string> }

/** Something worth a person's attention that stops nothing; each is given once. */
export interface AuthNotice {
  kind: 'clock-skew' | 'missing-scopes' | 'refused-scopes'
  message: string
  hint?: string
}

/** True when a request made by this method carries something that plain http must not show. */
export const hasCredential = (method: AuthMethod): boolean =>
  method.kind === 'headers' ? Object.keys(method.headers).length > 0 : method.kind !== 'none'
