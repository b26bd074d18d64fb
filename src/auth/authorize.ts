/** Credentials as a middleware, below the redirects: each hop asks the policy again, so nothing has to be stripped. */
import { breakOff, type HttpReply, type HttpRequest, type Middleware, passOver } from '../http/exchange.js'
import { asHttps, originOf } from '../http/url.js'
import type { Credentials } from './credentials.js'
import { type TokenPolicy, tokenDecision } from './token-policy.js'

export interface AuthorizeOptions {
  credentials: Credentials
  policy: TokenPolicy
  /** `--header`: no credentials, but for the base origin only. */
  headers: Record<string, string>
  /** Statuses, beside 401 and 403, that a new token may mend: at BCDA a file's 404. */
  perhapsExpired?: readonly number[]
}

const same = (one: Record<string, string>, other: Record<string, string>): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** AB2D answers 403 to an expired token; where nothing can be renewed, a 403 means what it says. */
const isRefusal = ({ status }: HttpReply, { renewable }: Credentials): boolean =>
  status === 401 || (status === 403 && renewable)

/** So many newer credentials that made nothing of a 404, and it means what it says. */
const inVainMax = 3

/**
 * Adds what the policy allows, and asks once for newer credentials when these are refused. Rejects as
 * `Credentials.headers` does, when none can be had.
 */
export const authorize = ({
  credentials,
  policy,
  headers,
  perhapsExpired = [],
}: AuthorizeOptions): Middleware => {
  let inVain = 0
  const isPerhapsExpired = ({ status }: HttpReply): boolean =>
    credentials.renewable && inVain < inVainMax && perhapsExpired.includes(status)
  return async (request, next) => {
    const decision = tokenDecision(request.url, policy)
    const url = decision === 'raise' ? asHttps(request.url) : request.url
    const own = originOf(url) === policy.fhirOrigin ? headers : {}
    const plain: HttpRequest = { ...request, url, headers: { ...request.headers, ...own } }
    // A raised URL is decided once more: https alone does not make an origin trusted.
    if (decision === 'withhold' || tokenDecision(url, policy) !== 'send') return next(plain)
    const send = async (secret: Record<string, string>): Promise<HttpReply> => {
      request.signal?.throwIfAborted()
      return next({ ...plain, headers: { ...plain.headers, ...secret } })
    }
    const secret = await credentials.headers()
    const first = await send(secret)
    const refused = isRefusal(first, credentials)
    if (!refused && !isPerhapsExpired(first)) return first
    let renewed: Record<string, string>
    try {
      renewed = await credentials.headers(secret)
    } catch (error) {
      // What was not refused may have nothing to do with the token.
      if (!refused) return first
      breakOff(first)
      throw error
    }
    const unchanged = same(renewed, secret)
    const last = unchanged ? first : await send(renewed).finally(passOver(first))
    if (isRefusal(last, credentials)) credentials.rejected?.(last.status)
    if (!refused && last.status === first.status) inVain += 1
    return last
  }
}
