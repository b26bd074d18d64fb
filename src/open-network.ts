/** From settings to the network: transport, credentials, redirects and pacing, put together once for all who use it. */
import { type AuthorizeOptions, authorize } from './auth/authorize.js'
import { type Credentials, remembered, withHeaders } from './auth/credentials.js'
import { credentialsFor } from './auth/credentials-for.js'
import { type AuthNotice, hasCredential } from './auth/method.js'
import { hideSecrets, SecretsInUse } from './auth/secrets-in-use.js'
import type { Clock } from './clock.js'
import type { Config } from './config.js'
import { BulkxError } from './errors.js'
import { compose, type Exchange, type Middleware } from './http/exchange.js'
import { keepPauses, limitRate } from './http/pace.js'
import { refusePrivateAddresses } from './http/private-addresses.js'
import { followRedirects } from './http/redirects.js'
import { trace } from './http/trace.js'
import { transport } from './http/transport.js'
import { isLoopback, isPrivateAddress, originOf, withoutQuery } from './http/url.js'

/** What the network needs of the process it lives in. */
export interface NetworkHost {
  clock: Clock
  /** 0 to 1, for jitter. */
  random: () => number
  signal?: AbortSignal
  /** One redacted line for each request. */
  trace?: (line: string) => void
  /** What is worth a look about tokens: scopes that were not granted, a clock that is wrong. Each once. */
  onNotice?: (notice: AuthNotice) => void
  /** Instead of TCP: the mock without a socket. */
  exchange?: Exchange
  /** Instead of a rate of this process: one that others keep too. */
  limit?: Middleware
  /** Pauses of files that others keep too, around our own. */
  sharePauses?: (paused: Map<string, number>) => Middleware
}

export interface Network {
  /** Kick-off, status, delete: with credentials. */
  fhir: Exchange
  files: (requiresAccessToken: boolean | undefined) => Exchange
  credentials: Credentials
  close: () => Promise<void>
}

/** `exchange`: the bare wire, over which tokens are asked for. */
const credentialsOf = (
  { fhirUrl, kickOff, network }: Config,
  { clock, random, signal, onNotice }: NetworkHost,
  exchange: Exchange,
): Credentials => {
  const types = kickOff.type ?? []
  const token = credentialsFor(network.auth, { exchange, clock, random, signal, fhirUrl, types, onNotice })
  return Object.keys(network.secretHeaders).length > 0 ? withHeaders(network.secretHeaders, token) : token
}

/**
 * RFC 6750, 5.3: a server that would get the credential in clear text gets nothing at all. Throws `BULKX_CONFIG`.
 */
export const assertSecure = ({ fhirUrl, network }: Pick<Config, 'fhirUrl' | 'network'>): void => {
  const isSecret = hasCredential(network.auth) || Object.keys(network.secretHeaders).length > 0
  if (!isSecret || originOf(fhirUrl)?.startsWith('https:') || isLoopback(fhirUrl)) return
  const message = `A credential is never sent over plain http, as to ${withoutQuery(fhirUrl)}`
  throw new BulkxError('BULKX_CONFIG', message, { hint: 'use the https URL of the server with --server' })
}

/**
 * `paused`: origins that asked for a pause, to the end of it. Throws `BULKX_CONFIG` when the network settings cannot
 * be used.
 */
export const openNetwork = (config: Config, host: NetworkHost, paused: Map<string, number>): Network => {
  const { network } = config
  const wire = host.exchange ? { exchange: host.exchange, close: async () => {} } : transport(network)
  const { maxRequestsPerSecond } = network
  const own = maxRequestsPerSecond === undefined ? [] : [limitRate(host.clock, maxRequestsPerSecond)]
  const rate = host.limit ? [host.limit] : own
  const shared = host.sharePauses ? [host.sharePauses(paused)] : []
  const pauses = keepPauses({
    clock: host.clock,
    random: host.random,
    paused,
  })
  const fhirOrigin = originOf(config.fhirUrl) ?? ''
  const tracing = host.trace ? [trace(host.clock, host.trace)] : []
  const secrets = new SecretsInUse()
  const credentials = remembered(credentialsOf(config, host, compose(...tracing)(wire.exchange)), secrets)
  const identity: AuthorizeOptions = {
    credentials,
    policy: { fhirOrigin, trustedOrigins: network.trustedOrigins },
    headers: network.headers,
  }
  const stack = (options: AuthorizeOptions, ...pacing: Middleware[]): Exchange =>
    compose(hideSecrets(secrets), followRedirects, ...pacing, authorize(options), ...tracing)(wire.exchange)
  const guard = isPrivateAddress(config.fhirUrl) ? [] : [refusePrivateAddresses(network.trustedOrigins)]
  const stacks = new Map<boolean | undefined, Exchange>()
  const files = (required: boolean | undefined): Exchange => {
    const policy = { ...identity.policy, requiresAccessToken: required }
    const options = { ...identity, policy, perhapsExpired: [404] }
    const exchange = stacks.get(required) ?? stack(options, ...guard, ...rate, ...shared, pauses)
    stacks.set(required, exchange)
    return exchange
  }
  return { fhir: stack(identity, ...guard, ...rate), files, credentials, close: wire.close }
}
