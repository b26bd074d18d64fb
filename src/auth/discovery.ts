/** From a FHIR base URL to its token endpoint: smart-configuration, then the CapabilityStatement. No credentials. */

import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { type Answer, DecodeError, readAnswer } from '../http/body.js'
import { compose, type Exchange } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { refusePrivateAddresses } from '../http/private-addresses.js'
import { followRedirects } from '../http/redirects.js'
import {
  isHttp,
  isLoopback,
  isPrivateAddress,
  resolveUrl,
  withoutEndSlashes,
  withoutQuery,
} from '../http/url.js'
import { isObject } from '../json.js'
import type { ScopeHints } from './scopes.js'

export interface Discovered {
  tokenUrl: string
  /** What else smart-configuration says. Hints only: Veradigm does not list what it takes. */
  hints: ScopeHints
}

export interface DiscoveryOptions {
  /** The bare wire, without credentials. */
  exchange: Exchange
  fhirUrl: string
  clock: Clock
  signal?: AbortSignal
}

const hint = "name the server's token endpoint with --token-url"
/** Where nothing of a FHIR server was seen, its address is the likelier mistake. */
const baseHint =
  'check --server: it must be the FHIR base URL (often ending in /r4 or /fhir); if it is, name the token endpoint with --token-url'
const noHints: ScopeHints = { scopesSupported: [], capabilities: [] }

const objects = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isObject) : []

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

/** An assertion, a secret and a token are never shown in clear text: RFC 6749, 3.2. */
export const isSecureEndpoint = (url: string): boolean =>
  isHttp(url) && (/^https:/i.test(url) || isLoopback(url))

interface Found {
  /** As the server wrote it. */
  reference?: string
  hints: ScopeHints
}

/** Reads smart-configuration; undefined when it is something else. */
export const readSmartConfiguration = (body: unknown): Found | undefined => {
  if (!isObject(body) || typeof body.resourceType === 'string') return undefined
  const reference = typeof body.token_endpoint === 'string' ? body.token_endpoint.trim() : ''
  const hints = { scopesSupported: texts(body.scopes_supported), capabilities: texts(body.capabilities) }
  return { reference: reference === '' ? undefined : reference, hints }
}

/** The `token` of the extension oauth-uris, where SMART had it before there was a smart-configuration. */
export const readCapabilityStatement = (body: unknown): string | undefined => {
  if (!isObject(body) || body.resourceType !== 'CapabilityStatement') return undefined
  const securities = objects(body.rest).flatMap(({ security }) => (isObject(security) ? [security] : []))
  const uris = securities
    .flatMap((security) => objects(security.extension))
    .filter(({ url }) => typeof url === 'string' && url.endsWith('/oauth-uris'))
    .flatMap((extension) => objects(extension.extension))
    .filter(({ url }) => url === 'token')
    .map(({ valueUri, valueUrl }) => valueUri ?? valueUrl)
  return uris.find((uri): uri is string => typeof uri === 'string' && uri.trim() !== '')?.trim()
}

/** What one of the two places said. `temporary`: it may say something else later. */
interface Looked {
  url: string
  json?: unknown
  reason: string
  temporary: boolean
}

const judge = (url: string, { status, body }: Answer): Looked => {
  const temporary = status === 408 || status === 429 || status >= 500
  if (status < 200 || status > 299) return { url, reason: `HTTP ${status}`, temporary }
  try {
    return { url, json: JSON.parse(body), reason: 'names no token endpoint', temporary: false }
  } catch {
    const reason = /^[\s\ufeff]*</.test(body) ? 'answers with a web page' : 'answers with no JSON'
    return { url, reason, temporary: false }
  }
}

const look = async (path: string, accept: string, options: DiscoveryOptions): Promise<Looked> => {
  const url = `${withoutEndSlashes(options.fhirUrl.replace(/[?#].*$/s, ''))}/${path}`
  const guard = isPrivateAddress(options.fhirUrl) ? [] : [refusePrivateAddresses([])]
  const exchange = compose(followRedirects, ...guard)(options.exchange)
  try {
    const request = { method: 'GET', url, headers: { accept }, signal: options.signal }
    const answer = await readAnswer(await exchange(request), options.clock)
    return { ...judge(url, answer), url: answer.url }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof NetworkError && error.kind !== 'redirect' && error.kind !== 'private') {
      throw new NetworkError(error.kind, `${withoutQuery(url)}: ${error.message}`, {
        sent: false,
        hint: error.hint,
        cause: error,
      })
    }
    if (error instanceof NetworkError || error instanceof DecodeError) {
      return { url, reason: error.message, temporary: false }
    }
    throw error
  }
}

const endpoint = (reference: string, { url }: Looked, fhirUrl: string): string => {
  const tokenUrl = resolveUrl(reference, url)
  const isSecure = isSecureEndpoint(tokenUrl)
  if (isSecure && (!isPrivateAddress(tokenUrl) || isPrivateAddress(fhirUrl))) return tokenUrl
  const wrong = isSecure ? 'at a private address' : 'that is not https'
  const message = `${withoutQuery(url)} names a token endpoint ${wrong}: ${withoutQuery(tokenUrl)}`
  throw new BulkxError('BULKX_DISCOVERY', message, { hint })
}

/**
 * Where tokens are asked for. The endpoint may be relative, or on another host: the server names it over https.
 * Rejects with `BULKX_DISCOVERY` when nothing names one, with an unsent `NetworkError` when that may change by itself.
 */
export const discover = async (options: DiscoveryOptions): Promise<Discovered> => {
  const smart = await look('.well-known/smart-configuration', 'application/json', options)
  const found = readSmartConfiguration(smart.json)
  if (found?.reference !== undefined) {
    return { tokenUrl: endpoint(found.reference, smart, options.fhirUrl), hints: found.hints }
  }
  const metadata = await look('metadata', 'application/fhir+json', options)
  const reference = readCapabilityStatement(metadata.json)
  if (reference !== undefined) {
    return { tokenUrl: endpoint(reference, metadata, options.fhirUrl), hints: found?.hints ?? noHints }
  }
  const reasons = [smart, metadata].map(({ url, reason }) => `${withoutQuery(url)}: ${reason}`).join('; ')
  const message = `The server does not say where tokens are had: ${reasons}`
  if (smart.temporary || metadata.temporary) throw new NetworkError('broken', message, { sent: false })
  const isFhir =
    found !== undefined || (isObject(metadata.json) && metadata.json.resourceType === 'CapabilityStatement')
  throw new BulkxError('BULKX_DISCOVERY', message, { hint: isFhir ? hint : baseHint })
}

/** What smart-configuration says of scopes, where only these are wanted; nothing when it cannot be had. */
export const discoverHints = async (options: DiscoveryOptions): Promise<ScopeHints> => {
  try {
    const smart = await look('.well-known/smart-configuration', 'application/json', options)
    return readSmartConfiguration(smart.json)?.hints ?? noHints
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof NetworkError) return noHints
    throw error
  }
}
