/** From a method, which is data, to credentials, which ask for tokens: the one place where these are constructed. */
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { withoutQuery } from '../http/url.js'
import { type AccessToken, readPrintedToken } from './access-token.js'
import { clientCredentials, type TokenRequestParameters } from './client-credentials.js'
import { type ClientAuthentication, secretInBody, secretInHeader, signedAssertion } from './client-proof.js'
import { skewText } from './clock-skew.js'
import { anonymous, bearer, type Credentials, type NarrowGrant, staticHeaders } from './credentials.js'
import { type Discovered, discover, discoverHints, isSecureEndpoint } from './discovery.js'
import { signerFrom } from './held-keys.js'
import type { AuthMethod, AuthNotice, BackendServices, ClientSecret } from './method.js'
import { deriveScopes, missingScopes, typesNotGranted } from './scopes.js'
import { tokenCache } from './token-cache.js'

export interface CredentialsDeps {
  /** The bare wire: own CA, client certificate and proxy hold for token requests too. */
  exchange: Exchange
  clock: Clock
  /** 0 to 1, for jitter. */
  random: () => number
  fhirUrl: string
  /** Ends waits and token requests. */
  signal?: AbortSignal
  /** Types of the export, for scopes; none named: all of them. Absent: no scope is made up. */
  types?: readonly string[]
  /** Each notice is given once. */
  onNotice?: (notice: AuthNotice) => void
}

const once = (give: ((notice: AuthNotice) => void) | undefined): ((notice: AuthNotice) => void) => {
  const given = new Set<string>()
  return (notice) => {
    if (given.has(notice.kind)) return
    given.add(notice.kind)
    give?.(notice)
  }
}

/** What `find` found the first time; a failure is not kept. */
const kept = <T>(find: () => Promise<T>): (() => Promise<T>) => {
  let found: Promise<T> | undefined
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined
      throw error
    })
    return found
  }
}

const assertSecureOption = (tokenUrl: string | undefined): void => {
  if (tokenUrl === undefined || isSecureEndpoint(tokenUrl)) return
  const message = `The token endpoint must be an https URL, not ${withoutQuery(tokenUrl)}`
  throw new BulkxError('BULKX_CONFIG', message, { hint: 'check --token-url' })
}

/** Endpoint and scope, found out once. */
const parametersOf = (
  method: BackendServices | ClientSecret,
  deps: CredentialsDeps,
): (() => Promise<TokenRequestParameters>) => {
  const { tokenUrl } = method
  assertSecureOption(tokenUrl)
  const derives = method.scope === undefined && deps.types !== undefined
  const find = async (): Promise<Pick<Discovered, 'tokenUrl'> & Partial<Discovered>> => {
    if (tokenUrl === undefined) return discover(deps)
    return derives ? { tokenUrl, hints: await discoverHints(deps) } : { tokenUrl }
  }
  // For backend-services the audience stands inside the assertion.
  const audience = method.kind === 'backend-services' ? undefined : method.audience
  return kept(async () => {
    const found = await find()
    const scope = derives ? deriveScopes(deps.types ?? [], found.hints) : method.scope
    return { tokenUrl: found.tokenUrl, scope, audience }
  })
}

const proofOf = (method: BackendServices | ClientSecret): ClientAuthentication => {
  switch (method.kind) {
    case 'backend-services':
      return signedAssertion(method)
    case 'client-secret-basic':
      return secretInHeader(method)
    case 'client-secret-post':
      return secretInBody(method)
    default:
      return method satisfies never
  }
}

const missingNotice = (missing: string[], granted: string): AuthNotice => ({
  kind: 'missing-scopes',
  message: `The server grants less than was asked for, so that data may be missing: not ${missing.join(' ')}, but ${granted === '' ? 'nothing' : granted}`,
  hint: 'ask the server to register this client for these scopes, or name others with --scope',
})

/** Longest text of granted scopes that is kept, characters: some two hundred of them. What is cut is in no known form. */
const grantedMax = 8000

const narrowed = (asked: string, granted: string, types: readonly string[] = []): NarrowGrant => ({
  asked,
  granted: granted.length > grantedMax ? `${granted.slice(0, grantedMax).toWellFormed()}…` : granted,
  types: typesNotGranted(types, granted),
})

