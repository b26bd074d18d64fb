/** May this URL see the credential? A pure function, asked again for every hop. */
import { isLoopback, originOf } from '../http/url.js'

export interface TokenPolicy {
  /** Origin of the FHIR base URL. */
  fhirOrigin: string
  /** Origins that the user named with `--trust-origin`. */
  trustedOrigins: readonly string[]
  /** What the manifest says of its files; absent for kick-off, status and delete requests. */
  requiresAccessToken?: boolean
}

/**
 * `send`: with the credential. `withhold`: without. `raise`: the URL is plain http and would need the credential;
 * ask the same URL over https, for in clear text it is never sent.
 */
export type TokenDecision = 'send' | 'withhold' | 'raise'

/**
 * IG, Bulk Data Output File Request: no token where `requiresAccessToken` is false; only the user's own word stands
 * above the manifest's, for servers that say false and want it. RFC 6750, 5.3: never without TLS.
 */
export const tokenDecision = (url: string, policy: TokenPolicy): TokenDecision => {
  const origin = originOf(url)
  if (origin === undefined) return 'withhold'
  if (policy.requiresAccessToken === false && !policy.trustedOrigins.includes(origin)) return 'withhold'
  const trusted = (candidate: string | undefined): boolean =>
    candidate !== undefined && (candidate === policy.fhirOrigin || policy.trustedOrigins.includes(candidate))
  if (origin.startsWith('https:') || isLoopback(url)) return trusted(origin) ? 'send' : 'withhold'
  const onlySecureBase = policy.fhirOrigin.startsWith('https:')
  return onlySecureBase && (trusted(sameHostOverTls(url)) || policy.requiresAccessToken === true)
    ? 'raise'
    : 'withhold'
}

const sameHostOverTls = (url: string): string | undefined => {
  const { hostname, port } = new URL(url)
  return originOf(`https://${hostname}${port === '' ? '' : `:${port}`}/`)
}
