/** The token request of RFC 6749, 4.4: asked once, read, and explained when it is refused. */
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { type Answer, DecodeError, readAnswer } from '../http/body.js'
import { compose, type Exchange, type HttpRequest, header } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { followRedirects } from '../http/redirects.js'
import { readHttpDate } from '../http/retry-after.js'
import { originOf, resolveUrl, withoutQuery } from '../http/url.js'
import { type AccessToken, readTokenResponse, type TokenResponse } from './access-token.js'
import type { ClientAuthentication, ClientProof } from './client-proof.js'
import { skewHint, skewThatMattersMs } from './clock-skew.js'
import { withoutSecrets } from './secrets-in-use.js'
import { TokenUnavailable } from './token-cache.js'

export interface TokenRequestParameters {
  tokenUrl: string
  scope?: string
  audience?: string
}

export interface ClientCredentialsOptions {
  /** The bare wire, without credentials. */
  exchange: Exchange
  clock: Clock
  signal?: AbortSignal
  authenticate: ClientAuthentication
  /** Asked for each token: what it finds out it may keep. */
  parameters: () => Promise<TokenRequestParameters>
  /** The server took an assertion that was made by its own clock and none that was made by ours. */
  skewed?: (skewMs: number) => void
}

/** Longest answer of a token endpoint that is read, bytes: a token stands in a header. */
const tokenAnswerLimitBytes = 1024 * 1024

const requestTimeoutMs = 60_000

/** The request itself: one form, nothing that is not asked for. */
export const tokenRequest = (
  { tokenUrl, scope, audience }: TokenRequestParameters,
  proof: Pick<ClientProof, 'headers' | 'parameters'>,
): HttpRequest => {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scope !== undefined && scope !== '') form.set('scope', scope)
  if (audience !== undefined) form.set('audience', audience)
  for (const [name, value] of Object.entries(proof.parameters)) form.set(name, value)
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url: tokenUrl, headers: { ...headers, ...proof.headers }, body: form.toString() }
}

/** One answer, and by how much the server's clock is ahead of ours. */
interface Asked {
  response: TokenResponse
  status: number
  location?: string
  skewMs?: number
  proof: ClientProof
}

/** What is no token may repeat what was sent. */
const readResponse = (answer: Answer, { secrets }: ClientProof, now: number): TokenResponse => {
  const response = readTokenResponse(answer, now)
  if (response.kind !== 'token')
    return readTokenResponse({ ...answer, body: withoutSecrets(answer.body, secrets) }, now)
  const { scope } = response.token
  return scope === undefined
    ? response
    : { kind: 'token', token: { ...response.token, scope: withoutSecrets(scope, secrets) } }
}

const withWords = (message: string, words: string): string =>
  words === '' ? message : `${message}: ${words}`

const redirected = (tokenUrl: string, { status, location }: Asked): BulkxError | undefined => {
  if (status < 300 || status > 399 || location === undefined) return undefined
  const target = resolveUrl(location, tokenUrl)
  const elsewhere = originOf(target) === originOf(tokenUrl) ? '' : ' another origin,'
  const message = `The token endpoint ${withoutQuery(tokenUrl)} redirects to${elsewhere} ${withoutQuery(target)}, where nothing that proves who we are is sent`
  return new BulkxError('BULKX_TOKEN', message, { hint: 'if that is right, name it with --token-url' })
}

const scopeHint = (scope: string | undefined): string => {
  const asked = scope ? `asked for the scopes ${scope}` : 'no scope was asked for'
  const v1 = scope?.includes('.read') ? ', or those with .rs,' : ''
  return `${asked}; name those that this client is registered for${v1} with --scope`
}

const isAboutScopes = ({ error, words }: Extract<TokenResponse, { kind: 'refused' }>): boolean =>
  error === 'invalid_scope' || (error === undefined && /\bscopes?\b/i.test(words))

const refusal = (
  parameters: TokenRequestParameters,
  asked: Asked,
  response: Extract<TokenResponse, { kind: 'refused' }>,
): BulkxError => {
  const moved = redirected(parameters.tokenUrl, asked)
  if (moved) return moved
  const { proof, status } = asked
  const message = `The token endpoint ${withoutQuery(parameters.tokenUrl)} gave no token, HTTP ${status}`
  const clock = proof.timed ? skewHint(asked.skewMs) : ''
  const claims = [`sent: ${proof.claims}`, clock, proof.advice].filter((part) => part !== '').join('; ')
  const hint = isAboutScopes(response) ? scopeHint(parameters.scope) : claims
  return new BulkxError('BULKX_TOKEN', withWords(message, response.words), { hint })
}

const unavailable = (url: string, error: unknown): unknown => {
  if (error instanceof DecodeError) {
    return new TokenUnavailable(`the token endpoint ${withoutQuery(url)}: ${error.message}`)
  }
  if (!(error instanceof NetworkError)) return error
  const message = `the token endpoint ${withoutQuery(url)}: ${error.message}`
  return new NetworkError(error.kind, message, { sent: false, hint: error.hint, cause: error.cause })
}

/**
 * Asks for a token, one request each time it is called; a second one where the server's clock explains a refused
 * assertion. Rejects with `BULKX_TOKEN` when the server refuses, `BULKX_CONFIG` when the key or secret cannot be used,
 * `TokenUnavailable` when the server gives none now, and an unsent `NetworkError` when it cannot be reached.
 */
export const clientCredentials = (options: ClientCredentialsOptions): (() => Promise<AccessToken>) => {
  const { clock, signal } = options
  // Redirects within the origin only, and only those that repeat a POST: the middleware's own rule.
  const exchange = compose(followRedirects)(options.exchange)
  /** By which our assertions are corrected. */
  let correctionMs = 0

  const ask = async (parameters: TokenRequestParameters, correction: number): Promise<Asked> => {
    const { tokenUrl } = parameters
    const proof = await options.authenticate({ tokenUrl, now: clock.now() + correction })
    try {
      const request = { ...tokenRequest(parameters, proof), signal, timeoutMs: requestTimeoutMs }
      const answer = await readAnswer(await exchange(request), clock, tokenAnswerLimitBytes)
      const date = readHttpDate(header(answer.headers, 'date'))
      const location = header(answer.headers, 'location')
      return {
        response: readResponse(answer, proof, clock.now()),
        status: answer.status,
        location: location && withoutSecrets(location, proof.secrets),
        skewMs: date === undefined ? undefined : date - clock.now(),
        proof,
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw unavailable(tokenUrl, error)
    }
  }

  /** An assertion that is refused may only be out of date, by the server's clock. */
  const askByServerClock = async (parameters: TokenRequestParameters): Promise<Asked> => {
    const first = await ask(parameters, correctionMs)
    const { response, proof, skewMs } = first
    if (response.kind !== 'refused' || !proof.timed || skewMs === undefined) return first
    if (Math.abs(skewMs - correctionMs) < skewThatMattersMs) return first
    const second = await ask(parameters, skewMs)
    if (second.response.kind !== 'token') return second
    correctionMs = skewMs
    options.skewed?.(skewMs)
    return second
  }

  return async () => {
    const parameters = await options.parameters()
    const asked = await askByServerClock(parameters)
    const { response, status } = asked
    switch (response.kind) {
      case 'token':
        return response.token
      case 'refused':
        throw refusal(parameters, asked, response)
      case 'later': {
        const message = `the token endpoint ${withoutQuery(parameters.tokenUrl)} answers HTTP ${status}`
        throw new TokenUnavailable(withWords(message, response.words), response.retryAfterMs)
      }
      default:
        return response satisfies never
    }
  }
}
