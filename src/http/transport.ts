/** undici as an `Exchange`: no redirects, nothing decoded, time limits, proxy, own CA, client certificate. */
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from 'undici'
import type { NetworkConfig } from '../config.js'
import { BulkxError } from '../errors.js'
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

const dispatcherFor = (network: NetworkConfig): Dispatcher => {
  const secrets = { ca: network.caPem, cert: network.certPem, key: network.certKeyPem }
  const connect = { timeout: connectTimeoutMs, ...secrets }
  const options = { keepAliveTimeout: keepAliveTimeoutMs, allowH2: false }
  if (network.proxy !== undefined) {
    return new ProxyAgent({
      ...options,
      uri: network.proxy,
      requestTls: connect,
      proxyTls: { ca: network.caPem },
    })
  }
  if (network.environmentProxy) {
    const { http, https, no } = network.environmentProxy
    return new EnvHttpProxyAgent({
      ...options,
      connect,
      requestTls: connect,
      httpProxy: http,
      httpsProxy: https,
      noProxy: no,
    })
  }
  return new Agent({ ...options, connect })
}

const send = async (dispatcher: Dispatcher, request: HttpRequest, timeoutMs: number) => {
  const origin = originOf(request.url)
  if (origin === undefined || !isHttp(request.url)) {
    throw new NetworkError('refused', `${withoutQuery(request.url)} is not an http or https URL`, {
      sent: false,
    })
  }
  const reply = await dispatcher.request({
    origin,
    path: requestTarget(request.url),
    method: request.method as Dispatcher.HttpMethod,
    headers: request.headers,
    body: request.body,
    signal: request.signal,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  return { status: reply.statusCode, headers: reply.headers, url: request.url, body: reply.body }
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

/** Rejects with `NetworkError`, or with the signal's reason. The reply's body emits undici's errors: see `networkError`. */
export const transport = (network: NetworkConfig): Transport => {
  finishEarlyEnds()
  // What is meant for this machine stays on it: over a proxy it would leave in clear text.
  const local = new Agent({
    keepAliveTimeout: keepAliveTimeoutMs,
    connect: { timeout: connectTimeoutMs, ca: network.caPem },
  })
  let dispatcher: Dispatcher
  try {
    dispatcher = dispatcherFor(network)
  } catch (cause) {
    const hint = 'check --proxy, HTTPS_PROXY, --ca, --cert and --cert-key'
    throw new BulkxError('BULKX_CONFIG', 'The network settings cannot be used', { cause, hint })
  }
  const exchange: Exchange = async (request) => {
    try {
      return await send(
        isHttp(request.url) && isLoopback(request.url) ? local : dispatcher,
        request,
        request.timeoutMs ?? network.requestTimeoutMs,
      )
    } catch (error) {
      request.signal?.throwIfAborted()
      throw networkError(error) ?? unknownTrouble(error)
    }
  }
  return { exchange, close: async () => void (await Promise.all([dispatcher.destroy(), local.destroy()])) }
}
