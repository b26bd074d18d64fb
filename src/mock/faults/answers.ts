/** Faults that give another answer than the server's own, or none. */
import { type Fault, fault, usually, withHeaders } from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Call, Handler } from '../handler.js'
import type { Matcher } from '../matcher.js'
import { outcomeResponse } from '../outcome.js'
import { keepWire, onWire } from '../wire.js'

type Headers = Readonly<Record<string, string | readonly string[]>>

/** Parts of an answer, as they are sent. */
export interface AnswerOptions extends Matcher {
  /** Default 200. */
  status?: number
  /** A list sends the header once for each of its values, which takes a wire. */
  headers?: Headers
  body?: string
  /** Short for a header. */
  contentType?: string
  location?: string
  retryAfter?: string
}

/** Answers with what is given instead of working. By default about status requests. */
const answer = (options: AnswerOptions): Fault =>
  fault('answer', usually('status', options), async () => {
    const { status = 200, body, contentType, location, retryAfter } = options
    const short = { 'content-type': contentType, location, 'retry-after': retryAfter }
    const all: [string, string | readonly string[]][] = [
      ...Object.entries(short).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, value]],
      ),
      ...Object.entries(options.headers ?? {}),
    ]
    const once = all.flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    )
    const repeated = all.flatMap(([name, value]): [string, readonly string[]][] =>
      typeof value === 'string' ? [] : [[name, value]],
    )
    const bytes = body === undefined ? null : new TextEncoder().encode(body)
    const headers = {
      ...(bytes ? { 'content-length': String(bytes.length) } : {}),
      ...Object.fromEntries(once),
    }
    const response = new Response(bytes, { status, headers })
    return repeated.length === 0
      ? response
      : onWire(response, { fault: 'answer', headers: Object.fromEntries(repeated) })
  })

/** Answers with an error status instead of working. `retryAfter` is sent as it is. */
const busy = (options: Matcher & { status?: number; retryAfter?: string }): Fault =>
  fault('busy', usually('kick-off', options), async () => {
    const { status = 503, retryAfter } = options
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    const code = status === 429 ? 'throttled' : 'transient'
    return outcomeResponse(status, code, 'The server is busy, try again later', headers)
  })

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

/** A success without a body. By default about status requests. */
const empty = (options: Matcher & { status?: number }): Fault =>
  fault(
    'empty',
    usually('status', options),
    async () => new Response(null, { status: options.status ?? 200, headers: { 'content-length': '0' } }),
  )

/** Another Content-Type than the body is, on every answer unless `times` says otherwise. By default about files. */
const mediaType = (options: Matcher & { type: string }): Fault =>
  fault('mediaType', usually('file', { times: Number.POSITIVE_INFINITY, ...options }), async (call, next) =>
    withHeaders(await next(call), { 'content-type': options.type }),
  )

const second = 1000

/** So many bytes, a second of the server's clock, so many bytes again. */
async function* dripping(body: ReadableStream<Uint8Array>, bytes: number, { clock }: Call) {
  let waits = false
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    for (let at = 0; at < chunk.length; at += bytes) {
      if (waits) await clock.sleep(second)
      waits = true
      yield chunk.subarray(at, at + bytes)
    }
  }
}

const drip = (response: Response, bytesPerSecond: number, call: Call): Response => {
  if (response.body === null) return response
  const pieces = dripping(response.body, Math.max(1, bytesPerSecond), call)
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void (await pieces.return(undefined)),
  })
  const { status, headers } = response
  return keepWire(response, new Response(body, { status, headers }))
}

/**
 * The server does what it was asked, and its answer takes its time by the mock's own clock: so many seconds until it
 * begins, then so many bytes a second. By default about kick-offs.
 */
const slow = (options: Matcher & { seconds?: number; bytesPerSecond?: number }): Fault =>
  fault('slow', usually('kick-off', options), async (call, next) => {
    const { seconds = 0, bytesPerSecond } = options
    const response = await next(call)
    if (seconds > 0) await call.clock.sleep(seconds * second)
    return bytesPerSecond === undefined ? response : drip(response, bytesPerSecond, call)
  })

const destinations = ['relative', 'elsewhere', 'loop', 'downgrade'] as const
export type Destination = (typeof destinations)[number]

const lastSegment = (url: string): string => url.replace(/^[^?]*\//, '')

const locationOf = (to: Destination, { request: { url }, elsewhereOrigin }: Call): string => {
  switch (to) {
    case 'relative':
    case 'loop':
      return lastSegment(url)
    case 'elsewhere':
      return url.replace(/^https?:\/\/[^/]*/i, elsewhereOrigin)
    case 'downgrade':
      return url.replace(/^https:/i, 'http:')
    default:
      return to satisfies never
  }
}

/**
 * Sends the client on: `relative` to the same resource in as few words as will do, `elsewhere` to the second host,
 * which serves the same paths, `loop` to where it is already, for ever, `downgrade` to plain http. By default about
 * files, with 307.
 */
const redirect = ({
  to,
  status = 307,
  ...options
}: Matcher & { to: Destination; status?: number }): Fault => {
  const matcher = usually('file', to === 'loop' ? { times: Number.POSITIVE_INFINITY, ...options } : options)
  const sent = async (call: Call): Promise<Response> =>
    new Response(null, { status, headers: { location: locationOf(to, call), 'content-length': '0' } })
  const { name, around } = fault('redirect', matcher, sent)
  const own = (call: Call, next: Handler): Promise<Response> =>
    call.elsewhere ? next(call) : around(call, next)
  return { name, around: own, elsewhere: to === 'elsewhere' }
}

/** Never answers. */
const hang = (options: Matcher): Fault =>
  fault('hang', usually('status', options), async () =>
    onWire(new Response(null), { fault: 'hang', stopAt: 'start', stopBy: 'stall' }),
  )

/** The job starts, and the connection is reset before the client hears of it. */
const loseKickOffAnswer = (options: Omit<Matcher, 'on' | 'file'> = {}): Fault =>
  fault('loseKickOffAnswer', { ...options, on: 'kick-off' }, async (call, next) =>
    onWire(await next(call), { fault: 'loseKickOffAnswer', stopAt: 'start', stopBy: 'reset' }),
  )

export const answerFaults = {
  answer,
  busy,
  html,
  hang,
  loseKickOffAnswer,
  empty,
  mediaType,
  slow,
  redirect,
} as const

export const answerFaultRows = {
  answer: row(answer, 'answers with this status and text instead of working', {
    ...reach.anywhere,
    status: 'status',
    body: 'text',
    contentType: 'text',
    location: 'text',
    retryAfter: 'text',
  }),
  busy: row(busy, 'answers 503, or another status, with Retry-After', {
    ...reach.anywhere,
    status: 'status',
    retryAfter: 'text',
  }),
  html: row(html, 'a web page instead of an answer', { ...reach.anywhere, status: 'status' }),
  hang: row(hang, 'no answer at all', reach.anywhere),
  loseKickOffAnswer: row(loseKickOffAnswer, 'the job starts, its answer is lost', reach.matcher),
  empty: row(empty, 'a success without a body', { ...reach.anywhere, status: 'status' }),
  mediaType: row(mediaType, 'a wrong Content-Type', { ...reach.anywhere, type: 'text' }, ['type']),
  slow: row(slow, 'an answer that begins late, or drips', {
    ...reach.anywhere,
    seconds: 'count',
    bytesPerSecond: 'count',
  }),
  redirect: row(redirect, 'sends the client on', { ...reach.anywhere, to: destinations, status: 'status' }, [
    'to',
  ]),
} as const
