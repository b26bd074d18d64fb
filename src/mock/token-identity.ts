/** Who may ask: the clients that are registered, and the tokens that they were given. */
import type { Clock } from '../clock.js'
import { createReplays, type Replays } from './token-assertion.js'
import { type Client, type RegisteredClient, registry } from './token-clients.js'
import type { AuthRow } from './token-row.js'
import { allScopes, readScope, type Scope } from './token-scopes.js'
import { createTokens, type Tokens } from './token-store.js'

export interface Identity {
  /** Whether anybody has to say who he is. */
  required: boolean
  clients: ReadonlyMap<string, RegisteredClient>
  /** All that a client may have. */
  scopesOf(client: RegisteredClient): readonly Scope[]
  tokens: Tokens
  replays: Replays
  /** From the issue of a token until its end. */
  lifetimeMs: number
}

export interface IdentityOptions {
  auth: AuthRow
  /** The resource types of the data. */
  types: readonly string[]
  clock: Clock
  seed: number
  /** Undefined, and no token either: the server is open. */
  clients?: readonly Client[]
  token?: string
  lifetimeMs?: number
}

/** Throws an Error for clients that cannot be registered. */
export const createIdentity = (options: IdentityOptions): Identity => {
  const { auth, types, clock, seed, token, lifetimeMs = auth.lifetimeMs } = options
  if (!(lifetimeMs >= 0)) throw new RangeError('the lifetime of tokens must be 0 or more')
  const clients = registry(options.clients ?? [])
  const scopes = new Map<string, readonly Scope[]>()
  for (const client of clients.values()) {
    const registered = client.scopes?.map((text) => {
      const scope = readScope(text, auth)
      if (typeof scope === 'string') throw new Error(`the client "${client.id}": ${scope}`)
      return scope
    })
    scopes.set(client.id, registered ?? allScopes(auth, types))
  }
  return {
    required: token !== undefined || options.clients !== undefined,
    clients,
    scopesOf: ({ id }) => scopes.get(id) ?? [],
    tokens: createTokens({ clock, seed, given: token }),
    replays: createReplays(),
    lifetimeMs,
  }
}