/** K-37: whoever may not do something wants to know what he asked for, and what he was given. */
const refusedNotice = (
  status: number,
  asked: string | undefined,
  granted: string | undefined,
): AuthNotice => ({
  kind: 'refused-scopes',
  message: `The access token was refused, HTTP ${status}; scopes asked for: ${asked || 'none'}; granted: ${granted ?? 'as asked, says the server'}`,
  hint: 'other scopes: --scope; some servers (athenahealth) take .rs and not .read',
})

const withTokenRequests = (method: BackendServices | ClientSecret, deps: CredentialsDeps): Credentials => {
  const notice = once(deps.onNotice)
  const parameters = parametersOf(method, deps)
  let scopes: { asked?: string; granted?: string } | undefined
  let narrow: NarrowGrant | undefined
  const request = clientCredentials({
    exchange: deps.exchange,
    clock: deps.clock,
    signal: deps.signal,
    authenticate: proofOf(method),
    parameters,
    skewed: (skewMs) => {
      const message = `The server took an assertion made by its own time: ${skewText(skewMs)}`
      notice({ kind: 'clock-skew', message, hint: 'set the clock of this computer' })
    },
  })
  const obtain = async (): Promise<AccessToken> => {
    const token = await request()
    const { scope: asked } = await parameters()
    scopes = { asked, granted: token.scope }
    const missing = asked && token.scope !== undefined ? missingScopes(asked, token.scope) : []
    narrow = missing.length > 0 ? narrowed(asked ?? '', token.scope ?? '', deps.types) : undefined
    if (missing.length > 0) notice(missingNotice(missing, token.scope ?? ''))
    return token
  }
  const { clock, random, signal } = deps
  return {
    ...tokenCache({ clock, random, signal, obtain }),
    rejected: (status) => {
      if (scopes) notice(refusedNotice(status, scopes.asked, scopes.granted))
    },
    narrowGrant: () => narrow,
  }
}

/** What a program says of itself may hold anything: an error of `run` is repeated only when it is a `BulkxError`. */
const fromCommand = (run: () => Promise<string>) => async (): Promise<AccessToken> => {
  const hint = 'run the program of --token-command by hand: it must print an access token and nothing else'
  let printed: string
  try {
    printed = await run()
  } catch (error) {
    if (error instanceof BulkxError || error instanceof NetworkError) throw error
    throw new BulkxError('BULKX_TOKEN', 'The program for the access token failed', { hint })
  }
  const token = readPrintedToken(printed)
  if (token) return token
  throw new BulkxError('BULKX_TOKEN', 'The program for the access token printed something else', { hint })
}

/**
 * The credentials of a method. Asks nobody until they are wanted. Throws `BULKX_CONFIG` for a token endpoint in
 * clear text.
 */
export const credentialsFor = (method: AuthMethod, deps: CredentialsDeps): Credentials => {
  switch (method.kind) {
    case 'none':
      return anonymous
    case 'bearer':
      return bearer(method.read)
    case 'headers':
      return staticHeaders(method.headers)
    case 'command':
      return tokenCache({ ...deps, obtain: fromCommand(method.run) })
    case 'backend-services':
    case 'client-secret-basic':
    case 'client-secret-post':
      return withTokenRequests(method, deps)
    default:
      return method satisfies never
  }
}

/**
 * Reads what a method needs on this machine, before anything is started: a wrong key is a mistake of the command, not
 * of the server. Rejects with `BULKX_CONFIG`, or as the method's own readers do. Runs no program, asks no server.
 */
export const checkMethod = async (method: AuthMethod): Promise<void> => {
  if ('tokenUrl' in method) assertSecureOption(method.tokenUrl)
  if (method.kind === 'backend-services') {
    await signerFrom(await method.readKey(), { kid: method.kid, alg: method.alg })
  } else if (method.kind === 'bearer') await method.read()
  else if ('readSecret' in method && (await method.readSecret()) === '') {
    throw new BulkxError('BULKX_CONFIG', 'The client secret is empty', { hint: 'check --client-secret-file' })
  }
}
