/** undici as an `Exchange`: no redirects, nothing decoded, time limits, proxy, own CA, client certificate. */
import type { Agent, Dispatcher } from 'undici'
import type { NetworkConfig } from '../config.js'
import { BulkxError } from '../errors.js'
import { type Arrival, Arriving } from './arriving.js'
import { finishEarlyEnds } from './early-end.js'
import type { Exchange, HttpRequest } from './exchange.js'
import { NetworkError, networkError } from './network-error.js'
import { isHttp, isLoopback, originOf, requestTarget, withoutQuery } from './url.js'

export interface Transport {
  exchange: Exchange
  /** Ends all connections. */
  close(): Promise<void>
}

/** Milliseconds until a connection must stand. */
const connectTimeoutMs = 10_000
/** An idle connection is kept this long; many servers close theirs after five seconds. */
const keepAliveTimeoutMs = 4_000
const kept = { keepAliveTimeout: keepAliveTimeoutMs, allowH2: false }

/** Where undici keeps what a request needs: a fifth of what its entry loads, in a third of the time. */
const agentPart = 'undici/lib/dispatcher/agent.js'

/** Files inside a package may move with any version of it: then its entry must do. */
const agentClass = async (): Promise<typeof Agent> => {
  try {
    const { default: Agent } = await import(agentPart)
    if (typeof Agent !== 'function') throw new TypeError('another part')
    return Agent
  } catch {
    return (await import('undici')).Agent
  }
}

type Connect = { timeout: number; ca?: string; cert?: string; key?: string }

/** Proxies are rare, and need most of undici. */
const throughProxy = async (network: NetworkConfig, connect: Connect): Promise<Dispatcher | undefined> => {
  const { http, https, no } = network.environmentProxy ?? {}
  if ((network.proxy ?? http ?? https) === undefined) return undefined
  const { EnvHttpProxyAgent, ProxyAgent } = await import('undici')
  const options = { ...kept, requestTls: connect }
  if (network.proxy !== undefined) {
    return new ProxyAgent({ ...options, uri: network.proxy, proxyTls: { ca: network.caPem } })
  }
  return new EnvHttpProxyAgent({ ...options, connect, httpProxy: http, httpsProxy: https, noProxy: no })
}

/** What sends requests: loaded beside whatever else there is to do before the first of them. */
const open = async (network: NetworkConfig) => {
  const Agent = await agentClass()
  const { caPem: ca, certPem: cert, certKeyPem: key } = network
  const connect: Connect = { timeout: connectTimeoutMs, ca, cert, key }
  return {
    // What is meant for this machine stays on it: over a proxy it would leave in clear text.
    local: new Agent({ ...kept, connect: { timeout: connectTimeoutMs, ca } }),
    far: (await throughProxy(network, connect)) ?? new Agent({ ...kept, connect }),
  }
}

const unusable = (cause: unknown): BulkxError => {
  const hint = 'check --proxy, HTTPS_PROXY, --ca, --cert and --cert-key'
  return new BulkxError('BULKX_CONFIG', 'The network settings cannot be used', { cause, hint })
}

/** Before anything is asked for, for a request that was perhaps sent is another matter. */
const assertProxies = ({ proxy, environmentProxy }: NetworkConfig): void => {
  const urls = proxy === undefined ? [environmentProxy?.http, environmentProxy?.https] : [proxy]
  for (const url of urls) {
    if (url !== undefined && !URL.canParse(url)) throw unusable(new TypeError('a proxy is no URL'))
  }
}

const ask = (dispatcher: Dispatcher, request: HttpRequest, origin: string, timeoutMs: number) =>
  new Promise<Arrival>((resolve, reject) => {
    const options = {
      origin,
      path: requestTarget(request.url),
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers,
      body: request.body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    }
    dispatcher.dispatch(options, new Arriving(request.signal, resolve, reject))
  })

const send = async (opening: ReturnType<typeof open>, request: HttpRequest, timeoutMs: number) => {
  const origin = originOf(request.url)
  if (origin === undefined || !isHttp(request.url)) {
    throw new NetworkError('refused', `${withoutQuery(request.url)} is not an http or https URL`, {
      sent: false,
    })
  }
  const { local, far } = await opening
  request.signal?.throwIfAborted()
  const { status, headers, body } = await ask(
    isLoopback(request.url) ? local : far,
    request,
    origin,
    timeoutMs,
  )
  return { status, headers, url: request.url, body }
}

/** A proxy that will not connect has sent nothing on; of any other trouble nobody knows how far the request came. */
const unknownTrouble = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof BulkxError) return error
  const refusedByProxy = /Proxy response \((\d+)\)/.exec(error.message)?.[1]
  if (refusedByProxy !== undefined) {
    return new NetworkError('refused', `the proxy refuses to connect, HTTP ${refusedByProxy}`, {
      sent: false,
      cause: error,
    })
  }
  return new NetworkError('broken', `the request failed: ${error.message}`, { sent: true, cause: error })
}

/**
 * Throws `BULKX_CONFIG` when the settings cannot be used. A request rejects with `NetworkError`, or with the signal's
 * reason. The reply's body emits undici's errors: see `networkError`.
 */
export const transport = (network: NetworkConfig): Transport => {
  assertProxies(network)
  finishEarlyEnds()
  const opening = open(network).catch((cause) => {
    throw unusable(cause)
  })
  // Told to whoever asks for something.
  opening.catch(() => {})
  const exchange: Exchange = async (request) => {
    try {
      return await send(opening, request, request.timeoutMs ?? network.requestTimeoutMs)
    } catch (error) {
      request.signal?.throwIfAborted()
      throw networkError(error) ?? unknownTrouble(error)
    }
  }
  const close = async (): Promise<void> => {
    const opened = await opening.catch(() => undefined)
    await Promise.all([opened?.far.destroy(), opened?.local.destroy()])
  }
  return { exchange, close }
}
