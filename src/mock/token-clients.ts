/** The registered clients: who they are, how they prove it, what they may ask for. */
import { timingSafeEqual } from 'node:crypto'

/** A public key as JSON Web Key. */
export type PublicJwk = Readonly<Record<string, unknown>> & { readonly kty: string; readonly kid: string }

export interface Jwks {
  readonly keys: readonly PublicJwk[]
}

export interface Client {
  id: string
  /** For private_key_jwt. Private parts of keys are not looked at. */
  jwks?: { readonly keys: readonly unknown[] }
  /** For client_secret_basic and client_secret_post. */
  secret?: string
  /** Default: all that the personality speaks of. */
  scopes?: readonly string[]
}

export interface RegisteredClient {
  id: string
  keys: readonly PublicJwk[]
  secret?: string
  scopes?: readonly string[]
}

/** The id of the client that `bulkx mock` registers when it is told no other. */
export const DEFAULT_CLIENT_ID = 'bulkx-test'

const publicMembers = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y'] as const

const publicKey = (value: unknown, index: number): PublicJwk => {
  const key = (value ?? {}) as Record<string, unknown>
  if (key.kty !== 'RSA' && key.kty !== 'EC')
    throw new Error(
      `key ${index + 1} of the JWKS is no RSA and no EC key (kty is ${JSON.stringify(key.kty)})`,
    )
  if (typeof key.kid !== 'string' || key.kid === '')
    throw new Error(`key ${index + 1} of the JWKS has no kid`)
  const members = publicMembers.flatMap((name) =>
    key[name] === undefined ? [] : [[name, key[name]] as const],
  )
  return Object.fromEntries(members) as PublicJwk
}

/** The public keys of a set. Throws an Error for a set that no client could be registered with. */
const publicKeys = ({ keys }: { readonly keys: readonly unknown[] }): PublicJwk[] => {
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('the JWKS has no "keys"')
  return keys.map(publicKey)
}

/** Reads the text of a JWKS file; of private keys only the public part is kept. Throws an Error that says what is wrong. */
export const readJwks = (text: string): Jwks => {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new Error('the JWKS is not JSON')
  }
  return { keys: publicKeys({ ...(document as { keys: unknown[] }) }) }
}

/** The clients by id. Throws an Error for two with one id, and for one that has neither keys nor a secret. */
export const registry = (clients: readonly Client[]): ReadonlyMap<string, RegisteredClient> => {
  const known = new Map<string, RegisteredClient>()
  for (const { id, jwks, secret, scopes } of clients) {
    if (known.has(id)) throw new Error(`there are two clients "${id}"`)
    if (jwks === undefined && secret === undefined)
      throw new Error(`the client "${id}" has neither a JWKS nor a secret`)
    known.set(id, { id, keys: jwks === undefined ? [] : publicKeys(jwks), secret, scopes })
  }
  return known
}

/** Whether two secrets are one, in a time that does not tell. */
export const sameSecret = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
