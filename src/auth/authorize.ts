/** Credentials as a middleware, below the redirects: each hop asks the policy again, so nothing has to be stripped. */
import type { HttpRequest, Middleware } from '../http/exchange.js'
import { asHttps, originOf } from '../http/url.js'
import type { Credentials } from './credentials.js'
import { type TokenPolicy, tokenDecision } from './token-policy.js'

export interface AuthorizeOptions {
  credentials: Credentials
  policy: TokenPolicy
  /** `--header`: no credentials, but for the base origin only. */
  headers: Record<string, string>
}

/** Adds what the policy allows, and asks once for a new credential after a 401. */
export const authorize =
  ({ credentials, policy, headers }: AuthorizeOptions): Middleware =>
  async (request, next) => {
    const decision = tokenDecision(request.url, policy)
    const url = decision === 'raise' ? asHttps(request.url) : request.url
    const own = originOf(url) === policy.fhirOrigin ? headers : {}
    const plain: HttpRequest = { ...request, url, headers: { ...request.headers, ...own } }
    // A raised URL is decided once more: https alone does not make an origin trusted.
    if (decision === 'withhold' || tokenDecision(url, policy) !== 'send') return next(plain)
    const secret = await credentials.headers()
    const reply = await next({ ...plain, headers: { ...plain.headers, ...secret } })
    if (reply.status !== 401) return reply
    const renewed = await credentials.headers(true)
    if (JSON.stringify(renewed) === JSON.stringify(secret)) return reply
    reply.body.on('error', () => {}).resume()
    return next({ ...plain, headers: { ...plain.headers, ...renewed } })
  }
