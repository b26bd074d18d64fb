/** What can go wrong, as wrappers around the answer: each is a middleware with a matcher and a count. */
import { gzipSync } from 'node:zlib'
import type { Call, Handler, Middleware, Phase } from './handler.js'
import { type Matcher, meets } from './matcher.js'
import { outcomeResponse } from './outcome.js'
import { tokenRefusal } from './token-refusal.js'
import type { ErrorStyle } from './token-row.js'
import { keepWire, onWire } from './wire.js'

export interface Fault {
  name: string
  around: Middleware
}

type Files = Omit<Matcher, 'on'>
type Answer = (call: Call, next: Handler) => Promise<Response>

const fault = (name: string, matcher: Matcher, around: Answer): Fault => {
  const met = meets(matcher)
  return { name, around: (call, next) => (met(call) ? around(call, next) : next(call)) }
}

/** A fault that names a file is about files; another one about what it usually is. */
const usually = (phase: Phase, matcher: Matcher): Matcher => ({
  on: matcher.file === undefined ? phase : 'file',
  ...matcher,
})

const onFiles = (files: Files): Matcher => ({ ...files, on: 'file' })

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

/** The same answer with another body, well-framed. */
const withBody = (response: Response, body: Uint8Array, headers: Record<string, string> = {}): Response => {
  const all = new Headers(response.headers)
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  all.set('content-length', String(body.length))
  return keepWire(response, new Response(new Uint8Array(body), { status: response.status, headers: all }))
}

/** Answers with an error status instead of working. `retryAfter` is sent as it is. */
const busy = (options: Matcher & { status?: number; retryAfter?: string }): Fault =>
  fault('busy', usually('kick-off', options), async () => {
    const { status = 503, retryAfter } = options
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    const code = status === 429 ? 'throttled' : 'transient'
    return outcomeResponse(status, code, 'The server is busy, try again later', headers)
  })

/** A well-framed answer that is too short: the first bytes of the file, and a Content-Length to match. */
const truncate = (options: Files & { keepBytes: number }): Fault =>
  fault('truncate', onFiles(options), async (call, next) => {
    const response = await next(call)
    const body = (await bytesOf(response)).subarray(0, options.keepBytes)
    return withBody(response, body)
  })

/** The connection is closed in good order after some bytes, although Content-Length promised more. */
const truncateLying = (options: Files & { keepBytes: number }): Fault =>
  fault('truncateLying', onFiles(options), async (call, next) =>
    onWire(await next(call), { fault: 'truncateLying', stopAt: options.keepBytes, stopBy: 'close' }),
  )

/** Content-Length is wrong by so many bytes; the body is whole. */
const wrongLength = (options: Files & { by: number }): Fault =>
  fault('wrongLength', onFiles(options), async (call, next) => {
    const response = await next(call)
    const length = Number(response.headers.get('content-length') ?? 0)
    return onWire(response, { fault: 'wrongLength', contentLength: Math.max(length + options.by, 0) })
  })

/** The connection is reset after so many bytes of the body. */
const cut = (options: Files & { keepBytes: number }): Fault =>
  fault('cut', onFiles(options), async (call, next) =>
    onWire(await next(call), { fault: 'cut', stopAt: options.keepBytes, stopBy: 'reset' }),
  )

/** After so many bytes nothing more comes, and the connection stays open. */
const stall = (options: Files & { keepBytes: number }): Fault =>
  fault('stall', onFiles(options), async (call, next) =>
    onWire(await next(call), { fault: 'stall', stopAt: options.keepBytes, stopBy: 'stall' }),
  )

/** A gzip body that breaks in its middle. */
const corruptGzip = (options: Files): Fault =>
  fault('corruptGzip', onFiles(options), async (call, next) => {
    const response = await next(call)
    const body = gzipSync(await bytesOf(response))
    const middle = body.length >> 1
    for (let at = middle; at < Math.min(middle + 8, body.length); at += 1) body[at] = (body[at] ?? 0) ^ 0xff
    return withBody(response, body, { 'content-encoding': 'gzip' })
  })

interface Entry {
  url?: unknown
  count?: unknown
}

/** The manifest's count of a file is wrong by so many. Default: the first file, in every manifest, by one. */
const wrongCount = (options: Files & { by?: number }): Fault => {
  const { file = 1, by = 1, ...rest } = options
  const matcher: Matcher = { times: Number.POSITIVE_INFINITY, ...rest, on: 'status' }
  return fault('wrongCount', matcher, async (call, next) => {
    const response = await next(call)
    if (response.status !== 200) return response
    const manifest = (await response.json()) as Record<string, unknown>
    const entries = Object.values(manifest).flatMap((value) =>
      Array.isArray(value) ? (value as Entry[]) : [],
    )
    for (const entry of entries) {
      const isIt = typeof entry?.url === 'string' && call.fileAt(entry.url)?.number === file
      if (isIt && typeof entry.count === 'number') entry.count += by
    }
    return withBody(response, Buffer.from(JSON.stringify(manifest)))
  })
}

/** The job starts, and the connection is reset before the client hears of it. */
const loseKickOffAnswer = (options: Omit<Matcher, 'on' | 'file'> = {}): Fault =>
  fault('loseKickOffAnswer', { ...options, on: 'kick-off' }, async (call, next) =>
    onWire(await next(call), { fault: 'loseKickOffAnswer', stopAt: 'start', stopBy: 'reset' }),
  )

/** A web page instead of an answer, as a proxy or a sign-in gives it. */
const html = (options: Matcher & { status?: number }): Fault =>
  fault(
    'html',
    usually('status', options),
    async () =>
      new Response('<!DOCTYPE html>\n<html><body><h1>Sign in</h1></body></html>\n', {
        status: options.status ?? 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
      }),
  )

/** Never answers. */
const hang = (options: Matcher): Fault =>
  fault('hang', usually('status', options), async () =>
    onWire(new Response(null), { fault: 'hang', stopAt: 'start', stopBy: 'stall' }),
  )

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

/** A matcher for token requests. */
type TokenRequests = Omit<Matcher, 'on' | 'file'>

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

export const faults = {
  busy,
  truncate,
  truncateLying,
  wrongLength,
  cut,
  stall,
  corruptGzip,
  wrongCount,
  loseKickOffAnswer,
  html,
  hang,
  revokeToken,
  expireTokens,
  tokenError,
  tokenBusy,
} as const

export type FaultName = keyof typeof faults
