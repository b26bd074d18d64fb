/** Faults about access tokens. */
import { type Fault, fault, usually } from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Matcher } from '../matcher.js'
import { tokenRefusal } from '../token-refusal.js'
import type { ErrorStyle } from '../token-row.js'

/** A matcher for token requests. */
type TokenRequests = Omit<Matcher, 'on' | 'file'>

/** Every token that was given out so far is revoked when the request comes, so that this one is refused already. */
const revokeToken = (options: Matcher = {}): Fault =>
  fault('revokeToken', usually('status', options), async (call, next) => {
    call.tokens.revoke()
    return next(call)
  })

/** The same, but the tokens have expired. */
const expireTokens = (options: Matcher = {}): Fault =>
  fault('expireTokens', usually('status', options), async (call, next) => {
    call.tokens.expire()
    return next(call)
  })

/** The token endpoint refuses. By default with 400 and `invalid_client`, in the words of RFC 6749. */
const tokenError = (
  options: TokenRequests & { status?: number; error?: string; description?: string; body?: ErrorStyle } = {},
): Fault =>
  fault('tokenError', { ...options, on: 'token' }, async () => {
    const {
      status = 400,
      error = 'invalid_client',
      description = 'The mock was told to refuse',
      body,
    } = options
    return tokenRefusal(status, error, description, { style: body })
  })

/** The token endpoint has no time; like a gateway before it, it says so in plain text. `retryAfter` is sent as it is. */
const tokenBusy = (options: TokenRequests & { status?: number; retryAfter?: string } = {}): Fault =>
  fault('tokenBusy', { ...options, on: 'token' }, async () => {
    const { status = 503, retryAfter } = options
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    const words = status === 429 ? 'Too Many Requests' : 'Service Unavailable'
    return tokenRefusal(status, 'temporarily_unavailable', words, { style: 'text', headers })
  })

export const tokenFaults = { revokeToken, expireTokens, tokenError, tokenBusy } as const

export const tokenFaultRows = {
  revokeToken: row(revokeToken, 'the tokens so far are revoked', reach.anywhere),
  expireTokens: row(expireTokens, 'the tokens so far expire', reach.anywhere),
  tokenError: row(tokenError, 'no token, but an OAuth error', {
    ...reach.matcher,
    status: 'status',
    error: 'text',
    description: 'text',
    body: 'style',
  }),
  tokenBusy: row(tokenBusy, 'no token, but 503, or another status, with Retry-After', {
    ...reach.matcher,
    status: 'status',
    retryAfter: 'text',
  }),
} as const
